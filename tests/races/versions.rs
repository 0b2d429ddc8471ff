//! Changes of the same row by several: none is lost without a word.

use entity::{meeting, user::Role, workspace};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::arena::{Arena, ROUNDS};
use crate::support::{
    Outcome,
    call::{Call, DONE, Reply},
    database::TestDatabase,
    seed::{PASSWORD, global_id},
};

/// Of several who change the version that all of them saw, one does; the others get a conflict.
pub async fn seen(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    let id = global_id("Meeting", meeting.id);
    let update = |input: Value| ada.call("meetingUpdate", "meeting { title updatedAt }", input);
    let first = update(json!({"id": id, "title": "Plan"}));
    let mut seen = first.send(&arena.server).await?.done()?["meeting"]["updatedAt"].clone();
    for round in 0..2 * ROUNDS {
        let calls: Vec<Call> = (0..4)
            .map(|number| {
                let title = format!("Title {round} of {number}");
                update(json!({"id": id, "title": title, "expectedUpdatedAt": seen}))
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 1), ("CONFLICT", 3)])?;
        let changed = &replies.done().next().unwrap()["meeting"];
        let stored = meeting::Entity::find_by_id(meeting.id)
            .one(arena.database())
            .await?
            .unwrap();
        assert_eq!(changed["title"], json!(stored.title));
        assert_ne!(changed["updatedAt"], seen);
        seen = changed["updatedAt"].clone();
    }
    Ok(())
}

/// Several who change different fields of one row change all of them, and each change has a time
/// of its own.
pub async fn different_fields(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    let id = global_id("Meeting", meeting.id);
    for round in 0..ROUNDS {
        let title = format!("Title {round}");
        let description = format!("Description {round}");
        let start = format!("2026-06-{:02}T10:00:00Z", round + 1);
        let calls: Vec<Call> = [
            json!({"id": id, "title": title}),
            json!({"id": id, "description": description}),
            json!({"id": id, "scheduledStart": start}),
        ]
        .into_iter()
        .map(|input| ada.call("meetingUpdate", "meeting { updatedAt }", input))
        .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 3)])?;
        let stored = meeting::Entity::find_by_id(meeting.id)
            .one(arena.database())
            .await?
            .unwrap();
        assert_eq!(stored.title, title);
        assert_eq!(stored.description, Some(description));
        let stored_start = stored.scheduled_start.unwrap().and_utc();
        assert_eq!(
            stored_start,
            start.parse::<chrono::DateTime<chrono::Utc>>()?
        );
        let mut times: Vec<&Value> = replies
            .done()
            .map(|payload| &payload["meeting"]["updatedAt"])
            .collect();
        times.sort_by_key(ToString::to_string);
        times.dedup();
        assert_eq!(times.len(), 3, "{replies:#?}");
    }
    Ok(())
}

/// Of several who change the same password, one does: each of them has shown the one of before.
pub async fn passwords(database: &TestDatabase) -> Outcome {
    let arena = Arena::start(database).await?;
    for round in 0..ROUNDS {
        let username = format!("ada-{round}");
        let ada = arena.person(&username, Role::Member).await?;
        let calls: Vec<Call> = (0..3)
            .map(|number| {
                let new_password = format!("a new password {number}");
                let input = json!({"currentPassword": PASSWORD, "newPassword": new_password});
                ada.call("passwordChange", "token", input)
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "CONFLICT", "INVALID_CREDENTIALS", "UNAUTHENTICATED"])?;
        assert_eq!(replies.done().count(), 1, "{replies:#?}");
        let number = replies.0.iter().position(Reply::is_done).unwrap();
        let password = format!("a new password {number}");
        let input = json!({"login": username, "password": password});
        let sign_in = Call::new("signIn", "token", input);
        sign_in.send(&arena.server).await?.done()?;
    }
    Ok(())
}

/// Settings that several merge in are all there.
pub async fn merged_settings(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let id = global_id("Workspace", arena.workspace.id);
    let mut expected = json!({"nested": {}});
    for round in 0..ROUNDS {
        let calls: Vec<Call> = (0..6)
            .map(|number| {
                let key = format!("k{round}-{number}");
                expected[&key] = json!(number);
                expected["nested"][&key] = json!(round);
                let settings = json!({(key.clone()): number, "nested": {(key): round}});
                let input = json!({"id": id, "settings": settings});
                ada.call("workspaceUpdate", "workspace { id }", input)
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 6)])?;
    }
    let stored = workspace::Entity::find_by_id(arena.workspace.id)
        .one(arena.database())
        .await?
        .unwrap();
    assert_eq!(stored.settings, Some(expected));
    Ok(())
}
