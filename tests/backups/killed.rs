//! Commands that are killed in the middle leave nothing half done.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use libtest_mimic::Failed;

use super::place::Place;
use crate::support::{Outcome, database::TestDatabase};

/// How often a command is killed, each time a little later. The last time it has ended before.
const KILLS: u32 = 12;
/// How much later.
const STEP: Duration = Duration::from_millis(4);

/// A backup that was not finished is not listed, and the next run removes what is left, also of the
/// copy in plain text.
pub async fn creating(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let mut left = 0;
    for kill in 0..KILLS {
        kill_in_the_middle(&place, &["create"], STEP * kill)?;
        left += unfinished(&place)?;
        let is_finished = place.backup_files()?.iter().any(|it| !it.starts_with('.'));
        if is_finished {
            place.run(&["verify", "--all"])?;
        }
    }
    place.run(&["create"])?;
    assert_eq!(unfinished(&place)?, 0);
    place.run(&["verify", "--all"])?;
    assert!(left > 0, "it was killed too late");
    Ok(())
}

/// While a backup is restored, there is the former database or the restored one.
pub async fn restoring(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let former = ["Before everything", "Of the former one"].map(str::to_owned);
    let restored = [former[0].clone()];
    let mut seen = [0; 2];
    for kill in 0..KILLS {
        place.run(&["restore", "--force"])?;
        // As after a crash, the row is only in the log.
        let server = place.server(&[])?;
        let token = server.sign_in("ada").await?;
        super::place::create(&former[1], &token)
            .send(&server)
            .await?
            .done()?;
        server.kill()?;
        assert!(place.log().metadata()?.len() > 0);
        kill_in_the_middle(&place, &["restore", "--force"], STEP * kill)?;
        let server = place.server(&[])?;
        server.kill()?;
        let titles = place.titles().await?;
        let which = [&former[..], &restored[..]]
            .iter()
            .position(|it| *it == titles)
            .ok_or_else(|| format!("neither nor: {titles:?}"))?;
        seen[which] += 1;
    }
    assert!(seen[0] > 0, "it was killed too late");
    assert!(seen[1] > 0, "it was killed too early");
    place.run(&["restore", "--force"])?;
    assert_eq!(place.files()?, ["mina.db"]);
    Ok(())
}

/// A signal that can be handled leaves no unfinished file, above all not the database in plain text.
pub async fn interrupted(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    // So that the commands take a moment.
    let ballast = "CREATE TABLE ballast AS \
                   WITH RECURSIVE numbers (number) AS \
                   (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 5000) \
                   SELECT randomblob(1000) AS bytes FROM numbers";
    place.execute(ballast).await?;
    place.run(&["create"])?;
    let mut seen = 0;
    for arguments in [&["create"][..], &["verify"], &["restore", "--force"]] {
        for signal in ["INT", "TERM", "HUP"] {
            let mut child = place
                .command(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            while unfinished(&place)? == 0 && child.try_wait()?.is_none() {
                sleep(Duration::from_millis(1));
            }
            seen += unfinished(&place)?;
            if child.try_wait()?.is_none() {
                // This fails if the command has just ended.
                Command::new("kill")
                    .args(["-s", signal, &child.id().to_string()])
                    .stderr(Stdio::null())
                    .status()?;
            }
            child.wait()?;
            assert_eq!(unfinished(&place)?, 0, "{arguments:?}, {signal}");
        }
    }
    assert!(seen > 0, "the signals came too late");
    assert_eq!(place.files()?, ["mina.db"]);
    assert_eq!(place.titles().await?, ["Before everything"]);
    Ok(())
}

/// Starts a command and kills it some time after it has begun to write. The longest time waits for
/// its end.
fn kill_in_the_middle(place: &Place, arguments: &[&str], time: Duration) -> Outcome {
    let left = unfinished(place)?;
    let mut command = place.command(arguments);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // What was left before is removed first.
    let mut is_writing = left == 0;
    loop {
        let now = unfinished(place)?;
        if is_writing && now > 0 || child.try_wait()?.is_some() {
            break;
        }
        is_writing |= now == 0;
        sleep(Duration::from_millis(1));
    }
    if time < STEP * (KILLS - 1) {
        sleep(time);
        child.kill()?;
    }
    child.wait()?;
    Ok(())
}

/// How many unfinished files there are.
fn unfinished(place: &Place) -> Result<usize, Failed> {
    let files = [place.files()?, place.backup_files()?].concat();
    Ok(files.iter().filter(|it| it.starts_with('.')).count())
}
