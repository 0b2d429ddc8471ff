//! What an acknowledged change survives.

use std::process::Command;

use super::place::{Place, create};
use crate::support::{Outcome, database::TestDatabase};

/// With `--durability full`, each acknowledged change has reached the disk, and with `normal` it has
/// not. strace counts.
pub async fn full(database: &TestDatabase) -> Outcome {
    const CHANGES: usize = 20;
    let place = Place::new(database).await?;
    for (level, least, most) in [("full", CHANGES, 3 * CHANGES), ("normal", 0, CHANGES / 2)] {
        // A flag wins over the variable of the tests.
        let server = place.server(&["--durability", level])?;
        let token = server.sign_in("ada").await?;
        let trace = place.elsewhere(level);
        let strace = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"])
            .arg(&trace)
            .args(["-p", &server.process_id().to_string()])
            .spawn();
        let mut strace = strace?;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        assert!(strace.try_wait()?.is_none(), "strace may not trace");
        for number in 0..CHANGES {
            create(&format!("{level} {number}"), &token)
                .send(&server)
                .await?
                .done()?;
        }
        server.kill()?;
        strace.wait()?;
        let synced = std::fs::read_to_string(&trace)?
            .lines()
            .filter(|line| line.contains("sync("))
            .count();
        assert!((least..=most).contains(&synced), "{level}: {synced}");
    }
    Ok(())
}
