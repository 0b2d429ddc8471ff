//! Something added to an object that ends at the same moment is stored completely, or rejected.

use std::time::Duration;

use entity::{meeting, participant, segment, session, task, user::Role};
use futures_util::future::{try_join, try_join_all};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    TransactionTrait, sea_query::Expr,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::arena::{Arena, Person, ROUNDS, append, recording};
use crate::support::{
    Outcome,
    call::{Call, DONE, Replies},
    database::TestDatabase,
    seed::global_id,
};

/// A meeting that is deleted while tasks are created in it is gone with all of them.
pub async fn deleted_meeting(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let replies = delete_amid_creates(&arena, &ada, &meeting, round, "task { id }").await?;
        replies.assert_only(&[DONE, "NOT_FOUND"])?;
        let deleted = replies
            .done()
            .filter(|payload| payload["deletedId"].is_string())
            .count();
        assert_eq!(deleted, 1, "{replies:#?}");
        let meetings = meeting::Column::Id.eq(meeting.id);
        assert_eq!(arena.count::<meeting::Entity>(meetings).await?, 0);
        let tasks = task::Column::MeetingId.eq(meeting.id);
        assert_eq!(arena.count::<task::Entity>(tasks).await?, 0);
    }
    Ok(())
}

/// The object of a payload may have been deleted since the mutation. Then it is not found, which is
/// not an error of the server.
pub async fn read_while_deleted(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let selection = "task { id meeting { id participants { nodes { id } } } }";
    for round in 0..2 * ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let replies = delete_amid_creates(&arena, &ada, &meeting, round, selection).await?;
        replies.assert_only(&[DONE, "NOT_FOUND"])?;
    }
    Ok(())
}

/// Deletes a meeting while tasks are created in it, each time at another place among them.
async fn delete_amid_creates(
    arena: &Arena<'_>,
    ada: &Person,
    meeting: &meeting::Model,
    round: usize,
    selection: &'static str,
) -> Result<Replies, Failed> {
    let id = global_id("Meeting", meeting.id);
    let create = ada.call(
        "taskCreate",
        selection,
        json!({"meetingId": id, "title": "Write"}),
    );
    let mut calls = vec![create; 5];
    let delete = ada.call("meetingDelete", "deletedId", json!({"id": id}));
    calls.insert(round % (calls.len() + 1), delete);
    arena.at_once(&calls).await
}

/// A session that is stopped and completed while segments come: what was taken is stored whole,
/// and what came too late not at all.
pub async fn stopped_session(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..ROUNDS {
        let session = recording(&arena, &ada).await?;
        let id = json!({"id": global_id("Session", session.id)});
        let end = async {
            for name in ["sessionStop", "sessionComplete"] {
                let step = ada.call(name, "session { status }", id.clone());
                step.send(&arena.server).await?.done()?;
            }
            Ok::<_, Failed>(())
        };
        let transcribers = (0..5).map(|number| transcribe(&arena, &ada, &session, number));
        let (stored, ()) = try_join(try_join_all(transcribers), end).await?;
        let taken: u64 = stored.iter().sum();
        let rows = segment::Column::SessionId.eq(session.id);
        assert_eq!(arena.count::<segment::Entity>(rows).await?, taken);
        let status = session::Entity::find_by_id(session.id)
            .one(arena.database())
            .await?
            .unwrap()
            .status;
        assert_eq!(status, Some(session::Status::Completed));
    }
    Ok(())
}

/// Adds ten segments at a time until the session takes no more. Returns how many were taken.
async fn transcribe(
    arena: &Arena<'_>,
    ada: &Person,
    session: &session::Model,
    number: usize,
) -> Result<u64, Failed> {
    let segments: Vec<Value> = (0..10).map(|_| json!({"text": "and then"})).collect();
    let mut taken = 0;
    loop {
        let key = format!("{number}-{taken}");
        let call: Call = append(ada, session, Some(&key), &json!(segments));
        let reply = call.send(&arena.server).await?;
        match reply.verdict.as_str() {
            DONE => taken += 10,
            "INVALID_STATE" => return Ok(taken),
            _ => return Err(format!("neither taken nor too late: {reply:#?}").into()),
        }
    }
}

/// Whoever joins or answers while the meeting ends waits for the end, and is too late. So is
/// whoever assigns a task to a user, or invites one, who is being deactivated.
pub async fn too_late(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let grace = arena.person("grace", Role::Member).await?;
    let hank = arena.person("hank", Role::Member).await?;
    let live = arena.seed.meeting(&ada.user, "Plan").await?;
    let live = with_status(&arena, live, meeting::Status::Live).await?;
    let draft = arena.seed.meeting(&ada.user, "Review").await?;
    let guest = arena.seed.participant(&live, &grace.user).await?;
    let invited = arena.seed.participant(&draft, &grace.user).await?;
    let end =
        |id: i32, status: &str| format!("UPDATE meeting SET status = '{status}' WHERE id = {id}");
    let deactivate = format!(
        r#"UPDATE "user" SET is_active = false WHERE id = {}"#,
        hank.user.id
    );
    let hank = global_id("User", hank.user.id);
    let meeting = global_id("Meeting", draft.id);
    let answer = json!({"id": global_id("Participant", invited.id), "response": "ACCEPT"});
    for (change, call) in [
        (
            deactivate.clone(),
            ada.call(
                "taskCreate",
                "__typename",
                json!({"meetingId": meeting, "title": "Write", "assignedToId": hank}),
            ),
        ),
        (
            deactivate,
            ada.call(
                "participantsInvite",
                "__typename",
                json!({"meetingId": meeting, "invitations": [{"userId": hank}]}),
            ),
        ),
        (
            end(live.id, "completed"),
            grace.call(
                "participantJoin",
                "__typename",
                json!({"id": global_id("Participant", guest.id)}),
            ),
        ),
        (
            end(draft.id, "cancelled"),
            grace.call("participantRespond", "__typename", answer),
        ),
    ] {
        let other = arena.database().begin().await?;
        other.execute_unprepared(&change).await?;
        let commit = async {
            sleep(Duration::from_millis(500)).await;
            Ok(other.commit().await?)
        };
        let (reply, ()) = try_join(call.send(&arena.server), commit).await?;
        assert_eq!(reply.verdict, "INVALID_STATE", "{change}: {reply:#?}");
        // The next case begins with an active user.
        let reset = r#"UPDATE "user" SET is_active = true"#;
        arena.database().execute_unprepared(reset).await?;
    }
    Ok(())
}

async fn with_status(
    arena: &Arena<'_>,
    meeting: meeting::Model,
    status: meeting::Status,
) -> Result<meeting::Model, Failed> {
    let mut meeting = meeting.into_active_model();
    meeting.status = Set(Some(status));
    Ok(meeting.update(arena.database()).await?)
}

/// Answers to invitations and the deletion of their meeting wait for each other without a deadlock.
pub async fn answers_amid_deletion(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let mut guests = Vec::new();
    for name in ["grace", "hank", "ida"] {
        guests.push(arena.person(name, Role::Member).await?);
    }
    for round in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let mut calls = Vec::new();
        for guest in &guests {
            let invited = arena.seed.participant(&meeting, &guest.user).await?;
            let id = global_id("Participant", invited.id);
            let answer = json!({"id": id, "response": "ACCEPT"});
            calls.push(guest.call("participantRespond", "__typename", answer));
        }
        let id = json!({"id": global_id("Meeting", meeting.id)});
        let delete = ada.call("meetingDelete", "deletedId", id);
        calls.insert(round % (calls.len() + 1), delete);
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "NOT_FOUND"])?;
    }
    let every = Expr::value(true);
    assert_eq!(arena.count::<participant::Entity>(every).await?, 0);
    Ok(())
}
