//! Keys with which clients retry what they do not know to have happened.

use entity::{marker, meeting, session, task};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(create_nothing_twice);
    suite.on_both_databases(keys_are_apart);
}

/// Every creating mutation gives the same object for the same key.
async fn create_nothing_twice(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = global_id("Meeting", seed.meeting(&world.organizer, "M").await?.id);
    let session = global_id("Session", seed.session(&world.organizer).await?.id);
    let olga = world.client(&world.organizer).await?;
    for (mutation, field, input) in [
        ("meetingCreate", "meeting", json!({"title": "A"})),
        ("sessionCreate", "session", json!({})),
        (
            "taskCreate",
            "task",
            json!({"meetingId": meeting, "title": "A"}),
        ),
        (
            "markerCreate",
            "marker",
            json!({"sessionId": session, "type": "TODO", "content": "A"}),
        ),
    ] {
        let mut input = input;
        input["idempotencyKey"] = json!("key");
        let first = olga.make(mutation, input.clone(), field).await?;
        let again = olga.make(mutation, input.clone(), field).await?;
        assert_eq!(first, again, "{mutation}");
        let changed = match field {
            "session" => "language",
            "marker" => "content",
            _ => "title",
        };
        input[changed] = json!("other");
        let problems = olga.problems(mutation, input).await?;
        assert_eq!(problems, ["CONFLICT idempotencyKey"], "{mutation}");
    }
    let connection = database.connection();
    assert_eq!(meeting::Entity::find().count(connection).await?, 2);
    assert_eq!(session::Entity::find().count(connection).await?, 2);
    assert_eq!(task::Entity::find().count(connection).await?, 1);
    assert_eq!(marker::Entity::find().count(connection).await?, 1);
    Ok(())
}

/// A key belongs to a user and a mutation, and what was rejected has used none.
async fn keys_are_apart(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (ada, olga) = (
        world.client(&world.admin).await?,
        world.client(&world.organizer).await?,
    );
    let rejected = json!({"title": "", "idempotencyKey": "key"});
    assert_eq!(
        olga.problems("meetingCreate", rejected).await?,
        ["BLANK title"]
    );
    let input = json!({"title": "A", "idempotencyKey": "key"});
    let of_olga = olga.make("meetingCreate", input.clone(), "meeting").await?;
    let of_ada = ada.make("meetingCreate", input.clone(), "meeting").await?;
    assert_ne!(of_olga, of_ada);
    let other = json!({"idempotencyKey": "key"});
    olga.make("sessionCreate", other, "session").await?;

    olga.run("meetingDelete", json!({"id": of_olga}), "deletedId")
        .await?;
    assert_eq!(
        olga.problems("meetingCreate", input).await?,
        ["CONFLICT idempotencyKey"]
    );
    Ok(())
}
