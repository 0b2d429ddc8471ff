//! Several mutations in one request, and what one sees of the other.

use serde_json::json;

use crate::support::{
    Outcome, client::World, database::TestDatabase, seed::global_id, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(reads_after_writes);
    suite.on_both_databases(one_fails_alone);
    suite.on_both_databases(permissions_count_at_once);
}

/// The payload of each mutation shows the state after it, also of objects that were read before.
async fn reads_after_writes(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let meeting = olga
        .make("meetingCreate", json!({"title": "1"}), "meeting")
        .await?;
    let document = "mutation ($id: ID!, $one: MeetingUpdateInput!, $two: MeetingUpdateInput!) {
        one: meetingUpdate(input: $one) { ...after }
        two: meetingUpdate(input: $two) { ...after }
    }
    fragment after on MeetingUpdatePayload {
        meeting { title participants { nodes { meeting { title } } } }
        query {
            node(id: $id) { ... on Meeting { title } }
            meeting(id: $id) { title }
            meetings { nodes { title } }
        }
    }";
    let update = |title: &str| json!({"id": meeting, "title": title});
    let variables = json!({"id": meeting, "one": update("2"), "two": update("3")});
    let answer = world
        .server
        .ask_as(&olga.token, document, variables)
        .await?;
    for (alias, title) in [("one", "2"), ("two", "3")] {
        let title = json!({"title": title});
        let expected = json!({
            "meeting": {
                "title": title["title"],
                "participants": {"nodes": [{"meeting": title}]},
            },
            "query": {"node": title, "meeting": title, "meetings": {"nodes": [title]}},
        });
        assert_eq!(answer.data()?[alias], expected);
    }
    Ok(())
}

/// Mutations of one request are each whole or not at all, and each for itself.
async fn one_fails_alone(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let document = r#"mutation {
        one: meetingCreate(input: {title: "one"}) { meeting { title } }
        two: meetingDelete(input: {id: "TWVldGluZzo5OTk"}) { deletedId }
        three: meetingCreate(input: {title: ""}) { meeting { title } userErrors { code } }
        four: meetingCreate(input: {title: "four"}) { query { meetings { totalCount } } }
    }"#;
    let answer = world
        .server
        .ask_as(&olga.token, document, json!({}))
        .await?;
    let expected = json!({
        "one": {"meeting": {"title": "one"}},
        "two": null,
        "three": {"meeting": null, "userErrors": [{"code": "BLANK"}]},
        "four": {"query": {"meetings": {"totalCount": 2}}},
    });
    assert_eq!(answer.body["data"], expected);
    assert_eq!(answer.body["errors"][0]["path"], json!(["two"]));
    answer.assert_error(
        "NOT_FOUND",
        "There is no Meeting with the ID `TWVldGluZzo5OTk`",
    )
}

/// A permission that is given up in a request is gone for the rest of it.
async fn permissions_count_at_once(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let document = "mutation ($other: ID!, $me: ID!) {
        promote: userSetRole(input: {id: $other, role: ADMIN}) { user { role } }
        rename: userUpdate(input: {id: $me, username: \"eva\"}) { query { viewer { username } } }
        demote: userSetRole(input: {id: $me, role: MEMBER}) {
            user { role viewerCanSetRole }
            query { viewer { role } workspace { viewerCanUpdate } }
        }
        again: userSetRole(input: {id: $me, role: ADMIN}) { user { role } }
        out: userDeactivate(input: {id: $me}) { user { isActive } }
    }";
    let me = global_id("User", world.admin.id);
    let other = global_id("User", world.member.id);
    let variables = json!({"me": me, "other": other});
    let answer = world.server.ask_as(&ada.token, document, variables).await?;
    let expected = json!({
        "promote": {"user": {"role": "ADMIN"}},
        "rename": {"query": {"viewer": {"username": "eva"}}},
        "demote": {
            "user": {"role": "MEMBER", "viewerCanSetRole": false},
            "query": {"viewer": {"role": "MEMBER"}, "workspace": {"viewerCanUpdate": false}},
        },
        "again": null,
        "out": null,
    });
    assert_eq!(answer.body["data"], expected);
    for error in answer.body["errors"].as_array().ok_or("no errors")? {
        assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    }
    Ok(())
}
