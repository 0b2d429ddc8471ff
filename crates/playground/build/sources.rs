//! The files that the pages are made of.

use std::{fs, io, path::Path};

/// What the full page is built from. `node_modules`, which exists after `npm ci`, is not part of it.
pub const WEB: [&str; 6] = [
    "index.html",
    "package-lock.json",
    "package.json",
    "src",
    "tsconfig.json",
    "vite.config.ts",
];

/// Makes Cargo build the pages again when their sources change, and only then.
pub fn watch(root: &Path) {
    for name in WEB {
        println!(
            "cargo::rerun-if-changed={}",
            root.join("web").join(name).display()
        );
    }
    for name in ["plain", "build"] {
        println!("cargo::rerun-if-changed={}", root.join(name).display());
    }
}

/// Copies a file, or a directory with everything in it.
///
/// # Errors
/// If something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
