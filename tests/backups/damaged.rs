//! A backup that is not what was written is never restored.

use std::fs;

use super::place::Place;
use crate::support::{Outcome, database::TestDatabase};

/// A wrong key, and a file that was cut or changed: the error says what it is, and the database stays.
pub async fn rejected(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let [name] = &place.backup_files()?[..] else {
        return Err("there is not one backup".into());
    };
    let path = place.backups().join(name);
    let good = fs::read(&path)?;
    let former = fs::read(place.database())?;
    let mut changed = good.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let longer = [&good[..], b"more"].concat();
    for (bytes, expected) in [
        (&good[..last], "chunk 0 of the backup was changed"),
        (&good[..200], "incomplete: it ends within its header"),
        (&changed[..], "chunk 0 of the backup was changed"),
        (&longer[..], "chunk 0 of the backup was changed"),
        (&good[1..], "this is not a backup of Mina"),
        (&b""[..], "this is not a backup of Mina"),
    ] {
        fs::write(&path, bytes)?;
        for arguments in [&["verify"][..], &["restore", "--force"]] {
            let error = place.fail(arguments)?;
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
    fs::write(&path, &good)?;
    fs::write(place.key(), "2b".repeat(32))?;
    let error = place.fail(&["restore", "--force"])?;
    assert!(error.contains("this is not the key"), "{error}");
    assert_eq!(fs::read(place.database())?, former);
    assert_eq!(place.files()?, ["mina.db"]);
    Ok(())
}

/// A database that was damaged before it was backed up is not restored, even if the backup is what
/// was written.
pub async fn unsound(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let damage = "CREATE TABLE odd (value TEXT) STRICT; \
                  INSERT INTO odd VALUES ('text'); \
                  PRAGMA writable_schema = ON; \
                  UPDATE sqlite_schema SET sql = 'CREATE TABLE odd (value INTEGER) STRICT' \
                  WHERE name = 'odd'; \
                  PRAGMA writable_schema = OFF";
    place.execute(damage).await?;
    place.run(&["create"])?;
    let error = place.fail(&["restore", "--force"])?;
    assert!(error.contains("the database in it is damaged"), "{error}");
    assert!(error.contains("odd.value"), "{error}");
    Ok(())
}

/// Rows that refer to rows that do not exist, and references that SQLite cannot follow, are reported,
/// and restored as they are.
pub async fn dangling(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let orphan = "PRAGMA foreign_keys = OFF; \
                  UPDATE meeting SET organizer_id = 4711";
    let mismatch = "CREATE TABLE parent (name TEXT); \
                    CREATE TABLE child (name TEXT REFERENCES parent (name))";
    for (sql, expected) in [
        (
            orphan,
            "1 row refers to one that does not exist: a row of meeting",
        ),
        (
            mismatch,
            "its references cannot be checked: foreign key mismatch",
        ),
    ] {
        place.execute(sql).await?;
        place.run(&["create"])?;
        for (arguments, word) in [
            (&["verify"][..], "can be restored"),
            (&["verify", "--all"], "can be restored"),
            (&["restore", "--force"], "it is as it was at"),
        ] {
            let output = place.run(arguments)?;
            assert!(output.contains(word), "{output}");
            assert!(output.contains(expected), "{output}");
        }
    }
    Ok(())
}
