//! What is deleted is gone, also from the files of the database.

use std::{fs, time::Duration};

use entity::bookkeeping::speaker;
use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryResult, Statement};
use serde_json::json;
use tokio::time::sleep;

use super::{odd_texts, say};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(sessions);
    suite.on_both_databases(with_the_meeting);
    suite.on_both_databases(segments);
    suite.on_both_databases(many_segments);
    suite.on_both_databases(gone_from_the_files);
}

/// A session goes with its segments and markers. The meeting stays, and its subscribers are told.
async fn sessions(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "Plan").await?;
    let session = seed.session(&world.member).await?;
    seed.link(&meeting, &session).await?;
    seed.marker(&session, &world.admin, "Agreed").await?;
    say(database, &session, &odd_texts()).await?;
    let kept = seed.session(&world.member).await?;
    seed.segment(&kept, 0, "kept").await?;
    let olga = world.client(&world.organizer).await?;
    let id = global_id("Session", session.id);
    let payload = olga
        .run("sessionDelete", json!({"id": id}), "deletedId")
        .await?;
    assert_eq!(payload["deletedId"], json!(id));
    let meeting = global_id("Meeting", meeting.id);
    let found = olga
        .read(&format!(
            "{{ session(id: {id:?}) {{ id }} meeting(id: {meeting:?}) {{ session {{ id }} }}
                markers {{ totalCount }} search(text: \"Good morning\") {{ nodes {{ __typename }} }} }}"
        ))
        .await?;
    assert_eq!(found["session"], json!(null));
    assert_eq!(found["meeting"]["session"], json!(null));
    assert_eq!(found["markers"]["totalCount"], 0);
    let segments = entity::segment::Entity::find();
    let segments = segments.all(database.connection()).await?;
    assert_eq!(segments.len(), 1);
    assert_eq!(
        olga.error("sessionDelete", json!({"id": id})).await?,
        "NOT_FOUND"
    );
    Ok(())
}

/// A meeting keeps or takes its session, as asked.
async fn with_the_meeting(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    for (delete, left) in [(false, 1), (true, 1)] {
        let meeting = seed.meeting(&world.organizer, "Plan").await?;
        let session = seed.session(&world.member).await?;
        seed.link(&meeting, &session).await?;
        seed.segment(&session, 0, "said").await?;
        let input = json!({"id": global_id("Meeting", meeting.id), "deleteSession": delete});
        olga.run("meetingDelete", input, "deletedId").await?;
        let sessions = entity::session::Entity::find();
        assert_eq!(sessions.all(database.connection()).await?.len(), left);
        let segments = entity::segment::Entity::find();
        assert_eq!(segments.all(database.connection()).await?.len(), left);
    }
    Ok(())
}

/// Segments are deleted by ids and by range.
async fn segments(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let session = seed.session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let foreign = seed.session(&world.member).await?;
    let foreign = seed.segment(&foreign, 0, "of another session").await?;
    let max = world.client(&world.member).await?;
    let session = global_id("Session", session.id);
    for name in ["Ada", "Max"] {
        let user = global_id("User", world.member.id);
        let input = json!({"sessionId": session, "name": name, "userId": user});
        max.run("speakerAssign", input, "__typename").await?;
    }
    let speakers = async || speaker::Entity::find().count(database.connection()).await;
    let selection = "deletedCount hasMore session { segments { totalCount nodes { id startMs } } }";
    let range = json!({"sessionId": session, "fromMs": 1000, "untilMs": 3000});
    let payload = max.run("segmentsDelete", range.clone(), selection).await?;
    assert_eq!(payload["deletedCount"], 2);
    assert_eq!(payload["session"]["segments"]["totalCount"], 6);
    let again = max.run("segmentsDelete", range, selection).await?;
    assert_eq!(again["deletedCount"], 0);
    let first = payload["session"]["segments"]["nodes"][0]["id"].clone();
    let foreign = global_id("Segment", foreign.id);
    let ids = json!({"sessionId": session, "ids": [first, foreign]});
    let problems = max.problems("segmentsDelete", ids).await?;
    assert_eq!(problems, ["NOT_FOUND ids.1"]);
    let ids = json!({"sessionId": session, "ids": [first]});
    let payload = max.run("segmentsDelete", ids, selection).await?;
    assert_eq!(payload["deletedCount"], 1);
    assert_eq!(speakers().await?, 2);
    // A condition that was forgotten is not a wish to delete everything.
    for (input, problem) in [
        (json!({"sessionId": session}), "BLANK all"),
        (
            json!({"sessionId": session, "ids": null, "fromMs": null, "untilMs": null}),
            "BLANK all",
        ),
        (
            json!({"sessionId": session, "fromMs": 0, "all": true}),
            "INVALID all",
        ),
    ] {
        let problems = max.problems("segmentsDelete", input).await?;
        assert_eq!(problems, [problem]);
    }
    let none = json!({"sessionId": session, "ids": []});
    let payload = max.run("segmentsDelete", none, selection).await?;
    assert_eq!(payload["deletedCount"], 0);
    let all = json!({"sessionId": session, "all": true});
    let payload = max.run("segmentsDelete", all, selection).await?;
    assert_eq!(
        (&payload["deletedCount"], &payload["hasMore"]),
        (&json!(5), &json!(false))
    );
    let left = entity::segment::Entity::find().all(database.connection());
    assert_eq!(left.await?.len(), 1);
    // Nobody speaks any more, so no name is left either.
    assert_eq!(speakers().await?, 0);
    Ok(())
}

/// A transaction deletes a bounded number of segments.
async fn many_segments(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    let texts: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
    say(database, &session, &texts).await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let problems = max.problems("sessionDelete", json!({"id": id})).await?;
    assert_eq!(problems, ["TOO_LONG id"]);
    let selection = "deletedCount hasMore session { segments { totalCount } }";
    let input = json!({"sessionId": id, "all": true});
    let payload = max.run("segmentsDelete", input, selection).await?;
    assert_eq!(payload["deletedCount"], 10_000);
    assert_eq!(payload["hasMore"], true);
    assert_eq!(payload["session"]["segments"]["totalCount"], 1);
    max.run("sessionDelete", json!({"id": id}), "deletedId")
        .await?;
    Ok(())
}

const PHRASE: &str = "zebra wears a purple scarf";

/// A phrase that was imported, searched for, corrected into and deleted is in no file of the
/// database, once it was rewritten.
async fn gone_from_the_files(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let kept = seed.session(&world.member).await?;
    say(database, &kept, &odd_texts()).await?;
    // PostgreSQL keeps its samples of a table that becomes empty.
    for note in ["one", "two"] {
        seed.marker(&kept, &world.admin, note).await?;
    }
    let max = world.client(&world.member).await?;
    let session = max.make("sessionCreate", json!({}), "session").await?;
    let content = format!("WEBVTT\n\n00:01.000 --> 00:02.000\nThe {PHRASE}\n");
    let input = json!({"sessionId": session, "content": content, "idempotencyKey": "once"});
    max.run("transcriptImport", input, "importedCount").await?;
    let append = json!({"sessionId": session, "key": "k", "segments": [{"text": PHRASE}]});
    max.run("sessionStart", json!({"id": session}), "session { id }")
        .await?;
    max.run("segmentsAppend", append, "segments { id }").await?;
    let marker = json!({"sessionId": session, "type": "RISK", "content": PHRASE});
    max.run("markerCreate", marker, "marker { id }").await?;
    let search = format!("{{ search(text: {PHRASE:?}) {{ nodes {{ __typename }} }} }}");
    let found = max.read(&search).await?;
    assert_eq!(found["search"]["nodes"].as_array().map(Vec::len), Some(3));
    rewrite(database).await?;
    assert!(
        !files_with(database).await?.is_empty(),
        "the test finds nothing"
    );

    max.run("sessionDelete", json!({"id": session}), "deletedId")
        .await?;
    let found = max.read(&search).await?;
    assert_eq!(found["search"]["nodes"], json!([]));
    rewrite(database).await?;
    let mut left = files_with(database).await?;
    // Rows survive for as long as a transaction that is older than their deletion, such as that of an
    // autovacuum.
    for _ in 0..20 {
        if left.is_empty() {
            break;
        }
        sleep(Duration::from_millis(500)).await;
        rewrite(database).await?;
        left = files_with(database).await?;
    }
    assert_eq!(left, [""; 0]);
    Ok(())
}

/// Rewrites the files of the database, as docs/transcripts.md says.
async fn rewrite(database: &TestDatabase) -> Outcome {
    let statements: &[&str] = match database.backend() {
        DbBackend::Postgres => &["VACUUM (FULL, ANALYZE)", "CHECKPOINT"],
        _ => &["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"],
    };
    for sql in statements {
        database.connection().execute_unprepared(sql).await?;
    }
    Ok(())
}

/// The tables, indexes or files in which the phrase is.
async fn files_with(database: &TestDatabase) -> Result<Vec<String>, Failed> {
    if database.backend() == DbBackend::Postgres {
        let sql = format!(
            "SELECT relname::text FROM pg_class
            WHERE relkind IN ('r', 'i', 't', 'm', 'S') AND pg_relation_filepath(oid) IS NOT NULL
            AND position('{PHRASE}'::bytea IN
                pg_read_binary_file(pg_relation_filepath(oid), 0, 1000000000, true)) > 0"
        );
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        let rows = database.connection().query_all_raw(statement).await?;
        let name = |row: &QueryResult| -> Result<String, Failed> { Ok(row.try_get_by_index(0)?) };
        return rows.iter().map(name).collect();
    }
    let path = database.url().trim_start_matches("sqlite:");
    let path = path.split('?').next().unwrap_or_default();
    let path = path.trim_start_matches("//");
    let mut found = Vec::new();
    for suffix in ["", "-wal"] {
        let name = format!("{path}{suffix}");
        let content = fs::read(&name).unwrap_or_default();
        let phrase = PHRASE.as_bytes();
        if content.windows(phrase.len()).any(|it| it == phrase) {
            found.push(name);
        }
    }
    Ok(found)
}
