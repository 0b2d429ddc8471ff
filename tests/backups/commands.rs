//! The commands of `mina backup`.

use std::{
    cell::Cell,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
    time::Duration,
};

use libtest_mimic::Failed;
use tokio::{task::spawn_blocking, time::sleep};

use super::place::{Place, create, error_of, without_privileges};
use crate::support::{Outcome, database::TestDatabase};

/// A backup that is taken while the server writes has everything that was acknowledged before. It is
/// listed and verified, holds no plain text, and replaces nothing unless it may.
pub async fn round_trip(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    let written = Cell::new(0);
    let is_taken = Cell::new(false);
    let mut command = place.command(&["create"]);
    let (before, output) = tokio::join!(
        async {
            let mut before = None;
            while !is_taken.get() {
                let title = format!("Meeting {}", written.get());
                create(&title, &token).send(&server).await?.done()?;
                written.set(written.get() + 1);
                before.get_or_insert(written.get());
            }
            Ok::<_, Failed>(before.unwrap_or_default())
        },
        async {
            while written.get() < 3 {
                sleep(Duration::from_millis(1)).await;
            }
            let output = spawn_blocking(move || command.output()).await;
            is_taken.set(true);
            output
        }
    );
    before?;
    let output = output??;
    assert!(output.status.success(), "{output:?}");
    create("After the backup", &token)
        .send(&server)
        .await?
        .done()?;

    let [name] = &place.backup_files()?[..] else {
        return Err("there is not one backup".into());
    };
    let path = place.backups().join(name);
    let mode = fs::metadata(&path)?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let bytes = fs::read(&path)?;
    for plain in ["SQLite format", "Before everything", "meeting"] {
        let contains = bytes.windows(plain.len()).any(|it| it == plain.as_bytes());
        assert!(!contains, "{plain} is in the backup");
    }
    assert_eq!(
        place.files()?,
        ["mina.db", "mina.db-shm", "mina.db-wal"],
        "something is left"
    );
    let list = place.run(&["list"])?;
    for word in [name, env!("CARGO_PKG_VERSION"), "KiB", "m20"] {
        assert!(list.contains(word), "{word} is not in {list}");
    }
    assert!(place.run(&["verify"])?.contains("can be restored"));
    assert!(place.run(&["verify", "--all"])?.contains("can be restored"));

    let error = place.fail(&["restore"])?;
    assert!(error.contains("would be replaced"), "{error}");
    assert!(error.contains("--force"), "{error}");
    let error = place.fail(&["restore", "--force"])?;
    assert!(error.contains("is in use by another program"), "{error}");
    server.kill()?;
    drop(server);
    let titles = place.titles().await?;
    assert_eq!(titles.last().map(String::as_str), Some("After the backup"));
    place.execute("DELETE FROM meeting").await?;
    fs::set_permissions(place.database(), fs::Permissions::from_mode(0o640))?;
    let restored = place.run(&["restore", "--force"])?;
    assert!(restored.contains("it is as it was at"), "{restored}");
    assert_eq!(place.files()?, ["mina.db"]);
    let mode = fs::metadata(place.database())?.permissions().mode();
    assert_eq!(mode & 0o777, 0o640);

    let restored = place.titles().await?;
    assert!(restored.len() >= 4, "{restored:?}");
    assert_eq!(restored[..], titles[..restored.len()]);
    assert!(restored.len() < titles.len());
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    create("Life goes on", &token).send(&server).await?.done()?;
    Ok(())
}

/// Old backups are deleted, and never the last one that can be restored.
pub async fn pruned(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let [good] = &place.backup_files()?[..] else {
        return Err("there is not one backup".into());
    };
    let good = fs::read(place.backups().join(good))?;
    let old = |day: u32| format!("mina-202001{day:02}T030405.678Z.minabackup");
    let [new] = &place.backup_files()?[..] else {
        return Err("there is not one backup".into());
    };
    for day in 1..=3 {
        fs::write(place.backups().join(old(day)), &good)?;
    }
    assert!(
        place
            .run(&["prune", "--keep", "1000w"])?
            .contains("nothing")
    );
    // The new one is broken, and so is the latest old one.
    for broken in [new, &old(3)] {
        fs::write(place.backups().join(broken), &good[..good.len() - 1])?;
    }
    let output = place.run(&["prune", "--keep", "7d"])?;
    assert!(output.contains(&old(1)), "{output}");
    // The newest old one leads back to seven days ago, if it can be restored.
    let kept = [old(2), old(3), new.clone()];
    assert_eq!(place.backup_files()?, kept);
    fs::write(place.backups().join(old(2)), "nothing")?;
    let error = place.fail(&["prune", "--keep", "7d"])?;
    assert!(error.contains("so none was deleted"), "{error}");
    assert_eq!(place.backup_files()?, kept);
    let error = place.fail(&["verify", "--all"])?;
    assert!(error.contains("3 of 3 backups cannot"), "{error}");
    fs::write(place.backups().join(new), &good)?;
    place.run(&["prune", "--keep", "7d"])?;
    assert_eq!(place.backup_files()?, kept[1..]);
    Ok(())
}

/// A backup of a machine whose clock was wrong is not taken for the latest one.
pub async fn future(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let [name] = &place.backup_files()?[..] else {
        return Err("there is not one backup".into());
    };
    let future = "mina-20990101T030405.678Z.minabackup";
    fs::rename(place.backups().join(name), place.backups().join(future))?;
    // It is the only one.
    assert!(place.run(&["verify"])?.contains(future));
    place.execute("DELETE FROM meeting").await?;
    place.run(&["create"])?;
    place.run(&["restore", "--force"])?;
    assert!(place.titles().await?.is_empty());
    let listed = place.run(&["list"])?;
    let note = format!("{future} was taken in the future");
    assert!(listed.contains(&note), "{listed}");
    place.run(&["restore", future, "--force"])?;
    assert_eq!(place.titles().await?, ["Before everything"]);
    // A path needs no folder.
    let path = place.backups().join(future);
    let path = path.to_str().ok_or("no path")?;
    for arguments in [&["verify", path][..], &["restore", path, "--force"]] {
        let output = place
            .command(arguments)
            .env_remove("MINA_BACKUP_DIR")
            .output()?;
        assert!(output.status.success(), "{output:?}");
    }
    Ok(())
}

/// What another user has left is not touched, and prevents nothing.
pub async fn leftovers_of_others(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let left = [place.data(), place.backups()].map(|it| it.join(".x.mina-unfinished"));
    for path in &left {
        fs::write(path, "")?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o000))?;
    }
    for arguments in [&["create"][..], &["verify"], &["restore", "--force"]] {
        let command = place.command(arguments);
        let output = without_privileges(command)?.output()?;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    for path in &left {
        assert!(path.exists());
    }
    Ok(())
}

/// If a backup cannot be checked for a reason that may pass, none is deleted: it may be the latest one
/// that can be restored.
pub async fn not_pruned(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let [good] = &place.backup_files()?[..] else {
        return Err("there is not one backup".into());
    };
    let good = place.backups().join(good);
    for day in 1..=2 {
        let old = format!("mina-202001{day:02}T030405.678Z.minabackup");
        fs::copy(&good, place.backups().join(old))?;
    }
    let before = place.backup_files()?;
    // The copy cannot be written.
    let url = format!("sqlite:{}", place.elsewhere("missing/mina.db").display());
    for (arguments, expected) in [
        (&["prune", "--keep", "7d"][..], "so nothing was deleted"),
        (&["verify"], "cannot write a copy of the database into"),
        (
            &["verify", "--all"],
            "cannot write a copy of the database into",
        ),
        (&["restore"], "cannot write a copy of the database into"),
    ] {
        let mut command = place.command(arguments);
        let error = error_of(command.env("MINA_DATABASE_URL", &url).output()?)?;
        for word in [expected, "missing: No such file", "--database-url"] {
            assert!(error.contains(word), "{arguments:?}: {error}");
        }
    }
    assert_eq!(place.backup_files()?, before);
    // The latest backup cannot be read: a folder can be opened, and reading from it fails.
    let unreadable = "mina-20250101T030405.678Z.minabackup";
    fs::remove_file(&good)?;
    fs::create_dir(place.backups().join(unreadable))?;
    let before = place.backup_files()?;
    let error = place.fail(&["prune", "--keep", "7d"])?;
    assert!(error.contains("so nothing was deleted"), "{error}");
    assert!(error.contains(unreadable), "{error}");
    assert_eq!(place.backup_files()?, before);
    Ok(())
}

/// A database that is named by a symbolic link is replaced, and the link stays.
pub async fn linked(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let link = place.elsewhere("link.db");
    symlink(place.database(), &link)?;
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("MINA_DATABASE_URL", format!("sqlite:{}", link.display()));
        command.output()
    };
    for is_there in [true, false] {
        let output = run(&["create"])?;
        assert!(output.status.success(), "{output:?}");
        if is_there {
            place.execute("DELETE FROM meeting").await?;
        } else {
            fs::remove_file(place.database())?;
        }
        let output = run(&["restore", "--force"])?;
        assert!(output.status.success(), "{output:?}");
        assert!(fs::symlink_metadata(&link)?.is_symlink());
        assert_eq!(place.titles().await?, ["Before everything"]);
        assert_eq!(place.files()?, ["mina.db"]);
    }
    Ok(())
}

/// Keys are made and never replaced, and are never arguments. A passphrase is a key, too.
pub async fn keys() -> Outcome {
    let place = Place::empty()?;
    let key = place.elsewhere("new.key");
    let write = ["key", "--write", key.to_str().ok_or("no path")?];
    assert!(place.run(&write)?.contains("keep a copy elsewhere"));
    assert_eq!(fs::metadata(&key)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&key)?.trim().len(), 64);
    let error = place.fail(&write)?;
    assert!(error.contains("is not replaced"), "{error}");

    migrate(&place)?;
    let mut command = place.command(&["create"]);
    let error = error_of(command.env_remove("MINA_BACKUP_KEY_FILE").output()?)?;
    assert!(error.contains("mina backup key --write"), "{error}");
    let passphrase = place.elsewhere("passphrase");
    fs::write(&passphrase, "correct horse battery staple\n")?;
    let with_passphrase = |arguments: &[&str]| {
        place
            .command(arguments)
            .env_remove("MINA_BACKUP_KEY_FILE")
            .env("MINA_BACKUP_PASSPHRASE_FILE", &passphrase)
            .output()
    };
    assert!(with_passphrase(&["create"])?.status.success());
    assert!(with_passphrase(&["verify"])?.status.success());
    let error = place.fail(&["verify"])?;
    assert!(
        error.contains("with a passphrase, not with a key"),
        "{error}"
    );
    fs::write(&passphrase, "correct horse battery stapler\n")?;
    let error = error_of(with_passphrase(&["restore", "--force"])?)?;
    assert!(
        error.contains("this is not the key or passphrase"),
        "{error}"
    );
    assert!(error.contains("there is no other way"), "{error}");
    Ok(())
}

/// Makes an empty database without a server.
fn migrate(place: &Place) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["migrate", "up", "--database-url", &place.url()])
        .env_clear()
        .output()?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

/// On PostgreSQL, each command names what to use instead.
pub async fn postgres() -> Outcome {
    let place = Place::empty()?;
    for action in ["create", "verify", "restore", "prune"] {
        let mut command = place.command(&[action]);
        command.env("MINA_DATABASE_URL", "postgres://mina@localhost/mina");
        let error = error_of(command.output()?)?;
        for word in ["pgBackRest", "ops/postgres"] {
            assert!(error.contains(word), "{action}: {error}");
        }
    }
    let error = place.fail(&["create"])?;
    assert!(error.contains("there is no database at"), "{error}");
    let mut command = place.command(&["list"]);
    let error = error_of(command.env("MINA_BACKUP_DIR", "/nowhere/at/all").output()?)?;
    assert!(error.contains("does not exist"), "{error}");
    assert!(place.run(&["list"])?.contains("there are no backups"));
    Ok(())
}
