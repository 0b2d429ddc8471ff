//! Builds the full page with npm, in a copy of its sources.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::sources::{WEB, copy};

/// How long everything may take. A build without network must not wait for long.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// How often to look whether npm has finished.
const INTERVAL: Duration = Duration::from_millis(50);

/// Installs exactly what the lock file names, and runs no scripts of packages. `dev` dependencies
/// are tools that only check the sources. Without a network, npm gives up after seconds.
const INSTALL: [&str; 9] = [
    "ci",
    "--ignore-scripts",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=500",
    "--fetch-timeout=30000",
];

/// Builds the full page, and returns the directory with the result.
///
/// # Errors
/// If npm is missing, fails or takes too long. The error is a phrase without a full stop.
pub fn build(root: &Path, out: &Path) -> Result<PathBuf, String> {
    let copied = out.join("web");
    let unusable = |error: io::Error| format!("its sources cannot be copied ({error})");
    copy_sources(&root.join("web"), &copied).map_err(unusable)?;

    let deadline = Instant::now() + TIME_LIMIT;
    if !is_installed(&copied) {
        run(&copied, &INSTALL, deadline)?;
        fs::copy(copied.join("package-lock.json"), installed(&copied)).map_err(unusable)?;
    }
    run(&copied, &["run", "build"], deadline)?;
    Ok(copied.join("dist"))
}

/// Replaces the copy, but keeps `node_modules`, which takes the longest.
fn copy_sources(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in WEB.into_iter().chain(["dist"]) {
        let old = to.join(name);
        if old.is_dir() {
            fs::remove_dir_all(old)?;
        }
    }
    WEB.into_iter()
        .try_for_each(|name| copy(&from.join(name), &to.join(name)))
}

/// The lock file of the packages that are installed in the copy.
fn installed(copied: &Path) -> PathBuf {
    copied.join("installed-lock.json")
}

/// Whether the copy has the packages of its lock file already.
fn is_installed(copied: &Path) -> bool {
    let read = |path: PathBuf| fs::read(path).ok();
    let wanted = read(copied.join("package-lock.json"));
    wanted.is_some() && wanted == read(installed(copied))
}

/// Runs npm until the deadline, and says what it printed if it fails.
fn run(directory: &Path, arguments: &[&str], deadline: Instant) -> Result<(), String> {
    let log = directory.join("npm.log");
    let started = File::create(&log)
        .and_then(|file| Ok((file.try_clone()?, file)))
        .and_then(|(output, errors)| spawn(directory, arguments, output, errors));
    let mut npm = started.map_err(|error| format!("npm cannot be run ({error})"))?;
    loop {
        match npm.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < deadline => sleep(INTERVAL),
            Ok(None) | Err(_) => {
                stop(&mut npm);
                let seconds = TIME_LIMIT.as_secs();
                return Err(format!("npm took longer than {seconds} seconds"));
            }
        }
    }
    let printed = fs::read_to_string(&log).unwrap_or_default();
    let reason = printed.lines().map(str::trim).find(|line| {
        let line = line.to_lowercase();
        line.contains("error") && !line.contains("complete log")
    });
    Err(format!(
        "`npm {}` failed ({}; all of its output is in {})",
        arguments
            .iter()
            .take(2)
            .copied()
            .collect::<Vec<_>>()
            .join(" "),
        reason.unwrap_or("it does not say why"),
        log.display()
    ))
}

fn spawn(directory: &Path, arguments: &[&str], output: File, errors: File) -> io::Result<Child> {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    // A group of its own, so that what npm starts can be stopped with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Stops npm and, on Unix, what it has started.
fn stop(npm: &mut Child) {
    #[cfg(unix)]
    let _ = Command::new("kill")
        .args(["-KILL", &format!("-{}", npm.id())])
        .status();
    let _ = npm.kill();
    let _ = npm.wait();
}
