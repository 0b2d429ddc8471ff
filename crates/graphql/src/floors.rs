//! Checks the layers of this crate, called floors: a module imports only from floors below its own.

use std::{fs, path::Path};

/// The floors from the ground up. Modules of the same floor may import each other.
const FLOORS: [&[&str]; 10] = [
    &[
        "directive",
        "error",
        "global_id",
        "json",
        "metric",
        "moment",
        "scalar",
        "shares",
        "table",
        "value",
    ],
    &["database"],
    &["account", "quota"],
    &["guard"],
    &["read"],
    &["write"],
    &["schema"],
    &["plan"],
    &["live"],
    &["engine"],
];

fn floor(module: &str) -> usize {
    let floor = FLOORS.iter().position(|floor| floor.contains(&module));
    floor.unwrap_or_else(|| panic!("`{module}` is on no floor: add it to `FLOORS`"))
}

/// The modules after `crate::`, alone or in the braces of a `use`. Tests may import anything.
fn imports(file: &str) -> Vec<String> {
    let code = file.split("#[cfg(test)]\nmod tests").next().unwrap();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = code.lines().filter(is_code).collect();
    let name = |path: &str| {
        path.trim()
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .map(str::to_owned)
    };
    let paths = code.split("crate::").skip(1).flat_map(|rest| {
        let Some(group) = rest.strip_prefix('{') else {
            return vec![rest.to_owned()];
        };
        let (mut depth, mut outer) = (1, String::new());
        for character in group.chars() {
            depth += i32::from(character == '{') - i32::from(character == '}');
            match depth {
                0 => break,
                1 => outer.push(character),
                _ => {}
            }
        }
        outer.split(',').map(str::to_owned).collect()
    });
    paths
        .filter_map(|path| name(&path))
        .filter(|name| !name.is_empty())
        .collect()
}

fn check(path: &Path, own: usize) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            check(&entry.unwrap().path(), own);
        }
        return;
    }
    for module in imports(&fs::read_to_string(path).unwrap()) {
        assert!(
            floor(&module) <= own,
            "{} imports `{module}` from a floor above",
            path.display()
        );
    }
}

#[test]
fn modules_import_from_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !["lib", "floors", "fuzzing"].contains(&module.as_str()) {
            check(&path, floor(&module));
        }
    }
}
