//! Transcripts go when they are older than their workspace keeps them.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta, Utc};
use entity::{marker, meeting, segment, session};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, sea_query::Expr,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{odd_texts, say};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(old_transcripts);
    suite.on_both_databases(slices);
    suite.on_both_databases(settings);
}

const SELECTION: &str = "workspace { transcriptRetentionDays } dueBefore dueSessionCount
    dueSegmentCount unfinishedSessionCount";

/// How long to wait until what was not deleted stays.
const QUIET: Duration = Duration::from_millis(600);

fn ago(days: i64) -> NaiveDateTime {
    Utc::now().naive_utc() - TimeDelta::days(days)
}

/// A session with odd texts whose times are so many days ago.
async fn recorded(
    database: &TestDatabase,
    session: session::Model,
    status: session::Status,
    ended: i64,
    stored: i64,
) -> Result<session::Model, Failed> {
    say(database, &session, &odd_texts()).await?;
    let mut session = session.into_active_model();
    session.status = Set(Some(status));
    session.ended_at = Set(Some(ago(ended)));
    session.created_at = Set(Some(ago(stored)));
    let session = session.update(database.connection()).await?;
    let segments = segment::Entity::update_many()
        .col_expr(segment::Column::CreatedAt, Expr::value(ago(stored)))
        .filter(segment::Column::SessionId.eq(session.id));
    segments.exec(database.connection()).await?;
    Ok(session)
}

async fn sessions(database: &TestDatabase) -> Result<Vec<i32>, Failed> {
    let all = session::Entity::find().all(database.connection()).await?;
    let mut ids: Vec<i32> = all.iter().map(|session| session.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Waits until these sessions are left.
async fn until_left(database: &TestDatabase, expected: &[i32]) -> Outcome {
    for _ in 0..200 {
        if sessions(database).await? == expected {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sessions(database).await?, expected);
    Ok(())
}

/// What has ended and was stored long enough ago goes, with its markers and for its subscribers, and
/// nothing else does: not what still runs, what was imported lately, or what belongs to others. The
/// dry run says so before, and changes nothing.
async fn old_transcripts(database: &TestDatabase) -> Outcome {
    use session::Status::{Completed, Error, Recording};
    let world = World::start(database).await?;
    let world = World {
        server: Server::start_with(database, &["--retention-interval", "200ms"])?,
        ..world
    };
    let seed = Seed(database.connection());
    let new = async || seed.session(&world.member).await;
    let meeting = seed.meeting(&world.organizer, "Plan").await?;
    let old = recorded(database, new().await?, Completed, 31, 31).await?;
    seed.link(&meeting, &old).await?;
    seed.marker(&old, &world.admin, "Agreed").await?;
    recorded(database, new().await?, Error, 400, 40).await?;
    let recent = recorded(database, new().await?, Completed, 29, 31).await?;
    let imported = recorded(database, new().await?, Completed, 400, 1).await?;
    let running = recorded(database, new().await?, Recording, 31, 31).await?;
    let appended = recorded(database, new().await?, Completed, 31, 31).await?;
    let mut segment = seed
        .segment(&appended, 0, "of today")
        .await?
        .into_active_model();
    segment.created_at = Set(Some(ago(0)));
    segment.update(database.connection()).await?;
    let other = seed.workspace("other").await?;
    let other = seed.user(other.id, "eve").await?;
    let foreign = recorded(database, seed.session(&other).await?, Completed, 400, 400).await?;
    let all = sessions(database).await?;
    sleep(QUIET).await;
    assert_eq!(
        sessions(database).await?,
        all,
        "retention is off by default"
    );

    let max = world.client(&world.member).await?;
    let mut socket = Socket::begin(&world.server, Some(&max.token)).await?;
    let query = "subscription ($id: ID!, $after: Int!) {
        sessionTranscript(sessionId: $id, after: $after) { position } }";
    // Later than everything that is stored.
    let variables = json!({"id": global_id("Session", old.id), "after": 1000});
    socket.follow(&world.server, "t", query, variables).await?;

    let ada = world.client(&world.admin).await?;
    let id = global_id("Workspace", world.acme.id);
    let input = json!({"workspaceId": id, "transcriptDays": 30, "dryRun": true});
    let payload = ada.run("retentionUpdate", input, SELECTION).await?;
    assert_eq!(payload["workspace"]["transcriptRetentionDays"], Value::Null);
    assert_eq!(payload["dueSessionCount"], 2);
    assert_eq!(payload["dueSegmentCount"], 2 * odd_texts().len());
    assert_eq!(payload["unfinishedSessionCount"], 1);
    sleep(QUIET).await;
    assert_eq!(sessions(database).await?, all, "a dry run changes nothing");

    let input = json!({"workspaceId": id, "transcriptDays": 30});
    let payload = ada.run("retentionUpdate", input, SELECTION).await?;
    assert_eq!(payload["workspace"]["transcriptRetentionDays"], 30);
    assert_eq!(payload["dueSessionCount"], 2);
    let kept = [recent.id, imported.id, running.id, appended.id, foreign.id];
    until_left(database, &kept).await?;
    assert_eq!(socket.error("t").await?, "NOT_FOUND");
    assert_eq!(
        marker::Entity::find().count(database.connection()).await?,
        0
    );
    let meeting = meeting::Entity::find_by_id(meeting.id).one(database.connection());
    let meeting = meeting.await?.ok_or("the meeting is gone")?;
    assert_eq!(meeting.session_id, None);
    sleep(QUIET).await;
    assert_eq!(sessions(database).await?, kept);
    let metrics = world.server.metrics().await?;
    assert!(
        metrics.contains("mina_retention_sessions_total 2"),
        "{metrics}"
    );

    // Without days, what becomes old stays.
    let payload = ada
        .run("retentionUpdate", json!({"workspaceId": id}), SELECTION)
        .await?;
    assert_eq!(payload["workspace"]["transcriptRetentionDays"], Value::Null);
    assert_eq!(payload["dueBefore"], Value::Null);
    recorded(database, recent, Completed, 31, 31).await?;
    sleep(QUIET).await;
    assert_eq!(sessions(database).await?, kept);
    Ok(())
}

/// A long transcript goes in slices, between which others write.
async fn slices(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let world = World {
        server: Server::start_with(database, &["--retention-interval", "200ms"])?,
        ..world
    };
    let seed = Seed(database.connection());
    let session = seed.session(&world.member).await?;
    let texts: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
    say(database, &session, &texts).await?;
    recorded(database, session, session::Status::Completed, 2, 2).await?;
    let ada = world.client(&world.admin).await?;
    let id = global_id("Workspace", world.acme.id);
    let input = json!({"workspaceId": id, "transcriptDays": 1});
    let payload = ada.run("retentionUpdate", input, SELECTION).await?;
    assert_eq!(payload["dueSegmentCount"], texts.len() + odd_texts().len());
    until_left(database, &[]).await?;
    assert_eq!(
        segment::Entity::find().count(database.connection()).await?,
        0
    );
    Ok(())
}

/// Only admins set the retention, to a number that makes sense, and everybody reads it.
async fn settings(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let id = global_id("Workspace", world.acme.id);
    for user in [&world.member, &world.organizer] {
        let client = world.client(user).await?;
        for dry_run in [true, false] {
            let input = json!({"workspaceId": id, "transcriptDays": 30, "dryRun": dry_run});
            assert_eq!(client.error("retentionUpdate", input).await?, "FORBIDDEN");
        }
    }
    let ada = world.client(&world.admin).await?;
    for days in [0, -1, 36_501] {
        let input = json!({"workspaceId": id, "transcriptDays": days});
        let problems = ada.problems("retentionUpdate", input).await?;
        assert_eq!(problems, ["OUT_OF_RANGE transcriptDays"]);
    }
    for days in [90, 30] {
        let input = json!({"workspaceId": id, "transcriptDays": days});
        ada.run("retentionUpdate", input, "__typename").await?;
    }
    let max = world.client(&world.member).await?;
    let read = max
        .read("{ workspace { transcriptRetentionDays viewerCanUpdateRetention } }")
        .await?;
    let expected = json!({"transcriptRetentionDays": 30, "viewerCanUpdateRetention": false});
    assert_eq!(read["workspace"], expected);
    Ok(())
}
