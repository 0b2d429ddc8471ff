//! Inviting, answering, joining and leaving.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{World, problems},
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(invite);
    suite.on_both_databases(attend);
    suite.on_both_databases(manage);
}

/// Many at once, each once, and only who can come.
async fn invite(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    let meeting = olga
        .make("meetingCreate", json!({"title": "M"}), "meeting")
        .await?;
    let other = seed.workspace("b").await?;
    let foreign = seed.user(other.id, "zoe").await?;
    let mut gone = seed.user(world.acme.id, "gone").await?.into_active_model();
    gone.is_active = Set(Some(false));
    let gone = gone.update(database.connection()).await?;
    let user = |id: i32| json!({"userId": global_id("User", id)});
    let mut input = json!({
        "meetingId": meeting,
        "invitations": [
            user(world.organizer.id),
            {"userId": global_id("User", world.admin.id), "role": "PRESENTER"},
            user(foreign.id),
            user(gone.id),
            user(world.member.id),
            user(world.member.id),
        ],
    });
    let expected = [
        "TAKEN invitations.0.userId",
        "NOT_FOUND invitations.2.userId",
        "INVALID_STATE invitations.3.userId",
        "TAKEN invitations.5.userId",
    ];
    assert_eq!(
        olga.problems("participantsInvite", input.clone()).await?,
        expected
    );
    input["allOrNothing"] = json!(false);
    let selection = "participants { role status user { username } }";
    let answer = olga.ask("participantsInvite", input, selection).await?;
    let payload = &answer.data()?["participantsInvite"];
    assert_eq!(problems(payload), expected);
    let invited = json!([
        {"role": "PRESENTER", "status": "INVITED", "user": {"username": "ada"}},
        {"role": "PARTICIPANT", "status": "INVITED", "user": {"username": "max"}},
    ]);
    assert_eq!(payload["participants"], invited);
    let meeting_now = olga
        .node(&meeting, "Meeting { participants { totalCount } }")
        .await?;
    assert_eq!(meeting_now["participants"]["totalCount"], 3);
    let many = vec![user(world.member.id); 101];
    let many = json!({"meetingId": meeting, "invitations": many});
    assert_eq!(
        olga.problems("participantsInvite", many).await?,
        ["TOO_LONG invitations"]
    );
    olga.run("meetingCancel", json!({"id": meeting}), "meeting { id }")
        .await?;
    let late = json!({"meetingId": meeting, "invitations": []});
    assert_eq!(
        olga.problems("participantsInvite", late).await?,
        ["INVALID_STATE meetingId"]
    );
    Ok(())
}

/// An answer can be changed until the meeting is over; who joins must be invited and the meeting
/// live.
async fn attend(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let meeting = olga
        .make("meetingCreate", json!({"title": "M"}), "meeting")
        .await?;
    let input = json!({
        "meetingId": meeting,
        "invitations": [{"userId": global_id("User", world.member.id)}],
    });
    let payload = olga
        .run("participantsInvite", input, "participants { id }")
        .await?;
    let id = payload["participants"][0]["id"].clone();
    let by_id = json!({"id": id});
    let fields = "participant { status joinedAt leftAt allowedTransitions }";
    let respond = |response: &str| json!({"id": id, "response": response});
    for (response, status, allowed) in [
        ("DECLINE", "DECLINED", json!(["ACCEPTED"])),
        ("ACCEPT", "ACCEPTED", json!(["DECLINED"])),
    ] {
        let payload = max
            .run("participantRespond", respond(response), fields)
            .await?;
        assert_eq!(payload["participant"]["status"], status);
        assert_eq!(payload["participant"]["allowedTransitions"], allowed);
        let again = max
            .problems("participantRespond", respond(response))
            .await?;
        assert_eq!(again, ["INVALID_STATE id"]);
    }
    assert_eq!(
        olga.error("participantRespond", respond("DECLINE")).await?,
        "FORBIDDEN"
    );
    assert_eq!(
        max.problems("participantJoin", by_id.clone()).await?,
        ["INVALID_STATE id"]
    );
    olga.run("meetingStart", json!({"id": meeting}), "meeting { id }")
        .await?;

    let mut joined_at = Value::Null;
    for _ in 0..2 {
        let payload = max.run("participantJoin", by_id.clone(), fields).await?;
        let participant = &payload["participant"];
        assert_eq!(participant["status"], "ATTENDED");
        assert_eq!(participant["leftAt"], Value::Null);
        if joined_at.is_null() {
            joined_at = participant["joinedAt"].clone();
        }
        assert_eq!(participant["joinedAt"], joined_at);
        assert_eq!(
            max.problems("participantJoin", by_id.clone()).await?,
            ["INVALID_STATE id"]
        );
        let payload = max.run("participantLeave", by_id.clone(), fields).await?;
        assert!(payload["participant"]["leftAt"].is_string());
        assert_eq!(
            max.problems("participantLeave", by_id.clone()).await?,
            ["INVALID_STATE id"]
        );
    }
    olga.run("meetingComplete", json!({"id": meeting}), "meeting { id }")
        .await?;
    let answer = max
        .ask("participantJoin", by_id, "participant { id }")
        .await?;
    let message = &answer.data()?["participantJoin"]["userErrors"][0]["message"];
    assert_eq!(
        message,
        "The meeting is COMPLETED; this is possible only while it is LIVE."
    );
    Ok(())
}

/// The organizer changes roles of participants and removes them.
async fn manage(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "M").await?;
    let participant = seed.participant(&meeting, &world.member).await?;
    let id = global_id("Participant", participant.id);
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let set_role = json!({"id": id, "role": "PRESENTER"});
    assert_eq!(
        max.error("participantSetRole", set_role.clone()).await?,
        "FORBIDDEN"
    );
    let payload = olga
        .run("participantSetRole", set_role, "participant { role }")
        .await?;
    assert_eq!(payload["participant"]["role"], "PRESENTER");
    assert_eq!(
        max.error("participantRemove", json!({"id": id})).await?,
        "FORBIDDEN"
    );
    olga.run("participantRemove", json!({"id": id}), "deletedId")
        .await?;
    assert_eq!(olga.node(&id, "Participant { id }").await?, Value::Null);
    Ok(())
}
