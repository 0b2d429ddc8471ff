//! Calls that come again while the first is still under way, as from a client that lost patience.

use std::collections::BTreeMap;

use entity::{
    bookkeeping::{idempotency_key, marker_task, segment_key},
    marker, meeting, participant, segment, session, task,
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};
use serde_json::{Value, json};

use super::arena::{Arena, ROUNDS, append, recording};
use crate::support::{
    Outcome,
    call::{Call, DONE},
    database::TestDatabase,
    seed::global_id,
};

/// Under one key one object is created, and all who come with it are given that one.
pub async fn creates(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    let session = arena.seed.session(&ada.user).await?;
    let (meeting_id, session_id) = (
        global_id("Meeting", meeting.id),
        global_id("Session", session.id),
    );
    for round in 0..ROUNDS {
        // The same key for all: what one mutation creates is not what another one does.
        let key = format!("round {round}");
        for (name, selection, input) in [
            (
                "meetingCreate",
                "meeting { id }",
                json!({"title": key, "idempotencyKey": key}),
            ),
            (
                "taskCreate",
                "task { id }",
                json!({"meetingId": meeting_id, "title": key, "idempotencyKey": key}),
            ),
            (
                "markerCreate",
                "marker { id }",
                json!({
                    "sessionId": session_id,
                    "type": "RISK",
                    "content": key,
                    "idempotencyKey": key,
                }),
            ),
            (
                "sessionCreate",
                "session { id }",
                json!({"language": format!("x{round}"), "idempotencyKey": key}),
            ),
        ] {
            let replies = arena
                .at_once(&vec![ada.call(name, selection, input); 6])
                .await?;
            let pointer = format!("/{}/id", name.trim_end_matches("Create"));
            replies.same(&pointer)?;
        }
        let meetings = arena.count::<meeting::Entity>(meeting::Column::Title.eq(&key));
        assert_eq!(meetings.await?, 1);
        let tasks = arena.count::<task::Entity>(task::Column::Title.eq(&key));
        assert_eq!(tasks.await?, 1);
        let markers = arena.count::<marker::Entity>(marker::Column::Content.eq(&key));
        assert_eq!(markers.await?, 1);
        let language = session::Column::Language.eq(format!("x{round}"));
        assert_eq!(arena.count::<session::Entity>(language).await?, 1);
    }
    // The organizer of each new meeting takes part in it, once.
    let every = || Expr::value(true);
    let participants = arena.count::<participant::Entity>(every());
    assert_eq!(participants.await?, ROUNDS as u64);
    let keys = idempotency_key::Column::ObjectId.is_not_null();
    let keys = arena.count::<idempotency_key::Entity>(keys).await?;
    assert_eq!(keys, 4 * ROUNDS as u64);
    Ok(())
}

/// A call that is rejected does not use up its key: among those who come with the same key at the
/// same time, and other input, one creates something, and the others get a conflict.
pub async fn key_of_a_rejected_call(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..ROUNDS {
        let key = format!("round {round}");
        let create = |title: &str| {
            let input = json!({"title": title, "idempotencyKey": key});
            ada.call("meetingCreate", "meeting { title }", input)
        };
        let mut calls = vec![create(&key), create(" "), create(&key), create(" ")];
        calls.rotate_left(round % 2);
        let mut replies = arena.at_once(&calls).await?;
        replies.0.rotate_right(round % 2);
        for (index, reply) in replies.0.iter().enumerate() {
            if index % 2 == 0 {
                assert!(reply.is_done(), "{reply:#?}");
            } else {
                // Either it came first, or the key was already that of the other input.
                let verdict = reply.verdict.as_str();
                assert!(["BLANK", "CONFLICT"].contains(&verdict), "{reply:#?}");
            }
        }
        let meetings = arena.count::<meeting::Entity>(meeting::Column::Title.eq(&key));
        assert_eq!(meetings.await?, 1);
    }
    Ok(())
}

/// A transcriber that sends the same segments on several connections stores each once, and is
/// given the same ids on each.
pub async fn segments(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..ROUNDS {
        let session = recording(&arena, &ada).await?;
        let sent: Vec<Value> = (0..20)
            .map(|number| json!({"key": format!("k{number}"), "text": format!("t{number}")}))
            .collect();
        let calls: Vec<Call> = (0..5)
            .map(|turn| {
                // None of them goes through the keys in the same order.
                let mut segments = sent.clone();
                segments.rotate_left(4 * turn);
                if turn % 2 == 1 {
                    segments.reverse();
                }
                append(&ada, &session, None, &json!(segments))
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 5)])?;
        let ids: Vec<BTreeMap<&str, &Value>> = replies.done().map(ids_by_text).collect();
        assert_eq!(ids[0].len(), 20);
        assert!(ids.iter().all(|other| *other == ids[0]), "{replies:#?}");
        assert_eq!(stored(&arena, &session).await?, [20, 20]);

        // The same with one key for the whole call.
        let texts: Vec<Value> = (0..20)
            .map(|number| json!({"text": number.to_string()}))
            .collect();
        let whole = append(&ada, &session, Some("call"), &json!(texts));
        let replies = arena.at_once(&vec![whole; 5]).await?;
        replies.same("/segments")?;
        assert_eq!(stored(&arena, &session).await?, [40, 40]);
    }
    Ok(())
}

/// The final version of a segment stays, whatever comes at the same time.
pub async fn segment_versions(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..ROUNDS {
        let session = recording(&arena, &ada).await?;
        let version = |text: &str, kind: &str| {
            let segment = json!({"key": "one", "text": text, "kind": kind});
            append(&ada, &session, None, &json!([segment]))
        };
        let mut calls = [
            version("well", "INTERIM"),
            version("well then", "INTERIM"),
            version("Well, then.", "FINAL"),
            version("well the", "INTERIM"),
        ];
        calls.rotate_left(round % 4);
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 4)])?;
        let rows = segment::Entity::find()
            .filter(segment::Column::SessionId.eq(session.id))
            .all(arena.database())
            .await?;
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["Well, then."], "{replies:#?}");
    }
    Ok(())
}

/// A marker becomes one task.
pub async fn conversions(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    let session = arena.seed.session(&ada.user).await?;
    let meeting = arena.seed.link(&meeting, &session).await?;
    for _ in 0..ROUNDS {
        let marker = arena.seed.marker(&session, &ada.user, "Ship it").await?;
        let mut marker = marker.into_active_model();
        marker.kind = Set(marker::Type::Todo);
        let marker = marker.update(arena.database()).await?;
        let convert = ada.call(
            "markerConvertToTask",
            "task { id title }",
            json!({"id": global_id("Marker", marker.id)}),
        );
        let replies = arena.at_once(&vec![convert; 5]).await?;
        assert_eq!(replies.same("/task")?["title"], "Ship it");
    }
    let tasks = task::Column::MeetingId.eq(meeting.id);
    assert_eq!(arena.count::<task::Entity>(tasks).await?, ROUNDS as u64);
    let every = Expr::value(true);
    let converted = arena.count::<marker_task::Entity>(every).await?;
    assert_eq!(converted, ROUNDS as u64);
    Ok(())
}

/// The ids of the segments in a payload, by what they say.
fn ids_by_text(payload: &Value) -> BTreeMap<&str, &Value> {
    let segments = payload["segments"].as_array().into_iter().flatten();
    segments
        .map(|segment| (segment["text"].as_str().unwrap_or_default(), &segment["id"]))
        .collect()
}

/// The number of segments of a session, and the number of their keys.
async fn stored(arena: &Arena<'_>, session: &session::Model) -> Result<[u64; 2], Failed> {
    let segments = segment::Column::SessionId.eq(session.id);
    let keys = segment_key::Column::SessionId.eq(session.id);
    Ok([
        arena.count::<segment::Entity>(segments).await?,
        arena.count::<segment_key::Entity>(keys).await?,
    ])
}
