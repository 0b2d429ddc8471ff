//! Every case that is written is run, and every case that a document names exists.
//!
//! Within the modules the compiler sees to it: `dead_code` is forbidden in this crate, so a
//! function that no list names does not build. It does not see a file that is no module, and it
//! does not complain about names that begin with an underscore.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::support::{Outcome, suite::Suite};

/// Adds the cases of this module, which has to be the last.
pub fn list(suite: &mut Suite) {
    suite.without_database(every_file_is_a_module);
    suite.without_database(nothing_hides_from_the_compiler);
    let cases = suite.names();
    suite.without_database_as("registration::documents_name_cases", async move || {
        documents_name_cases(&cases)
    });
}

/// The directory of these tests.
const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests");

async fn every_file_is_a_module() -> Outcome {
    for file in files(Path::new(TESTS), "rs")? {
        let (Some(directory), Some(stem)) = (file.parent(), file.file_stem()) else {
            return Err(format!("{} has no name", file.display()).into());
        };
        let (parent, module) = match stem.to_str() {
            Some("main") => continue,
            Some("mod") => (directory.parent(), directory.file_name()),
            _ => (Some(directory), Some(stem)),
        };
        let (Some(parent), Some(module)) = (parent, module.and_then(|it| it.to_str())) else {
            return Err(format!("{} is in no directory", file.display()).into());
        };
        let is_root = parent == Path::new(TESTS);
        let parent = parent.join(if is_root { "main.rs" } else { "mod.rs" });
        let declarations = [format!("mod {module};"), format!("pub mod {module};")];
        assert!(
            fs::read_to_string(&parent)?
                .lines()
                .any(|line| declarations.iter().any(|it| it == line)),
            "{} does not declare {}",
            parent.display(),
            file.display()
        );
    }
    Ok(())
}

async fn nothing_hides_from_the_compiler() -> Outcome {
    for file in files(Path::new(TESTS), "rs")? {
        let source = fs::read_to_string(&file)?;
        let hidden = source
            .lines()
            .find(|line| line.contains(concat!("fn", " _")));
        assert_eq!(hidden, None, "in {}", file.display());
    }
    Ok(())
}

/// Documents name cases as `module::case`, and groups of them as `module::`.
fn documents_name_cases(cases: &[String]) -> Outcome {
    let root = Path::new(TESTS).join("..");
    let mut documents = files(&root.join("docs"), "md")?;
    for entry in fs::read_dir(&root)? {
        documents.extend(Some(entry?.path()).filter(|it| has_extension(it, "md")));
    }
    let is_module = |name: &str| {
        cases
            .iter()
            .any(|case| case.split("::").next() == Some(name))
    };
    let mut found = 0;
    for document in documents {
        let text = fs::read_to_string(&document)?;
        for name in text.split('`').skip(1).step_by(2) {
            if !name
                .split_once("::")
                .is_some_and(|(first, _)| is_module(first))
            {
                continue;
            }
            assert!(
                cases.iter().any(|case| case.starts_with(name)),
                "{} names {name}, and there is no such case",
                document.display()
            );
            found += 1;
        }
    }
    assert!(found > 0, "no document names a case");
    Ok(())
}

/// All files below a directory that have this extension.
fn files(directory: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            // The files that npm installs are not ours.
            if entry.file_name() != "node_modules" {
                found.extend(files(&entry.path(), extension)?);
            }
        } else if has_extension(&entry.path(), extension) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|it| it == extension)
}
