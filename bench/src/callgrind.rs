//! Instruction counts of the servers, by callgrind. Unlike times, they are nearly the same in each
//! run, whatever else the machine does.

use std::{fs, path::Path, process::Command};

use crate::{
    Outcome,
    database::Database,
    options::Options,
    query::Query,
    server::{Kind, Launcher, Server},
};

/// How many requests are sent before instructions are counted.
const WARM_UP: usize = 20;

/// How many requests instructions are counted for, one after the other.
const REQUESTS: usize = 50;

/// Prints how many instructions each server needs for a request, and writes a profile of each to a
/// folder.
///
/// # Errors
///
/// Fails if valgrind is not installed, or a request is not answered.
pub async fn count(
    database: &Database,
    launcher: &Launcher,
    options: &Options,
    queries: &[Query],
    folder: &Path,
) -> Outcome {
    fs::create_dir_all(folder)?;
    println!("| query | server | million instructions per request, without PostgreSQL | profile |");
    println!("| --- | --- | ---: | --- |");
    for query in queries {
        for kind in options.servers() {
            if query.is_answered_by(kind) {
                let url = query.database_url(database).await?;
                let name = format!("{}-{}-{kind:?}.callgrind", database.name(), query.name);
                let file = folder.join(name.to_lowercase());
                let instructions = profile(launcher, kind, &url, query, &file)?;
                let (query, kind, file) = (query.name, kind.name(), file.display());
                println!("| {query} | {kind} | {instructions:.3} | {file} |");
            }
        }
    }
    Ok(())
}

/// Writes the profile of a server, and returns how many million instructions a request took.
fn profile(launcher: &Launcher, kind: Kind, url: &str, query: &Query, file: &Path) -> Outcome<f64> {
    let server = launcher.start_counted(kind, url, file)?;
    let mut bodies = query.bodies.iter().cycle();
    send(&server, bodies.by_ref().take(WARM_UP))?;
    control(&server, "on")?;
    send(&server, bodies.by_ref().take(REQUESTS))?;
    control(&server, "off")?;
    server.terminate()?;
    let profile = fs::read_to_string(file)?;
    let line = profile
        .lines()
        .find_map(|line| line.strip_prefix("totals:"));
    let total: f64 = line.ok_or("the profile has no total")?.trim().parse()?;
    #[expect(clippy::cast_precision_loss, reason = "there are few requests")]
    Ok(total / REQUESTS as f64 / 1e6)
}

fn send<'a>(server: &Server, bodies: impl Iterator<Item = &'a String>) -> Outcome {
    for body in bodies {
        server.send(body)?;
    }
    Ok(())
}

/// Starts or stops counting.
fn control(server: &Server, switch: &str) -> Outcome {
    let output = Command::new("callgrind_control")
        .args(["--instr", switch, &server.process_id().to_string()])
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "callgrind_control failed: {}",
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}
