//! The bytes of a transcript, from a file or from standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::error::InputError;

/// The file name that means standard input.
const STANDARD_INPUT: &str = "-";

/// A file that has been read.
#[derive(Debug)]
pub struct Source {
    /// The file as it was given, or `standard input`.
    pub name: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// When it was last modified, if that is known.
    pub modified: Option<SystemTime>,
}

impl Source {
    /// Reads a file, or standard input if it is called `-`.
    ///
    /// # Errors
    /// If it is a folder or cannot be read.
    pub fn read(file: &Path) -> Result<Self, InputError> {
        let is_standard_input = file == Path::new(STANDARD_INPUT);
        let name = if is_standard_input {
            PathBuf::from("standard input")
        } else {
            file.to_owned()
        };
        let read = if is_standard_input {
            read_standard_input()
        } else {
            read_file(file)
        };
        match read {
            Ok((bytes, modified)) => Ok(Self {
                name,
                bytes,
                modified,
            }),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                Err(InputError::Folder(name))
            }
            Err(source) => Err(InputError::Unreadable { file: name, source }),
        }
    }

    /// The name of the file without folder and extension.
    pub fn title(&self) -> String {
        let stem = self.name.file_stem().unwrap_or(self.name.as_os_str());
        stem.to_string_lossy().into_owned()
    }
}

fn read_standard_input() -> io::Result<(Vec<u8>, Option<SystemTime>)> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok((bytes, None))
}

fn read_file(file: &Path) -> io::Result<(Vec<u8>, Option<SystemTime>)> {
    let mut file = File::open(file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // Not every file system stores this time.
    let modified = file.metadata()?.modified().ok();
    Ok((bytes, modified))
}
