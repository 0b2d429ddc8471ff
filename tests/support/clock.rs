//! Programs under a clock that is wrong, by libfaketime.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use libtest_mimic::Failed;
use tempfile::TempDir;

use super::Outcome;

/// The library that intercepts the calls that read a clock, for programs with threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// The clocks that are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Only that of the date and time, as when somebody sets it.
    Set,
    /// The monotonic one as well, as when that much time passes.
    Passed,
}

/// A clock that can be set while a program runs.
pub struct FakeClock {
    library: PathBuf,
    directory: TempDir,
    which: Which,
}

impl FakeClock {
    /// The installed library, where Debian has it.
    pub fn find() -> Option<PathBuf> {
        let folders = fs::read_dir("/usr/lib").ok()?;
        let mut libraries = folders
            .filter_map(Result::ok)
            .map(|folder| folder.path().join(LIBRARY));
        libraries.find(|library| library.is_file())
    }

    /// A clock that differs from the real one by an offset such as `+365d`.
    ///
    /// # Errors
    ///
    /// Fails if the library is not installed.
    pub fn new(which: Which, offset: &str) -> Result<Self, Failed> {
        let clock = Self {
            library: Self::find().ok_or("there is no libfaketime")?,
            directory: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?,
            which,
        };
        clock.set(offset)?;
        Ok(clock)
    }

    /// Sets the clock.
    ///
    /// # Errors
    ///
    /// Fails if the file with the offset cannot be written.
    pub fn set(&self, offset: &str) -> Outcome {
        let next = self.directory.path().join("next");
        fs::write(&next, format!("{offset}\n"))?;
        fs::rename(next, self.file())?;
        Ok(())
    }

    /// A command that runs a program under the clock, with the arguments that are added to it.
    pub fn command(&self, program: &Path) -> Command {
        let real = match self.which {
            Which::Set => "export FAKETIME_DONT_FAKE_MONOTONIC=1;",
            Which::Passed => "",
        };
        let script = format!(
            "export FAKETIME_TIMESTAMP_FILE='{}' FAKETIME_NO_CACHE=1; {real} \
             export LD_PRELOAD='{}'; exec \"$0\" \"$@\"",
            self.file().display(),
            self.library.display()
        );
        let mut command = Command::new("bash");
        command.args(["-c", &script]).arg(program);
        command
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("offset")
    }
}
