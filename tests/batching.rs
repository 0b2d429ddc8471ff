//! One statement a relation and level, however many parents there are.

use entity::{meeting, task, user};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::Seed,
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(five_relations);
    suite.on_both_databases(one_list_twice);
    suite.on_both_databases(predictions);
    suite.on_both_databases(only_what_is_selected);
    suite.on_both_databases(cursors_of_their_own);
    suite.on_both_databases(thousands_of_parents);
}

/// A meeting with its five relations, two of which lead on: seven edges.
const MEETINGS: &str = "query ($first: Int!) {
    meetings(first: $first) {
        nodes {
            title
            organizer { username }
            workspace { name }
            tasks(first: 10) { nodes { title assignedTo { username } } }
            participants(first: 10) { nodes { status user { username } } }
            analytics { analysisStatus }
        }
    }
}";

/// Meetings of which each has two tasks, assigned to the organizer and to the guest, two
/// participants, and analytics.
async fn seed(
    database: &TestDatabase,
    meetings: usize,
) -> Result<Vec<meeting::Model>, sea_orm::DbErr> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let organizer = seed.user(workspace.id, "ada").await?;
    let guest = seed.user(workspace.id, "grace").await?;
    let mut made = Vec::new();
    for number in 0..meetings {
        let meeting = seed
            .meeting(&organizer, &format!("Meeting {number}"))
            .await?;
        for (user, title) in [(&organizer, "Prepare"), (&guest, "Sum up")] {
            let task = seed.task(&meeting, title).await?;
            assign(database, task, user).await?;
            seed.participant(&meeting, user).await?;
        }
        seed.analytics(&meeting).await?;
        made.push(meeting);
    }
    Ok(made)
}

async fn assign(
    database: &TestDatabase,
    task: task::Model,
    user: &user::Model,
) -> Result<task::Model, sea_orm::DbErr> {
    let mut task = task.into_active_model();
    task.assigned_to_id = Set(Some(user.id));
    task.update(database.connection()).await
}

/// The five-relation query takes one statement for the root, with the organizers and the workspace that
/// it refers to, and one for each other edge, for one meeting and for a hundred, and the very same
/// texts, so that prepared statements serve.
async fn five_relations(database: &TestDatabase) -> Outcome {
    seed(database, 100).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    // On PostgreSQL, the statements of a user who was not seen before do not ask whether the user has
    // changed.
    server.read(&token, "{ workspace { id } }").await?;
    let mut texts = Vec::new();
    for first in [1, 100] {
        let answer = server
            .ask_as(&token, MEETINGS, json!({"first": first}))
            .await?;
        let nodes = answer.data()?["meetings"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), first);
        for node in nodes {
            assert_eq!(node["organizer"]["username"], "ada");
            assert_eq!(node["tasks"]["nodes"][0]["assignedTo"]["username"], "grace");
            assert_eq!(
                node["participants"]["nodes"][1]["user"]["username"],
                "grace"
            );
            assert_eq!(node["analytics"]["analysisStatus"], "PENDING");
        }
        let mut statements = server.statements(&answer)?;
        assert_eq!(statements.len(), 6, "{statements:#?}");
        statements.sort_unstable();
        texts.push(statements);
    }
    assert_eq!(texts[0], texts[1]);
    Ok(())
}

/// The same list at the root with other columns is read by the same statement.
async fn one_list_twice(database: &TestDatabase) -> Outcome {
    seed(database, 3).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let document = "{
        titles: meetings(first: 2) { nodes { title organizer { username } } }
        again: meetings(first: 2) { nodes { title organizer { username } } }
        statuses: meetings(first: 2) { nodes { status } pageInfo { hasNextPage } }
    }";
    let answer = server.ask_as(&token, document, json!({})).await?;
    let data = answer.data()?;
    let title =
        |number| json!({"title": format!("Meeting {number}"), "organizer": {"username": "ada"}});
    let titles = json!({"nodes": [title(2), title(1)]});
    let status = json!({"status": "DRAFT"});
    assert_eq!(data["titles"], titles);
    assert_eq!(data["again"], titles);
    let statuses = json!({"nodes": [status, status], "pageInfo": {"hasNextPage": true}});
    assert_eq!(data["statuses"], statuses);
    // Only the first two have organizers, which are joined.
    let statements = server.statements(&answer)?;
    assert_eq!(statements.len(), 2, "{statements:#?}");
    let document = document.replace("organizer { username }", "databaseId");
    let answer = server.ask_as(&token, &document, json!({})).await?;
    assert_eq!(answer.data()?["statuses"], statuses);
    assert_eq!(server.statements(&answer)?.len(), 1);
    Ok(())
}

/// Predictions take no statement if the row decides about the permission, and one for the meetings
/// of all rows if their organizer or status does.
async fn predictions(database: &TestDatabase) -> Outcome {
    seed(database, 20).await?;
    // Somebody whose permissions depend on which of the meetings are theirs.
    let guest = user::Entity::find_by_username("grace").one(database.connection());
    let mut guest = guest.await?.ok_or("no grace")?.into_active_model();
    guest.role = Set(Some(user::Role::Organizer));
    guest.update(database.connection()).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("grace").await?;
    for (selection, statements) in [
        ("viewerCanStart viewerCanDelete allowedTransitions", 1),
        ("tasks { nodes { allowedTransitions } }", 2),
        ("tasks { nodes { viewerCanUpdate viewerCanDelete } }", 3),
        (
            "participants { nodes { viewerCanJoin viewerCanRemove allowedTransitions } }",
            3,
        ),
        ("tasks { nodes { isBlocked } }", 2),
    ] {
        for first in [1, 20] {
            let document = format!("{{ meetings(first: {first}) {{ nodes {{ {selection} }} }} }}");
            let answer = server.ask_as(&token, &document, json!({})).await?;
            answer.data()?;
            let needed = server.statements(&answer)?;
            assert_eq!(needed.len(), statements, "{document} {needed:#?}");
        }
    }
    Ok(())
}

/// Fields that are not selected are not read: relations, totals, and pages of lists
/// with only the total selected.
async fn only_what_is_selected(database: &TestDatabase) -> Outcome {
    seed(database, 3).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    for (selection, statements) in [
        ("{ meetings { __typename } }", 0),
        ("{ meetings { nodes { title } } }", 1),
        ("{ meetings { totalCount } }", 1),
        (
            "{ meetings { totalCount nodes { title } edges { cursor } pageInfo { endCursor } } }",
            2,
        ),
        ("{ meetings { nodes { tasks { totalCount } } } }", 2),
        (
            "{ meetings { nodes { tasks { totalCount nodes { title } } } } }",
            3,
        ),
        ("{ meetings { nodes { tasks { __typename } } } }", 1),
        ("{ viewer { username } }", 0),
    ] {
        let answer = server.ask_as(&token, selection, json!({})).await?;
        answer.data()?;
        let sent = server.statements(&answer)?;
        assert_eq!(sent.len(), statements, "{selection} {sent:#?}");
    }
    Ok(())
}

/// Parents with cursors of their own share a statement; one without a cursor needs another.
async fn cursors_of_their_own(database: &TestDatabase) -> Outcome {
    let meetings = seed(database, 2).await?;
    let seed = Seed(database.connection());
    for meeting in &meetings {
        for number in 0..5 {
            seed.task(meeting, &format!("{} task {number}", meeting.title))
                .await?;
        }
    }
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let ask = async |after: [Option<&Value>; 2]| -> Result<Answer, libtest_mimic::Failed> {
        let document = "query ($one: ID!, $two: ID!, $a: String, $b: String) {
            one: meeting(id: $one) { tasks(first: 2, after: $a) { nodes { title } pageInfo { endCursor } } }
            two: meeting(id: $two) { tasks(first: 2, after: $b) { nodes { title } pageInfo { endCursor } } }
        }";
        let ids = server
            .ask_as(
                &token,
                "{ meetings(last: 2) { nodes { id title } } }",
                json!({}),
            )
            .await?;
        let nodes = &ids.data()?["meetings"]["nodes"];
        let variables = json!({
            "one": nodes[0]["id"], "two": nodes[1]["id"], "a": after[0], "b": after[1],
        });
        server.ask_as(&token, document, variables).await
    };
    let titles = |answer: &Answer, alias: &str| -> Vec<String> {
        let nodes = answer.body["data"][alias]["tasks"]["nodes"]
            .as_array()
            .unwrap();
        nodes
            .iter()
            .map(|node| node["title"].as_str().unwrap().to_owned())
            .collect()
    };

    let first = ask([None, None]).await?;
    assert_eq!(
        titles(&first, "one"),
        ["Meeting 1 task 4", "Meeting 1 task 3"]
    );
    assert_eq!(server.statements(&first)?.len(), 2);
    let cursor = |alias: &str| &first.body["data"][alias]["tasks"]["pageInfo"]["endCursor"];

    let second = ask([Some(cursor("one")), Some(cursor("two"))]).await?;
    assert_eq!(
        titles(&second, "one"),
        ["Meeting 1 task 2", "Meeting 1 task 1"]
    );
    assert_eq!(
        titles(&second, "two"),
        ["Meeting 0 task 2", "Meeting 0 task 1"]
    );
    assert_eq!(server.statements(&second)?.len(), 2);

    let mixed = ask([Some(cursor("one")), None]).await?;
    assert_eq!(
        titles(&mixed, "one"),
        ["Meeting 1 task 2", "Meeting 1 task 1"]
    );
    assert_eq!(
        titles(&mixed, "two"),
        ["Meeting 0 task 4", "Meeting 0 task 3"]
    );
    assert_eq!(server.statements(&mixed)?.len(), 3);
    Ok(())
}

/// More parents than any limit on the parameters of a statement or on the size of a batch is
/// likely to be.
async fn thousands_of_parents(database: &TestDatabase) -> Outcome {
    let meetings = seed(database, 100).await?;
    let tasks = meetings.iter().flat_map(|meeting| {
        (0..25).map(|number| task::ActiveModel {
            title: Set(format!("{} task {number}", meeting.title)),
            meeting_id: Set(meeting.id),
            created_by_id: Set(meeting.organizer_id),
            ..Default::default()
        })
    });
    task::Entity::insert_many(tasks)
        .exec_without_returning(database.connection())
        .await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let document = "{
        meetings(first: 100) {
            nodes { tasks(first: 25) { nodes { dependents(first: 1) { totalCount nodes { id } } } } }
        }
    }";
    let answer = server.ask_as(&token, document, json!({})).await?;
    let meetings = answer.data()?["meetings"]["nodes"].as_array().unwrap();
    let parents: usize = meetings
        .iter()
        .map(|meeting| meeting["tasks"]["nodes"].as_array().unwrap().len())
        .sum();
    assert_eq!(parents, 2500);
    // Meetings, tasks, dependents and their totals.
    let statements = server.statements(&answer)?;
    assert_eq!(statements.len(), 4, "{statements:#?}");
    Ok(())
}
