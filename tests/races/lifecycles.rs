//! Steps of a life cycle that only one can make.

use entity::{meeting, participant, session, user::Role};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, sea_query::Expr};
use serde_json::json;

use super::arena::{Arena, ROUNDS};
use crate::support::{Outcome, call::DONE, database::TestDatabase, seed::global_id};

/// A meeting begins once, and one session is made for it.
pub async fn starts(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let start = ada.call(
            "meetingStart",
            "meeting { status session { status } }",
            json!({"id": global_id("Meeting", meeting.id)}),
        );
        let replies = arena.at_once(&vec![start; 4]).await?;
        replies.assert_tally(&[(DONE, 1), ("INVALID_STATE", 3)])?;
        let started = json!({"status": "LIVE", "session": {"status": "RECORDING"}});
        assert_eq!(replies.done().next().unwrap()["meeting"], started);
    }
    let sessions = session::Entity::find()
        .all(arena.database())
        .await?
        .into_iter()
        .map(|session| session.external_id);
    let linked = meeting::Column::SessionId.is_in(sessions);
    assert_eq!(arena.count::<meeting::Entity>(linked).await?, ROUNDS as u64);
    let every = Expr::value(true);
    assert_eq!(arena.count::<session::Entity>(every).await?, ROUNDS as u64);
    Ok(())
}

/// An invitation is accepted once; who accepts and declines at the same moment has done both, in
/// one of the two orders.
pub async fn answers(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let grace = arena.person("grace", Role::Member).await?;
    for _ in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let invitation = arena.seed.participant(&meeting, &grace.user).await?;
        let answer = |response: &str| {
            grace.call(
                "participantRespond",
                "participant { status }",
                json!({"id": global_id("Participant", invitation.id), "response": response}),
            )
        };
        let replies = arena.at_once(&vec![answer("ACCEPT"); 4]).await?;
        replies.assert_tally(&[(DONE, 1), ("INVALID_STATE", 3)])?;
        let both = arena
            .at_once(&[answer("DECLINE"), answer("ACCEPT")])
            .await?;
        let [decline, accept] = &both.0[..] else {
            return Err("two calls have two replies".into());
        };
        assert!(decline.is_done(), "{both:#?}");
        let stored = participant::Entity::find_by_id(invitation.id)
            .one(arena.database())
            .await?
            .unwrap()
            .status;
        let expected = if accept.is_done() {
            participant::Status::Accepted
        } else {
            assert_eq!(accept.verdict, "INVALID_STATE");
            participant::Status::Declined
        };
        assert_eq!(stored, Some(expected), "{both:#?}");
    }
    Ok(())
}

/// Two meetings that start with the same session: one of them gets it.
pub async fn session_of_two(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..ROUNDS {
        let session = arena.seed.session(&ada.user).await?;
        let mut starts = Vec::new();
        for title in ["Plan", "Review", "Retrospective"] {
            let meeting = arena.seed.meeting(&ada.user, title).await?;
            starts.push(ada.call(
                "meetingStart",
                "meeting { title session { status } }",
                json!({
                    "id": global_id("Meeting", meeting.id),
                    "sessionId": global_id("Session", session.id),
                }),
            ));
        }
        let replies = arena.at_once(&starts).await?;
        replies.assert_tally(&[(DONE, 1), ("CONFLICT", 2)])?;
        let linked = meeting::Column::SessionId.eq(&session.external_id);
        assert_eq!(arena.count::<meeting::Entity>(linked).await?, 1);
        let live = meeting::Column::Status
            .eq(meeting::Status::Live)
            .and(meeting::Column::SessionId.is_null());
        assert_eq!(arena.count::<meeting::Entity>(live).await?, 0);
    }
    Ok(())
}

/// A session that is given up while a meeting takes it stays given up.
pub async fn failing_session(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..3 * ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let session = arena.seed.session(&ada.user).await?;
        let session_id = global_id("Session", session.id);
        let mut calls = [
            ada.call(
                "meetingStart",
                "meeting { status }",
                json!({"id": global_id("Meeting", meeting.id), "sessionId": session_id}),
            ),
            ada.call(
                "sessionFail",
                "session { status }",
                json!({"id": session_id}),
            ),
        ];
        // Either may be the first to be sent.
        calls.rotate_left(round % 2);
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "INVALID_STATE"])?;
        let failed = &replies.0[(round + 1) % 2];
        assert!(failed.is_done(), "{failed:#?}");
        let stored = session::Entity::find_by_id(session.id)
            .one(arena.database())
            .await?
            .unwrap();
        assert_eq!(stored.status, Some(session::Status::Error), "{replies:#?}");
    }
    Ok(())
}

/// Two who make a session for the same meeting, or with the same UUID: one of them does.
pub async fn sessions_of_one(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let for_meeting = json!({"meetingId": global_id("Meeting", meeting.id)});
        let with_uuid = json!({"externalId": uuid::Uuid::new_v4().to_string()});
        for (input, rejection) in [(for_meeting, "INVALID_STATE"), (with_uuid, "TAKEN")] {
            let create = ada.call("sessionCreate", "session { externalId }", input);
            let replies = arena.at_once(&vec![create; 3]).await?;
            replies.assert_tally(&[(DONE, 1), (rejection, 2)])?;
        }
    }
    // None was made on the way that then belongs to nothing.
    let every = Expr::value(true);
    let sessions = arena.count::<session::Entity>(every).await?;
    assert_eq!(sessions, 2 * ROUNDS as u64);
    Ok(())
}
