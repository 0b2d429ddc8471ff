//! Compresses the files of the pages, and writes the Rust code that embeds them.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::Path,
};

use flate2::{Compression, write::GzEncoder};

/// The page among the files of a site. The other files are its assets.
const PAGE: &str = "index.html";

/// Where vite puts the assets, and where the server serves them.
const ASSETS: &str = "playground";

/// A file that is embedded.
struct File {
    name: String,
    content: Vec<u8>,
}

/// Returns code that defines `PLAIN` and `FULL`, and writes the compressed files that it includes.
///
/// # Errors
/// If a file cannot be read or written. The error says which.
pub fn write(plain: &Path, full: Option<&Path>, out: &Path) -> Result<String, String> {
    let (page, assets) = plain_site(plain)?;
    let plain = site("plain", &page, &assets, out)?;
    let full = match full {
        Some(dist) => {
            let page = read_text(&dist.join(PAGE))?;
            let full = site("full", &page, &read_all(&dist.join(ASSETS))?, out)?;
            format!("Some({full})")
        }
        None => "None".to_owned(),
    };
    Ok(format!(
        "static PLAIN: Site = {plain};\nstatic FULL: Option<Site> = {full};\n"
    ))
}

/// The plain page and its assets, whose names get a hash of their content, as those of vite have.
fn plain_site(directory: &Path) -> Result<(String, Vec<File>), String> {
    let mut page = read_text(&directory.join(PAGE))?;
    let mut assets = Vec::new();
    for File { name, content } in read_all(directory)? {
        if name == PAGE {
            continue;
        }
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, "txt"));
        let full_name = format!("{stem}-{:016x}.{extension}", hasher.finish());
        page = page.replace(&format!("./{name}"), &format!("./{ASSETS}/{full_name}"));
        assets.push(File {
            name: full_name,
            content,
        });
    }
    Ok((page, assets))
}

/// The code of a `Site`.
fn site(name: &str, page: &str, assets: &[File], out: &Path) -> Result<String, String> {
    let directory = out.join("embedded").join(name);
    let failed = |error| format!("{} cannot be written ({error})", directory.display());
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(failed)?;
    }
    fs::create_dir_all(&directory).map_err(failed)?;
    let mut code = Vec::new();
    for File { name, content } in assets {
        let path = directory.join(name);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder
            .write_all(content)
            .and_then(|()| encoder.finish())
            .and_then(|compressed| fs::write(&path, compressed))
            .map_err(failed)?;
        let path = path.display().to_string();
        code.push(format!(
            "Asset {{ name: {name:?}, gzip: include_bytes!({path:?}) }}"
        ));
    }
    let code = code.join(", ");
    Ok(format!("Site {{ page: {page:?}, assets: &[{code}] }}"))
}

/// The files of a directory, sorted by name.
fn read_all(directory: &Path) -> Result<Vec<File>, String> {
    let failed = |error| format!("{} cannot be read ({error})", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default();
        files.push(File {
            name: name.to_string_lossy().into_owned(),
            content: fs::read(&path).map_err(failed)?,
        });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read ({error})", path.display()))
}
