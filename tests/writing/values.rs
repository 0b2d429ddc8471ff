//! Times and JSON that the two databases would store differently by themselves.

use sea_orm::ConnectionTrait;
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
    suite.on_both_databases(leap_seconds);
    suite.on_both_databases(odd_times);
    suite.on_both_databases(times_by_hand);
    suite.on_both_databases(last_version);
    suite.on_both_databases(large_numbers);
    suite.on_both_databases(written_numbers);
    suite.on_both_databases(numbers_by_hand);
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

/// Times that other programs wrote in another format are found and paged like those of Mina.
async fn times_by_hand(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let connection = database.connection();
    for (title, start) in [
        ("a", "2016-12-31 23:59:60"),
        ("b", "2016-12-31 23:59:59.999999"),
        ("c", "2017-01-01 00:00:00.000000"),
        ("d", "2017-01-01T00:00:00"),
        ("e", "2017-01-01 00:00:00.500000"),
        ("f", "2017-01-01 00:00:00.5"),
        ("g", "2017-01-01T00:00:00.25Z"),
    ] {
        for statement in [
            format!(
                "INSERT INTO meeting (title, workspace_id, organizer_id, scheduled_start)
                 VALUES ('{title}', {}, {}, '{start}')",
                world.acme.id, world.organizer.id
            ),
            // The same by an update.
            format!("UPDATE meeting SET scheduled_end = '{start}' WHERE title = '{title}'"),
        ] {
            connection.execute_unprepared(&statement).await?;
        }
    }
    for field in ["scheduledStart", "scheduledEnd"] {
        for (condition, expected) in [
            (r#"{eq: "2017-01-01T00:00:00Z"}"#, json!(["a", "c", "d"])),
            (r#"{eq: "2017-01-01T00:00:00.5Z"}"#, json!(["e", "f"])),
            (r#"{lt: "2017-01-01T00:00:00Z"}"#, json!(["b"])),
            (
                r#"{gte: "2017-01-01T00:00:00.25Z"}"#,
                json!(["e", "f", "g"]),
            ),
        ] {
            let document = format!(
                "{{ meetings(where: {{{field}: {condition}}}, orderBy: {{field: TITLE}}) {{
                    nodes {{ title }}
                }} }}"
            );
            let found = olga.read(&document).await?;
            let titles = found["meetings"]["nodes"].as_array().ok_or("no nodes")?;
            let titles: Value = titles.iter().map(|node| node["title"].clone()).collect();
            assert_eq!(titles, expected, "{field} {condition}");
        }
        let order = if field == "scheduledStart" {
            "SCHEDULED_START"
        } else {
            "SCHEDULED_END"
        };
        let mut titles = String::new();
        let mut after = Value::Null;
        for _ in 0..7 {
            let document = "query ($after: String, $by: [MeetingOrder!]) {
                meetings(first: 1, after: $after, orderBy: $by) {
                    nodes { title } pageInfo { endCursor }
                }
            }";
            let variables = json!({"after": after, "by": {"field": order}});
            let answer = olga.server.ask_as(&olga.token, document, variables).await?;
            let page = &answer.data()?["meetings"];
            titles += page["nodes"][0]["title"].as_str().ok_or("the list ends")?;
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(titles, "bacdgef", "{field}");
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

/// Whole numbers beyond 64 bits are rejected, in the document or in a variable.
async fn large_numbers(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let id = global_id("Workspace", world.acme.id);
    let update = async |types: &str, settings: &str, variables: &str| {
        let document = format!(
            "mutation{types} {{ workspaceUpdate(input: {{id: \"{id}\", settings: {settings}}}) {{
                workspace {{ settings }} userErrors {{ code message path }}
            }} }}"
        );
        // The text of the numbers matters, and a JSON value would change it.
        let body = format!(
            r#"{{"query": {}, "variables": {variables}}}"#,
            json!(document)
        );
        ada.server.post_as(&ada.token, body).await
    };
    for number in [
        "18446744073709551616",
        "-9223372036854775809",
        "1000000000000000000000000000000",
    ] {
        for answer in [
            update("", &format!("{{a: [{{b: {number}}}]}}"), "{}").await?,
            update(
                "($settings: JSON)",
                "$settings",
                &format!(r#"{{"settings": {{"a": [{{"b": {number}}}]}}}}"#),
            )
            .await?,
            update(
                "($n: JSON)",
                "{a: [{b: $n}]}",
                &format!(r#"{{"n": {number}}}"#),
            )
            .await?,
        ] {
            let payload = &answer.data()?["workspaceUpdate"];
            assert_eq!(problems(payload), ["OUT_OF_RANGE settings"], "{number}");
            let message = payload["userErrors"][0]["message"].as_str().unwrap();
            assert!(message.contains("`settings.a[0].b`"), "{message}");
            assert!(message.contains("18446744073709551615"), "{message}");
        }
    }
    for number in ["18446744073709551615", "-9223372036854775808"] {
        let settings = format!(r#"{{"settings": {{"a": {number}}}}}"#);
        let answer = update("($settings: JSON)", "$settings", &settings).await?;
        let stored = answer.data()?["workspaceUpdate"]["workspace"]["settings"].to_string();
        assert_eq!(stored, format!(r#"{{"a":{number}}}"#));
    }
    let answer = update("($n: JSON)", "{a: $n}", r#"{"n": 1e400}"#).await?;
    assert!(answer.body["errors"].is_array(), "{answer:?}");
    Ok(())
}

/// Numbers come back as they were sent, or in one other form.
async fn written_numbers(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let id = global_id("Workspace", world.acme.id);
    for (sent, stored) in [
        (json!(-0.0), "0.0"),
        (json!(1.0), "1.0"),
        (json!(1e16), "10000000000000000"),
        (json!(1e-7), "1e-7"),
        (json!(0.1), "0.1"),
        (json!(5e-324), "5e-324"),
        (
            json!(1.797_693_134_862_315_7e-300),
            "1.7976931348623157e-300",
        ),
    ] {
        let input = json!({
            "id": id,
            "settings": {"n": [sent.clone()]},
            "settingsMode": "REPLACE",
        });
        let payload = ada
            .run("workspaceUpdate", input, "workspace { settings }")
            .await?;
        let expected = format!(r#"{{"n":[{stored}]}}"#);
        assert_eq!(payload["workspace"]["settings"].to_string(), expected);
        let read = ada.read("{ workspace { settings } }").await?;
        assert_eq!(read["workspace"]["settings"].to_string(), expected);
        // A client that writes numbers in another way has still seen the same.
        let seen = json!({"id": id, "expectedSettings": {"n": [sent]}, "name": "Acme"});
        ada.run("workspaceUpdate", seen, "__typename").await?;
    }
    let whole = json!({"id": id, "settings": {"n": 1.0}, "settingsMode": "REPLACE"});
    ada.run("workspaceUpdate", whole, "__typename").await?;
    let seen = json!({"id": id, "expectedSettings": {"n": 1}});
    ada.run("workspaceUpdate", seen, "__typename").await?;
    Ok(())
}

/// Numbers that other programs wrote are shown alike.
async fn numbers_by_hand(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "M").await?;
    seed.analytics(&meeting).await?;
    for update in [
        r#"UPDATE workspace SET settings =
           '{"b": -0.0, "aa": 1e16, "a": 1e2, "c": 1.50, "d": 1, "d": 2}'"#,
        "UPDATE analytics SET overall_sentiment_score = -0.0",
    ] {
        seed.0.execute_unprepared(update).await?;
    }
    let data = ada
        .read("{ workspace { settings } analytics { nodes { overallSentimentScore } } }")
        .await?;
    let settings: &Value = &data["workspace"]["settings"];
    assert_eq!(settings["b"].to_string(), "0.0");
    assert_eq!(settings["aa"].to_string(), "10000000000000000");
    assert_eq!(settings["c"], 1.5);
    assert_eq!(settings["d"], 2);
    let score = &data["analytics"]["nodes"][0]["overallSentimentScore"];
    assert_eq!(score.to_string(), "0.0");
    Ok(())
}
