//! Times that the two databases would store differently by themselves.

use sea_orm::ConnectionTrait;
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
    suite.on_both_databases(leap_seconds);
    suite.on_both_databases(odd_times);
    suite.on_both_databases(last_version);
}

/// A leap second is the second after it, in mutations and in filters.
async fn leap_seconds(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let input = json!({
        "title": "New year",
        "scheduledStart": "2016-12-31T23:59:60Z",
        "scheduledEnd": "2017-01-01T01:59:60.5+01:00",
    });
    let selection = "meeting { id scheduledStart scheduledEnd }";
    let payload = olga.run("meetingCreate", input, selection).await?;
    let meeting = &payload["meeting"];
    assert_eq!(meeting["scheduledStart"], "2017-01-01T00:00:00Z");
    assert_eq!(meeting["scheduledEnd"], "2017-01-01T01:00:00.500Z");
    let id = meeting["id"].as_str().ok_or("no id")?;
    let fields = "Meeting { id scheduledStart scheduledEnd }";
    assert_eq!(olga.node(id, fields).await?, *meeting);
    for condition in [
        r#"{scheduledStart: {eq: "2017-01-01T00:00:00Z"}}"#,
        r#"{scheduledStart: {eq: "2016-12-31T23:59:60Z"}}"#,
        r#"{scheduledStart: {gte: "2016-12-31T23:59:60Z", gt: "2016-12-31T23:59:59.999999Z"}}"#,
        r#"{scheduledStart: {lt: "2016-12-31T23:59:60.1Z"}}"#,
    ] {
        let document = format!("{{ meetings(where: {condition}) {{ nodes {{ id }} }} }}");
        let found = olga.read(&document).await?;
        assert_eq!(
            found["meetings"]["nodes"],
            json!([{"id": id}]),
            "{condition}"
        );
    }
    let late = json!({"title": "Never", "scheduledStart": "9999-12-31T23:59:60Z"});
    let answer = olga.ask("meetingCreate", late, "__typename").await?;
    answer.assert_error("BAD_USER_INPUT", "in the years 1 to 9999")
}

/// Times that other programs wrote are shown in the format and the range of the API.
async fn odd_times(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "Odd").await?;
    let id = global_id("Meeting", meeting.id);
    for (stored, shown) in [
        ("2016-12-31 23:59:60", "2017-01-01T00:00:00Z"),
        ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01 00:00:00", "0001-01-01T00:00:00Z"),
        ("2026-05-04 09:30:00.100000", "2026-05-04T09:30:00.100Z"),
    ] {
        let update = format!("UPDATE meeting SET updated_at = '{stored}'");
        seed.0.execute_unprepared(&update).await?;
        let meeting = olga.node(&id, "Meeting { updatedAt }").await?;
        assert_eq!(meeting["updatedAt"], shown, "{stored}");
        // What is shown is also the version that a client sends back.
        let input = json!({"id": id, "title": "Odd", "expectedUpdatedAt": shown});
        olga.run("meetingUpdate", input, "__typename").await?;
    }
    Ok(())
}

/// The version after the last moment of the year 9999 is that moment.
async fn last_version(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "Last").await?;
    let last = "9999-12-31T23:59:59.999999Z";
    seed.0
        .execute_unprepared("UPDATE meeting SET updated_at = '9999-12-31 23:59:59.999999'")
        .await?;
    let input = json!({"id": global_id("Meeting", meeting.id), "title": "Really"});
    let payload = olga
        .run("meetingUpdate", input, "meeting { title updatedAt }")
        .await?;
    assert_eq!(
        payload["meeting"],
        json!({"title": "Really", "updatedAt": last})
    );
    Ok(())
}
