//! The life of meetings.

use entity::meeting;
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(a_whole_life);
    suite.on_both_databases(update);
    suite.on_both_databases(end_after_start);
    suite.on_both_databases(one_session);
    suite.on_both_databases(deletion);
    suite.on_both_databases(session_without_owner);
    suite.on_both_databases(lost_updates);
    suite.on_both_databases(lost_updates_in_milliseconds);
}

/// From draft to completed, with its session and its organizer.
async fn a_whole_life(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let input = json!({"title": " Kick-off ", "description": "\nAll of it\n"});
    let selection = "meeting {
        id title description status organizer { username } session { id } scheduledStart
        participants { nodes { role status user { username } } } allowedTransitions
    }";
    let payload = olga.run("meetingCreate", input, selection).await?;
    let mut created = payload["meeting"].clone();
    let id = created["id"].take();
    let expected = json!({
        "id": null,
        "title": "Kick-off",
        "description": "All of it",
        "status": "DRAFT",
        "organizer": {"username": "olga"},
        "session": null,
        "scheduledStart": null,
        "participants": {
            "nodes": [{"role": "ORGANIZER", "status": "ACCEPTED", "user": {"username": "olga"}}],
        },
        "allowedTransitions": ["SCHEDULED", "LIVE", "CANCELLED"],
    });
    assert_eq!(created, expected);

    let schedule = |start: &str, end: Value| {
        json!({
            "id": id,
            "scheduledStart": start,
            "scheduledEnd": end,
        })
    };
    let selection = "meeting { status scheduledStart scheduledEnd allowedTransitions }";
    let first = schedule("2026-12-01T10:00:00+01:00", json!("2026-12-01T11:00:00Z"));
    let payload = olga.run("meetingSchedule", first, selection).await?;
    let expected = json!({
        "status": "SCHEDULED",
        "scheduledStart": "2026-12-01T09:00:00Z",
        "scheduledEnd": "2026-12-01T11:00:00Z",
        "allowedTransitions": ["SCHEDULED", "LIVE", "CANCELLED"],
    });
    assert_eq!(payload["meeting"], expected);
    let again = schedule("2026-12-02T10:00:00Z", Value::Null);
    let payload = olga
        .run("meetingSchedule", again.clone(), selection)
        .await?;
    assert_eq!(payload["meeting"]["scheduledEnd"], Value::Null);

    let by_id = json!({"id": id});
    let selection = "meeting {
        status allowedTransitions session { status startedAt endedAt user { username } }
    }";
    let payload = olga.run("meetingStart", by_id.clone(), selection).await?;
    let session = &payload["meeting"]["session"];
    assert_eq!(payload["meeting"]["status"], "LIVE");
    assert_eq!(session["status"], "RECORDING");
    assert_eq!(session["user"]["username"], "olga");
    assert!(session["startedAt"].is_string() && session["endedAt"].is_null());
    for (mutation, input) in [
        ("meetingStart", &by_id),
        ("meetingSchedule", &again),
        ("meetingCancel", &by_id),
        ("meetingDelete", &by_id),
    ] {
        assert_eq!(
            olga.problems(mutation, input.clone()).await?,
            ["INVALID_STATE id"]
        );
    }
    let payload = olga
        .run("meetingComplete", by_id.clone(), selection)
        .await?;
    let session = &payload["meeting"]["session"];
    assert_eq!(payload["meeting"]["status"], "COMPLETED");
    assert_eq!(payload["meeting"]["allowedTransitions"], json!([]));
    assert_eq!(session["status"], "PROCESSING");
    assert!(session["endedAt"].is_string());

    let answer = olga.ask("meetingStart", by_id, "meeting { id }").await?;
    let message = &answer.data()?["meetingStart"]["userErrors"][0]["message"];
    let expected =
        "The meeting is COMPLETED; this is possible only while it is DRAFT or SCHEDULED.";
    assert_eq!(message, expected);
    Ok(())
}

/// Omitted fields keep their value, and null removes it.
async fn update(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let input = json!({
        "title": "Old",
        "description": "Text",
        "scheduledStart": "2026-12-01T10:00:00Z",
        "scheduledEnd": "2026-12-01T11:00:00Z",
    });
    let id = olga.make("meetingCreate", input, "meeting").await?;
    let selection = "meeting { title description status scheduledStart scheduledEnd }";
    let payload = olga
        .run(
            "meetingUpdate",
            json!({"id": id, "title": "New"}),
            selection,
        )
        .await?;
    let expected = json!({
        "title": "New",
        "description": "Text",
        "status": "DRAFT",
        "scheduledStart": "2026-12-01T10:00:00Z",
        "scheduledEnd": "2026-12-01T11:00:00Z",
    });
    assert_eq!(payload["meeting"], expected);
    let input = json!({"id": id, "description": null, "scheduledEnd": null});
    let payload = olga.run("meetingUpdate", input, selection).await?;
    assert_eq!(payload["meeting"]["description"], Value::Null);
    assert_eq!(payload["meeting"]["scheduledEnd"], Value::Null);
    let schedule = json!({"id": id, "scheduledStart": "2026-12-01T10:00:00Z"});
    olga.run("meetingSchedule", schedule, selection).await?;
    let input = json!({"id": id, "scheduledStart": null});
    assert_eq!(
        olga.problems("meetingUpdate", input).await?,
        ["INVALID scheduledStart"]
    );
    Ok(())
}

/// An end needs a start before it, wherever it is given.
async fn end_after_start(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let (early, late) = ("2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z");
    let input = json!({"title": "A", "scheduledStart": early, "scheduledEnd": late});
    let id = olga.make("meetingCreate", input, "meeting").await?;
    for (mutation, input) in [
        (
            "meetingCreate",
            json!({"title": "B", "scheduledStart": late, "scheduledEnd": early}),
        ),
        (
            "meetingCreate",
            json!({"title": "B", "scheduledStart": late, "scheduledEnd": late}),
        ),
        ("meetingCreate", json!({"title": "B", "scheduledEnd": late})),
        (
            "meetingUpdate",
            json!({"id": id, "scheduledStart": "2026-12-01T11:00:00.000001Z"}),
        ),
        ("meetingUpdate", json!({"id": id, "scheduledStart": null})),
        (
            "meetingSchedule",
            json!({"id": id, "scheduledStart": late, "scheduledEnd": early}),
        ),
    ] {
        let problems = olga.problems(mutation, input.clone()).await?;
        assert_eq!(
            problems,
            ["OUT_OF_RANGE scheduledEnd"],
            "{mutation} {input}"
        );
    }
    let meetings = meeting::Entity::find().all(database.connection()).await?;
    assert_eq!(meetings.len(), 1);
    Ok(())
}

/// A meeting starts the session that it has, or the one that is named, which must be free and
/// one's own.
async fn one_session(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let meeting = async |title: &str| {
        olga.make("meetingCreate", json!({"title": title}), "meeting")
            .await
    };
    let session =
        async |client: &Client<'_>| client.make("sessionCreate", json!({}), "session").await;
    // One that records already.
    let (first, own) = (meeting("A").await?, session(&olga).await?);
    olga.run("sessionStart", json!({"id": own}), "session { id }")
        .await?;
    let input = json!({"id": first, "sessionId": own});
    let payload = olga
        .run("meetingStart", input, "meeting { session { id status } }")
        .await?;
    assert_eq!(
        payload["meeting"]["session"],
        json!({"id": own, "status": "RECORDING"})
    );
    let second = meeting("B").await?;
    let input = json!({"id": second, "sessionId": own});
    assert_eq!(
        olga.problems("meetingStart", input).await?,
        ["CONFLICT sessionId"]
    );

    // One that was made for it, and no other beside it.
    let linked = olga
        .make("sessionCreate", json!({"meetingId": second}), "session")
        .await?;
    let input = json!({"meetingId": second});
    assert_eq!(
        olga.problems("sessionCreate", input).await?,
        ["INVALID_STATE meetingId"]
    );
    let input = json!({"id": second, "sessionId": session(&olga).await?});
    assert_eq!(
        olga.problems("meetingStart", input).await?,
        ["CONFLICT sessionId"]
    );
    let payload = olga
        .run(
            "meetingStart",
            json!({"id": second}),
            "meeting { session { id } }",
        )
        .await?;
    assert_eq!(payload["meeting"]["session"]["id"], json!(linked));

    // Only who runs a meeting links a session to it, and only one that is theirs.
    let third = meeting("C").await?;
    let input = json!({"meetingId": third});
    assert_eq!(max.error("sessionCreate", input).await?, "FORBIDDEN");
    let input = json!({"id": third, "sessionId": session(&max).await?});
    assert_eq!(olga.error("meetingStart", input).await?, "FORBIDDEN");
    let other = seed.workspace("other").await?;
    let outsider = seed.user(other.id, "zoe").await?;
    let foreign = global_id("Session", seed.session(&outsider).await?.id);
    let input = json!({"id": third, "sessionId": foreign});
    assert_eq!(olga.error("meetingStart", input).await?, "NOT_FOUND");
    let now = olga
        .node(&third, "Meeting { status session { id } }")
        .await?;
    assert_eq!(now, json!({"status": "DRAFT", "session": null}));

    // One that has ended is replaced.
    let input = json!({"meetingId": third});
    let ended = olga.make("sessionCreate", input, "session").await?;
    olga.run("sessionFail", json!({"id": ended}), "session { id }")
        .await?;
    let input = json!({"id": meeting("D").await?, "sessionId": ended});
    assert_eq!(
        olga.problems("meetingStart", input).await?,
        ["INVALID_STATE sessionId", "CONFLICT sessionId"]
    );
    let payload = olga
        .run(
            "meetingStart",
            json!({"id": third}),
            "meeting { session { id status } }",
        )
        .await?;
    assert_ne!(payload["meeting"]["session"]["id"], json!(ended));
    assert_eq!(payload["meeting"]["session"]["status"], "RECORDING");
    Ok(())
}

/// The rows that belong to a meeting are deleted with it; its session stays.
async fn deletion(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let id = olga
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    let session = olga
        .make("sessionCreate", json!({"meetingId": id}), "session")
        .await?;
    let task = json!({"meetingId": id, "title": "T"});
    let task = olga.make("taskCreate", task, "task").await?;
    let analytics = olga
        .make("analyticsRequest", json!({"meetingId": id}), "analytics")
        .await?;
    let payload = olga
        .run("meetingDelete", json!({"id": id}), "deletedId")
        .await?;
    assert_eq!(payload["deletedId"], json!(id));
    for (gone, fields) in [
        (&id, "Meeting { id }"),
        (&task, "Task { id }"),
        (&analytics, "Analytics { id }"),
    ] {
        assert_eq!(olga.node(gone, fields).await?, Value::Null);
    }
    let kept = olga.node(&session, "Session { meeting { id } }").await?;
    assert_eq!(kept, json!({"meeting": null}));
    assert_eq!(
        olga.error("meetingDelete", json!({"id": id})).await?,
        "NOT_FOUND"
    );
    Ok(())
}

/// A session without an owner is visible through its meeting only, and is not deleted with it.
async fn session_without_owner(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "M").await?;
    let mut session = seed.session(&world.organizer).await?.into_active_model();
    session.user_id = Set(None);
    let session = session.update(database.connection()).await?;
    seed.link(&meeting, &session).await?;
    let olga = world.client(&world.organizer).await?;
    let id = json!({"id": global_id("Meeting", meeting.id)});
    olga.run("meetingDelete", id, "deletedId").await?;
    let id = global_id("Session", session.id);
    let kept = olga.node(&id, "Session { user { username } }").await?;
    assert_eq!(kept, json!({"user": {"username": "olga"}}));
    Ok(())
}

/// A client that keeps times in milliseconds, as JavaScript's dates do, sees each change of others.
async fn lost_updates_in_milliseconds(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let selection = "meeting { updatedAt }";
    let id = olga
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    let shown = olga.node(&id, "Meeting { updatedAt }").await?["updatedAt"].clone();
    let mut seen = in_milliseconds(&shown)?;
    for round in 0..20 {
        // The change of somebody else comes right after the last one.
        let other = json!({"id": id, "title": format!("Other {round}")});
        let payload = olga.run("meetingUpdate", other, selection).await?;
        let own = |seen: &str| json!({"id": id, "title": "Own", "expectedUpdatedAt": seen});
        let conflict = ["CONFLICT expectedUpdatedAt"];
        assert_eq!(olga.problems("meetingUpdate", own(&seen)).await?, conflict);
        let refetched = in_milliseconds(&payload["meeting"]["updatedAt"])?;
        let payload = olga
            .run("meetingUpdate", own(&refetched), selection)
            .await?;
        seen = in_milliseconds(&payload["meeting"]["updatedAt"])?;
        assert!(refetched < seen, "{refetched} {seen}");
    }
    Ok(())
}

/// A time as `new Date(time).toISOString()` has it in JavaScript.
fn in_milliseconds(time: &Value) -> Result<String, Failed> {
    let time = time.as_str().ok_or("no time")?.trim_end_matches('Z');
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    Ok(format!("{seconds}.{fraction:0<3.3}Z"))
}

/// Changing what somebody else has changed since is a conflict.
async fn lost_updates(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let id = olga
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    let seen = olga.node(&id, "Meeting { updatedAt }").await?["updatedAt"].clone();
    let update = |title: &str| json!({"id": id, "title": title, "expectedUpdatedAt": seen});
    let payload = olga
        .run("meetingUpdate", update("B"), "meeting { updatedAt }")
        .await?;
    assert_ne!(payload["meeting"]["updatedAt"], seen);
    assert_eq!(
        olga.problems("meetingUpdate", update("C")).await?,
        ["CONFLICT expectedUpdatedAt"]
    );
    let schedule = json!({
        "id": id,
        "scheduledStart": "2026-12-01T10:00:00Z",
        "expectedUpdatedAt": seen,
    });
    assert_eq!(
        olga.problems("meetingSchedule", schedule).await?,
        ["CONFLICT expectedUpdatedAt"]
    );
    assert_eq!(
        olga.node(&id, "Meeting { title }").await?,
        json!({"title": "B"})
    );
    Ok(())
}
