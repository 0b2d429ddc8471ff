//! The quota of a workspace: what would exceed it is rejected, and nothing else is.

use std::time::Duration;

use entity::{meeting, segment, session};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::{PASSWORD, Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(rows);
    suite.on_both_databases(bytes);
    suite.on_both_databases(at_once);
    suite.on_both_databases(segments);
    suite.on_both_databases(deleted_meetings);
}

const EXCEEDED: [&str; 1] = ["QUOTA_EXCEEDED "];

/// Acme on a server with a quota. The workspace and its users are four rows.
async fn world(database: &TestDatabase, flags: &[&str]) -> Result<World, Failed> {
    let world = World::start(database).await?;
    Ok(World {
        server: Server::start_with(database, flags)?,
        ..world
    })
}

/// Rows are limited, also counting those that other programs wrote. What adds no rows is possible,
/// a deletion makes room, and other workspaces are not affected.
async fn rows(database: &TestDatabase) -> Outcome {
    let world = world(database, &["--quota-rows", "7"]).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.admin, "Plan").await?;
    let ada = world.client(&world.admin).await?;
    let id = global_id("Meeting", meeting.id);
    let task = json!({"meetingId": id, "title": "Write"});
    let first = ada.make("taskCreate", task.clone(), "task").await?;
    ada.make("taskCreate", task.clone(), "task").await?;
    let answer = ada.ask("taskCreate", task.clone(), "task { id }").await?;
    let error = &answer.data()?["taskCreate"]["userErrors"][0];
    assert_eq!(error["code"], "QUOTA_EXCEEDED");
    assert_eq!(
        error["message"],
        "The workspace would store about 8 rows; at most 7 are allowed. Delete something first."
    );
    let guest = global_id("User", world.member.id);
    for (mutation, input) in [
        ("meetingCreate", json!({"title": "a"})),
        ("sessionCreate", json!({})),
        (
            "participantsInvite",
            json!({"meetingId": id, "invitations": [{"userId": guest}]}),
        ),
        ("analyticsRequest", json!({"meetingId": id})),
        (
            "userCreate",
            json!({"username": "u", "email": "u@example.org", "password": PASSWORD}),
        ),
    ] {
        assert_eq!(ada.problems(mutation, input).await?, EXCEEDED, "{mutation}");
    }
    let update = json!({"id": id, "description": "a longer text"});
    ada.run("meetingUpdate", update, "__typename").await?;
    ada.run("taskDelete", json!({"id": first}), "__typename")
        .await?;
    ada.make("taskCreate", task.clone(), "task").await?;
    assert_eq!(ada.problems("taskCreate", task).await?, EXCEEDED);

    let globex = seed.workspace("globex").await?;
    let hank = seed.user(globex.id, "hank").await?;
    let hank = world.client(&hank).await?;
    hank.make("sessionCreate", json!({}), "session").await?;
    Ok(())
}

/// Bytes are limited. A text can still become shorter, and then there is room for others.
async fn bytes(database: &TestDatabase) -> Outcome {
    let world = world(database, &["--quota-mebibytes", "1"]).await?;
    let ada = world.client(&world.admin).await?;
    let description = |length: usize| "a".repeat(length);
    let create = |length| json!({"title": "a", "description": description(length)});
    let mut ids = Vec::new();
    for _ in 0..15 {
        ids.push(ada.make("meetingCreate", create(65_536), "meeting").await?);
    }
    assert_eq!(
        ada.problems("meetingCreate", create(65_536)).await?,
        EXCEEDED
    );
    let id = ada.make("meetingCreate", create(10), "meeting").await?;
    let update = |length| json!({"id": id, "description": description(length)});
    assert_eq!(
        ada.problems("meetingUpdate", update(65_536)).await?,
        EXCEEDED
    );
    let shorter = json!({"id": ids[0], "description": description(100)});
    ada.run("meetingUpdate", shorter, "__typename").await?;
    ada.run("meetingUpdate", update(65_536), "__typename")
        .await?;
    assert_eq!(
        ada.problems("meetingCreate", create(65_536)).await?,
        EXCEEDED
    );
    assert_eq!(
        meeting::Entity::find().count(database.connection()).await?,
        16
    );
    Ok(())
}

/// Concurrent mutations do not exceed the quota together.
async fn at_once(database: &TestDatabase) -> Outcome {
    let world = world(database, &["--quota-rows", "10"]).await?;
    let ada = world.client(&world.admin).await?;
    let create = || ada.problems("sessionCreate", json!({}));
    let answers = futures_util::future::try_join_all((0..20).map(|_| create())).await?;
    let created = answers
        .iter()
        .filter(|problems| problems.is_empty())
        .count();
    assert_eq!(created, 6, "{answers:?}");
    assert_eq!(
        session::Entity::find().count(database.connection()).await?,
        6
    );
    Ok(())
}

/// A call that appends segments is rejected as a whole.
async fn segments(database: &TestDatabase) -> Outcome {
    let world = world(database, &["--quota-rows", "10"]).await?;
    let seed = Seed(database.connection());
    let mut session = seed.session(&world.admin).await?.into_active_model();
    session.status = Set(Some(session::Status::Recording));
    let id = global_id("Session", session.update(seed.0).await?.id);
    let ada = world.client(&world.admin).await?;
    let append = |number: usize| {
        json!({
            "sessionId": id,
            "segments": vec![json!({"text": "and then"}); number],
            "allOrNothing": false,
        })
    };
    assert_eq!(ada.problems("segmentsAppend", append(6)).await?, EXCEEDED);
    assert_eq!(segment::Entity::find().count(seed.0).await?, 0);
    ada.run("segmentsAppend", append(5), "__typename").await?;
    assert_eq!(segment::Entity::find().count(seed.0).await?, 5);
    Ok(())
}

/// A deleted meeting takes rows along. The workspace is counted again soon.
async fn deleted_meetings(database: &TestDatabase) -> Outcome {
    let world = world(database, &["--quota-rows", "6"]).await?;
    let ada = world.client(&world.admin).await?;
    let create = json!({"title": "Plan"});
    let id = ada.make("meetingCreate", create.clone(), "meeting").await?;
    assert_eq!(
        ada.problems("meetingCreate", create.clone()).await?,
        EXCEEDED
    );
    ada.run("meetingDelete", json!({"id": id}), "__typename")
        .await?;
    soon(&ada, &create).await
}

async fn soon(ada: &Client<'_>, create: &Value) -> Outcome {
    for _ in 0..100 {
        if ada
            .problems("meetingCreate", create.clone())
            .await?
            .is_empty()
        {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err("there is no room after ten seconds".into())
}
