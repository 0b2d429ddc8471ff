//! Embeds the playground: the full page if npm can build it, and the plain page in any case.
//!
//! `MINA_PLAYGROUND=full` makes the build fail if npm cannot, and `MINA_PLAYGROUND=plain` does not
//! try. Nothing outside of `OUT_DIR` is written.

mod embed;
mod npm;
mod sources;

use std::{env, fs, path::PathBuf, process::exit};

/// What the builder of this binary wants.
const VARIABLE: &str = "MINA_PLAYGROUND";

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    sources::watch(&root);

    let full = match env::var(VARIABLE).as_deref() {
        Ok("plain") => Ok(None),
        Ok("full") => npm::build(&root, &out).map(Some),
        // `on` and `off` are values of the server's setting, which has the same name.
        Ok("" | "on" | "off") | Err(_) => {
            Ok(npm::build(&root, &out).map_or_else(|problem| warn(&problem), Some))
        }
        Ok(other) => Err(format!("{VARIABLE} is {other}; it can be full or plain")),
    };
    let full = full.unwrap_or_else(|problem| fail(&problem));
    let code = embed::write(&root.join("plain"), full.as_deref(), &out)
        .unwrap_or_else(|problem| fail(&problem));
    fs::write(out.join("sites.rs"), code).unwrap_or_else(|error| fail(&error.to_string()));
}

/// Says why the plain page is embedded.
fn warn(problem: &str) -> Option<PathBuf> {
    println!(
        "cargo::warning=The plain playground is embedded, because the full one cannot be built: \
         {problem}. `{VARIABLE}=full cargo build` tries again, and `{VARIABLE}=plain` hides this."
    );
    None
}

/// Ends the build.
fn fail(problem: &str) -> ! {
    println!("cargo::error=The playground cannot be built: {problem}");
    exit(1)
}

/// A variable that Cargo sets.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| fail(&format!("{name} is not set")))
}
