//! A session that is deleted while others begin to use it leaves nothing that names it.

use std::time::Duration;

use entity::{marker, meeting, session, user::Role};
use futures_util::future::try_join;
use libtest_mimic::Failed;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, TransactionTrait,
};
use serde_json::json;
use tokio::time::sleep;

use super::arena::{Arena, Person, ROUNDS};
use crate::support::{
    Outcome,
    call::{Call, DONE, Reply},
    database::TestDatabase,
    seed::global_id,
};

fn delete(ada: &Person, session: &session::Model) -> Call {
    let id = json!({"id": global_id("Session", session.id)});
    ada.call("sessionDelete", "deletedId", id)
}

fn mark(by: &Person, session: &session::Model) -> Call {
    let session = global_id("Session", session.id);
    let input = json!({"sessionId": session, "type": "RISK", "content": "Note"});
    by.call("markerCreate", "marker { id }", input)
}

/// Nothing names the session.
async fn assert_forgotten(arena: &Arena<'_>, session: &session::Model) -> Outcome {
    let sessions = session::Column::Id.eq(session.id);
    assert_eq!(arena.count::<session::Entity>(sessions).await?, 0);
    let meetings = meeting::Column::SessionId.eq(&session.external_id);
    assert_eq!(arena.count::<meeting::Entity>(meetings).await?, 0);
    let markers = marker::Column::SessionId.eq(&session.external_id);
    assert_eq!(arena.count::<marker::Entity>(markers).await?, 0);
    Ok(())
}

/// Sends a call while a transaction of somebody else has done something, which is committed a moment
/// later.
async fn amid(arena: &Arena<'_>, statements: &[String], call: &Call) -> Result<Reply, Failed> {
    let other: DatabaseTransaction = arena.database().begin().await?;
    for statement in statements {
        other.execute_unprepared(statement).await?;
    }
    let commit = async {
        sleep(Duration::from_millis(500)).await;
        Ok(other.commit().await?)
    };
    let (reply, ()) = try_join(call.send(&arena.server), commit).await?;
    Ok(reply)
}

/// A statement that locks the session as the server does, if the database has such locks.
fn lock(arena: &Arena<'_>, session: &session::Model, strength: &str) -> Vec<String> {
    match arena.database().get_database_backend() {
        DbBackend::Postgres => vec![format!(
            "SELECT id FROM session WHERE id = {} FOR {strength}",
            session.id
        )],
        _ => Vec::new(),
    }
}

/// Meetings are started and markers are set while the session is deleted.
pub async fn at_once(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let grace = arena.person("grace", Role::Member).await?;
    for round in 0..ROUNDS {
        let session = arena.seed.session(&ada.user).await?;
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let input = json!({
            "id": global_id("Meeting", meeting.id),
            "sessionId": global_id("Session", session.id),
        });
        let start = ada.call("meetingStart", "meeting { id }", input);
        let mut calls = vec![start];
        calls.extend((0..4).map(|_| mark(&grace, &session)));
        calls.insert(round % (calls.len() + 1), delete(&ada, &session));
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "NOT_FOUND"])?;
        let deleted = replies.done().filter(|it| it["deletedId"].is_string());
        assert_eq!(deleted.count(), 1, "{replies:#?}");
        assert_forgotten(&arena, &session).await?;
    }
    Ok(())
}

/// A meeting is started with the session, and the session is deleted before that is committed.
pub async fn amid_start(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let session = arena.seed.session(&ada.user).await?;
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    let mut start = lock(&arena, &session, "NO KEY UPDATE");
    start.push(format!(
        "UPDATE meeting SET session_id = '{}' WHERE id = {}",
        session.external_id, meeting.id
    ));
    let reply = amid(&arena, &start, &delete(&ada, &session)).await?;
    reply.done()?;
    assert_forgotten(&arena, &session).await?;
    let meeting = meeting::Entity::find_by_id(meeting.id);
    let meeting = meeting.one(arena.database()).await?.ok_or("no meeting")?;
    assert_eq!(meeting.session_id, None);
    Ok(())
}

/// A marker is set, and the session is deleted before that is committed.
pub async fn amid_marker(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for with_meeting in [false, true] {
        let session = arena.seed.session(&ada.user).await?;
        let mut call = delete(&ada, &session);
        if with_meeting {
            let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
            let meeting = arena.seed.link(&meeting, &session).await?;
            let id = global_id("Meeting", meeting.id);
            let input = json!({"id": id, "deleteSession": true});
            call = ada.call("meetingDelete", "deletedId", input);
        }
        let mut set = lock(&arena, &session, "KEY SHARE");
        set.push(format!(
            "INSERT INTO marker (session_id, user_id, type, content) VALUES ('{}', {}, 'risk', 'Note')",
            session.external_id, ada.user.id
        ));
        amid(&arena, &set, &call).await?.done()?;
        assert_forgotten(&arena, &session).await?;
    }
    Ok(())
}

/// The session is deleted, and a marker is set before that is committed.
pub async fn before_marker(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let session = arena.seed.session(&ada.user).await?;
    let deletion = [format!("DELETE FROM session WHERE id = {}", session.id)];
    let reply = amid(&arena, &deletion, &mark(&ada, &session)).await?;
    assert_eq!(reply.verdict, "NOT_FOUND", "{reply:#?}");
    assert_forgotten(&arena, &session).await?;
    Ok(())
}
