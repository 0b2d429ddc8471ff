//! What clients see of rows that other programs have moved or replaced.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{
    checked::{check, without_triggers},
    replaced::connect,
    writes::run,
};
use crate::support::{Outcome, client::World, database::TestDatabase, seed::Seed};

/// The lists whose rows have places, as visible by one user.
const LISTS: &str = "{
    tasks { totalCount nodes { title } }
    analytics { totalCount nodes { databaseId } }
    sessions { totalCount nodes { databaseId } }
    markers { totalCount nodes { content } }
    viewer {
        createdTasks { totalCount nodes { title } }
        markers { totalCount nodes { content } }
        participations { totalCount nodes { databaseId } }
    }
    search(text: \"Secret\") { nodes { __typename } }
}";

/// The lengths of all lists in an answer, each with its `totalCount` if it has one.
fn lengths(data: &Value) -> Vec<(usize, Option<u64>)> {
    let lists = data.as_object().into_iter().flatten();
    lists
        .flat_map(|(_, value)| match value["nodes"].as_array() {
            Some(nodes) => vec![(nodes.len(), value["totalCount"].as_u64())],
            None => lengths(value),
        })
        .collect()
}

/// `OR REPLACE` gives a meeting and a session of Acme to another workspace. Nobody in Acme sees what
/// belongs to them any more, whatever the other program has switched on.
pub async fn replaced_rows(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let globex = seed.workspace("globex").await?;
    let bob = seed.user(globex.id, "bob").await?;
    let ada = world.client(&world.admin).await?;
    let other = world.client(&bob).await?;
    for (foreign_keys, recursive_triggers) in
        [(false, false), (false, true), (true, false), (true, true)]
    {
        let meeting = seed.meeting(&world.admin, "Secret").await?;
        let session = seed.session(&world.organizer).await?;
        let meeting = seed.link(&meeting, &session).await?;
        seed.task(&meeting, "Secret").await?;
        seed.analytics(&meeting).await?;
        seed.participant(&meeting, &world.admin).await?;
        seed.marker(&session, &world.admin, "Secret").await?;
        seed.segment(&session, 0, "Secret").await?;
        let visible = lengths(&ada.read(LISTS).await?);
        let all = |(length, count): &(usize, Option<u64>)| {
            *length > 0 && count.is_none_or(|count| count == *length as u64)
        };
        assert!(visible.iter().all(all), "{visible:?}");

        let program = connect(database, foreign_keys, recursive_triggers).await?;
        let replace = [
            format!(
                "INSERT OR REPLACE INTO meeting
                    (id, title, workspace_id, organizer_id, session_id)
                 VALUES ({}, 'Taken', {}, {}, '{}')",
                meeting.id, globex.id, bob.id, session.external_id
            ),
            format!(
                "INSERT OR REPLACE INTO session (id, external_id, user_id)
                 VALUES ({}, '{}', {})",
                session.id, session.external_id, bob.id
            ),
        ];
        for statement in &replace {
            run(&program, &[statement]).await?;
        }
        program.close().await?;
        let when = format!("foreign keys {foreign_keys}, triggers {recursive_triggers}");
        let visible = lengths(&ada.read(LISTS).await?);
        assert!(
            visible.iter().all(|it| it.0 == 0 && it.1.unwrap_or(0) == 0),
            "{when}: {visible:?}"
        );
        let theirs = other
            .read("{ sessions { totalCount } meetings { totalCount } }")
            .await?;
        assert_eq!(
            theirs["sessions"]["totalCount"], theirs["meetings"]["totalCount"],
            "{when}"
        );
        assert_ne!(theirs["sessions"]["totalCount"], json!(0), "{when}");
    }
    Ok(())
}

/// A place whose row is gone, which triggers and foreign keys prevent, is counted, but shows nothing,
/// until the check has removed it. Lists count places alone, because to look up each row as well
/// would double the price of `totalCount` for what never happens without their being switched off.
pub async fn places_without_rows(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.admin, "Plan").await?;
    for title in ["One", "Two"] {
        seed.task(&meeting, title).await?;
    }
    let ada = world.client(&world.admin).await?;
    let list = async || {
        let list = "{ tasks(orderBy: {field: ID}) { totalCount nodes { title }
            pageInfo { hasNextPage } } }";
        Ok::<_, Failed>(ada.read(list).await?["tasks"].clone())
    };
    let (count, nodes) = (2, json!([{"title": "One"}, {"title": "Two"}]));
    let expected = |count: u32| json!({"totalCount": count, "nodes": nodes, "pageInfo": {"hasNextPage": false}});
    assert_eq!(list().await?, expected(count));
    let careless = without_triggers(database).await?;
    let insert = format!(
        "INSERT INTO mina_task_place (id, workspace_id, created_by_id, created_at)
         VALUES (1000, {}, {}, '2026-01-02 03:04:05')",
        world.acme.id, world.admin.id
    );
    run(&careless, &[&insert]).await?;
    careless.close().await?;
    assert_eq!(list().await?, expected(count + 1));
    let (_, report) = check(database, true)?;
    assert!(report.contains("1 without a row"), "{report}");
    assert_eq!(list().await?, expected(count));
    Ok(())
}
