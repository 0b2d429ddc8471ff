//! What is installed beside the binary: completions, manual pages, units and the files of ops/.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use libtest_mimic::Failed;

use crate::support::{
    Outcome, database::TestDatabase, lines::assert_same_lines, server::Server, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(completions);
    suite.without_database(manual_pages);
    suite.on_both_databases(health);
}

/// Runs the binary, which must succeed.
fn mina(arguments: &[&str]) -> Result<Output, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(arguments)
        .env_clear()
        .output()?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(format!("{arguments:?} fails: {output:?}").into())
    }
}

/// The names after "Commands:" in a help text, without `help`.
fn subcommands(path: &[&str]) -> Result<Vec<String>, Failed> {
    let help = mina(&[path, &["-h"]].concat())?;
    let help = String::from_utf8(help.stdout)?;
    let (_, commands) = help.split_once("Commands:\n").unwrap_or_default();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    Ok(names.map(str::to_owned).collect())
}

/// The completions of bash work in bash, and those of the other shells know all commands and settings.
async fn completions() -> Outcome {
    let directory = tempfile::tempdir()?;
    let script = directory.path().join("mina");
    fs::write(&script, mina(&["completions", "bash"])?.stdout)?;
    let complete = |words: &[&str]| {
        let program = format!(
            ". '{}'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _mina mina \"${{@: -1}}\" \
             \"${{@: -2:1}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &program, "bash"])
            .args(words)
            .output()?;
        assert!(output.stderr.is_empty(), "{output:?}");
        let words = String::from_utf8(output.stdout)?;
        Ok::<_, Failed>(words.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(complete(&["mina", "mig"])?, ["migrate"]);
    assert_eq!(complete(&["mina", "migrate", "ado"])?, ["adopt"]);
    assert_eq!(
        complete(&["mina", "serve", "--otlp-c"])?,
        ["--otlp-ca-file"]
    );
    assert_eq!(
        complete(&["mina", "serve", "--durability", ""])?,
        ["normal", "full"]
    );
    let commands = subcommands(&[])?;
    assert!(commands.len() > 9, "{commands:?}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let text = String::from_utf8(mina(&["completions", shell])?.stdout)?;
        for word in commands.iter().map(String::as_str).chain(["otlp-ca-file"]) {
            assert!(text.contains(word), "{shell} lacks {word}");
        }
    }
    Ok(())
}

/// There is a page of each command, with the settings and without values from the environment.
async fn manual_pages() -> Outcome {
    let directory = tempfile::tempdir()?;
    let folder = directory.path().to_str().ok_or("no text")?;
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["man", folder])
        .env_clear()
        .env("MINA_LISTEN", "127.0.0.9:9")
        .output()?;
    assert!(output.status.success(), "{output:?}");
    let mut expected = vec!["mina.1".to_owned()];
    for command in subcommands(&[])? {
        expected.push(format!("mina-{command}.1"));
        for action in subcommands(&[&command])? {
            expected.push(format!("mina-{command}-{action}.1"));
        }
    }
    expected.sort_unstable();
    let pages = pages(directory.path())?;
    let names: Vec<String> = pages
        .iter()
        .filter_map(|page| Some(page.file_name()?.to_str()?.to_owned()))
        .collect();
    assert_same_lines("the manual pages", &expected, &names)?;
    let serve = fs::read_to_string(directory.path().join("mina-serve.1"))?;
    // Hyphens are escaped, so that they can be copied.
    let serve = serve.replace('\\', "");
    for text in [
        "--otlp-ca-file",
        "MINA_OTLP_CA_FILE",
        "127.0.0.1:8000",
        "SIGHUP",
    ] {
        assert!(serve.contains(text), "mina-serve.1 lacks {text}");
    }
    for page in pages {
        let text = fs::read_to_string(&page)?;
        assert!(text.contains(".SH NAME"), "{}", page.display());
        assert!(!text.contains("127.0.0.9"), "{}", page.display());
    }
    let missing = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["man", "/nowhere"])
        .output()?;
    let error = String::from_utf8(missing.stderr)?;
    assert!(
        error.contains("cannot write manual pages into /nowhere"),
        "{error}"
    );
    Ok(())
}

/// The health check of containers: ready, draining and gone.
async fn health(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--drain-delay", "60s"])?;
    let ask = |flags: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_mina"))
            .args([&["health"], flags].concat())
            .env_clear()
            .output()
    };
    let flags = ["--listen", server.address()];
    let output = ask(&flags)?;
    assert!(output.status.success(), "{output:?}");
    let answer = String::from_utf8(output.stdout)?;
    assert!(answer.contains(r#""status":"ready""#), "{answer}");

    let flags = [&flags[..], &["--tls-certificate", "a.pem"]].concat();
    let output = ask(&flags)?;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr)?;
    assert!(error.contains("--metrics-listen"), "{error}");

    server.signal("TERM")?;
    let draining = async {
        loop {
            let output = ask(&["--metrics-listen", server.address()])?;
            if !output.status.success() {
                return Ok::<_, Failed>(String::from_utf8(output.stderr)?);
            }
        }
    };
    let error = draining.await?;
    assert!(error.contains("draining"), "{error}");
    server.kill()?;
    let error = String::from_utf8(ask(&["--listen", server.address()])?.stderr)?;
    assert!(error.contains("cannot ask"), "{error}");
    Ok(())
}

/// The files of a folder, by their names.
fn pages(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        pages.push(entry?.path());
    }
    pages.sort_unstable();
    Ok(pages)
}
