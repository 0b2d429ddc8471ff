//! Checks the layers of this crate: a module imports only from its own layer and those below.

use std::{fs, path::Path};

/// The layers from the bottom up. Modules of the same layer may import each other.
const LAYERS: [&[&str]; 10] = [
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

fn layer(module: &str) -> usize {
    let layer = LAYERS.iter().position(|layer| layer.contains(&module));
    layer.unwrap_or_else(|| panic!("`{module}` is in no layer: add it to `LAYERS`"))
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
            layer(&module) <= own,
            "{} imports `{module}` from a layer above",
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
        if !["lib", "layers", "fuzzing"].contains(&module.as_str()) {
            check(&path, layer(&module));
        }
    }
}
