//! The graph: every relation in both directions, ids, scalars, filters, orders, search.

use entity::{meeting, session, task, user};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbErr,
    IntoActiveModel, prelude::Date,
};
use serde_json::{Value, json};

use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server};

/// A workspace with one of everything.
struct World {
    server: Server,
    token: String,
}

impl World {
    async fn new(database: &TestDatabase) -> Result<Self, libtest_mimic::Failed> {
        seed(database.connection()).await?;
        let server = Server::start(database)?;
        let token = server.sign_in("ada").await?;
        Ok(Self { server, token })
    }

    /// The data of an answer without errors.
    async fn ask(&self, document: &str) -> Result<Value, libtest_mimic::Failed> {
        let answer = self.server.ask_as(&self.token, document, json!({})).await?;
        Ok(answer.data()?.clone())
    }

    /// Fails unless the answer is one error of this kind.
    async fn refuses(&self, document: &str, words: &str) -> Outcome {
        let answer = self.server.ask_as(&self.token, document, json!({})).await?;
        answer.assert_error("BAD_USER_INPUT", words)
    }

    /// The titles of the tasks for which a condition holds, in the order of their ids.
    async fn tasks(&self, condition: &str) -> Result<Vec<String>, libtest_mimic::Failed> {
        let document = format!(
            "{{ tasks(where: {condition}, orderBy: [{{field: ID}}]) {{ nodes {{ title }} }} }}"
        );
        let data = self.ask(&document).await?;
        let nodes = data["tasks"]["nodes"].as_array().unwrap();
        Ok(nodes
            .iter()
            .map(|node| node["title"].as_str().unwrap().to_owned())
            .collect())
    }
}

async fn seed(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let seed = Seed(connection);
    let acme = seed.workspace("acme").await?;
    let ada = seed.user(acme.id, "ada").await?;
    let grace = seed.user(acme.id, "grace").await?;
    let planning = seed.meeting(&ada, "Planning").await?;
    seed.meeting(&grace, "Review").await?;
    seed.participant(&planning, &grace).await?;
    seed.analytics(&planning).await?;

    let session = seed.session(&ada).await?;
    let session = session::ActiveModel {
        external_id: Set("0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34".into()),
        ..session.into_active_model()
    };
    let session = session.update(connection).await?;
    seed.link(&planning, &session).await?;
    for (start, text) in [(0, "Welcome."), (1000, "Let us plan."), (5000, "Goodbye.")] {
        seed.segment(&session, start, text).await?;
    }
    for (content, timestamp) in [
        ("before", Some(-1)),
        ("at the start", Some(0)),
        ("within", Some(1500)),
        ("in a gap", Some(3000)),
        ("after", Some(99_000)),
        ("nowhere", None),
    ] {
        let mut marker = seed
            .marker(&session, &grace, content)
            .await?
            .into_active_model();
        marker.timestamp = Set(timestamp);
        marker.update(connection).await?;
    }
    tasks(connection, &planning, &grace).await
}

/// Four tasks; the second waits for the first, the last has what it can have absent.
async fn tasks(
    connection: &DatabaseConnection,
    meeting: &meeting::Model,
    assignee: &user::Model,
) -> Result<(), DbErr> {
    use task::{Priority, Status};
    let day = |day| Date::from_ymd_opt(2026, 5, day);
    let mut previous = None;
    for (title, priority, status, due, assigned) in [
        (
            "Draft",
            Some(Priority::Low),
            Some(Status::Completed),
            day(1),
            true,
        ),
        (
            "Élan, draft two",
            Some(Priority::Critical),
            Some(Status::Todo),
            day(2),
            true,
        ),
        (
            "Send 100% 🎉",
            Some(Priority::High),
            Some(Status::InProgress),
            None,
            false,
        ),
        ("", None, None, None, false),
    ] {
        let mut task = Seed(connection)
            .task(meeting, title)
            .await?
            .into_active_model();
        task.priority = Set(priority);
        task.status = Set(status);
        task.due_date = Set(due);
        task.assigned_to_id = Set(assigned.then_some(assignee.id));
        task.depends_on_task_id = Set(previous);
        let task = task.update(connection).await?;
        previous = (title == "Draft").then_some(task.id);
    }
    Ok(())
}

/// From a meeting to everything that hangs on it, and back.
pub async fn relations_of_a_meeting(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let data = world
        .ask(
            r#"{ meetings(where: {title: {eq: "Planning"}}) { nodes {
                organizer { username organizedMeetings { nodes { title } } }
                workspace { slug meetings { totalCount } users { nodes { username } } }
                session { externalId meeting { title } user { username } }
                analytics { meeting { title } }
                participants { nodes { user { username participations { totalCount } } meeting { title } } }
                tasks(last: 1) { nodes { title meeting { title } createdBy { username } assignedTo { username } } }
            } } }"#,
        )
        .await?;
    assert_eq!(
        data["meetings"]["nodes"],
        json!([{
            "organizer": {"username": "ada", "organizedMeetings": {"nodes": [{"title": "Planning"}]}},
            "workspace": {
                "slug": "acme",
                "meetings": {"totalCount": 2},
                "users": {"nodes": [{"username": "ada"}, {"username": "grace"}]},
            },
            "session": {
                "externalId": "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34",
                "meeting": {"title": "Planning"},
                "user": {"username": "ada"},
            },
            "analytics": {"meeting": {"title": "Planning"}},
            "participants": {"nodes": [{
                "user": {"username": "grace", "participations": {"totalCount": 1}},
                "meeting": {"title": "Planning"},
            }]},
            "tasks": {"nodes": [{
                "title": "Draft",
                "meeting": {"title": "Planning"},
                "createdBy": {"username": "ada"},
                "assignedTo": {"username": "grace"},
            }]},
        }])
    );
    let empty = world
        .ask(
            r#"{ meetings(where: {title: {eq: "Review"}}) { nodes {
            session { id } analytics { id } tasks { totalCount } } } }"#,
        )
        .await?;
    assert_eq!(
        empty["meetings"]["nodes"],
        json!([{"session": null, "analytics": null, "tasks": {"totalCount": 0}}])
    );
    Ok(())
}

/// From a session to its transcript and its markers, from a marker to what was being said, and
/// from a user to everything theirs.
pub async fn relations_of_a_session_and_a_user(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let data = world
        .ask(
            r#"{ session(externalId: "0198A5C2-7D3E-7B41-9C55-2F6D0E8A1B34") {
                segments { totalCount nodes { text startMs session { externalId } } }
                markers { nodes { content segment { text } session { meeting { title } } user { username } } }
            } }"#,
        )
        .await?;
    let segments = &data["session"]["segments"];
    assert_eq!(segments["totalCount"], 3);
    assert_eq!(segments["nodes"][2]["text"], "Goodbye.");
    assert_eq!(
        segments["nodes"][0]["session"]["externalId"],
        "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34"
    );
    let markers = data["session"]["markers"]["nodes"].as_array().unwrap();
    let spoken: Vec<[&Value; 2]> = markers
        .iter()
        .map(|marker| [&marker["content"], &marker["segment"]["text"]])
        .collect();
    assert_eq!(
        json!(spoken),
        json!([
            ["before", null],
            ["at the start", "Welcome."],
            ["within", "Let us plan."],
            ["in a gap", "Let us plan."],
            ["after", "Goodbye."],
            ["nowhere", null],
        ])
    );
    assert_eq!(markers[0]["session"]["meeting"]["title"], "Planning");

    let data = world
        .ask(
            r#"{ users { nodes { username
                organizedMeetings { totalCount } assignedTasks { totalCount }
                createdTasks { totalCount } participations { totalCount }
                sessions { totalCount } markers { totalCount } } } }"#,
        )
        .await?;
    let counts: Vec<Vec<i64>> = data["users"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            [
                "organizedMeetings",
                "assignedTasks",
                "createdTasks",
                "participations",
                "sessions",
                "markers",
            ]
            .map(|list| user[list]["totalCount"].as_i64().unwrap())
            .to_vec()
        })
        .collect();
    assert_eq!(counts, [[1, 0, 4, 0, 1, 0], [1, 2, 0, 1, 0, 6]]);
    Ok(())
}

/// Tasks wait for tasks, and say so from either end.
pub async fn dependencies(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let data = world
        .ask(
            "{ tasks(orderBy: [{field: ID}], first: 2) { nodes {
            title dependsOn { title } dependents { nodes { title } } } } }",
        )
        .await?;
    assert_eq!(
        data["tasks"]["nodes"],
        json!([
            {"title": "Draft", "dependsOn": null, "dependents": {"nodes": [{"title": "Élan, draft two"}]}},
            {"title": "Élan, draft two", "dependsOn": {"title": "Draft"}, "dependents": {"nodes": []}},
        ])
    );
    Ok(())
}

/// Every object is found again by its global id; ids of another type and no ids are told apart
/// from those of nothing.
pub async fn global_ids(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let data = world
        .ask(
            "{ workspace { id users(first: 1) { nodes { id } } }
               meetings(last: 1) { nodes { id tasks(last: 1) { nodes { id } }
                   participants { nodes { id } } analytics { id }
                   session { id segments(first: 1) { nodes { id } } markers(first: 1) { nodes { id } } } } } }",
        )
        .await?;
    let mut ids = Vec::new();
    collect_ids(&data, &mut ids);
    assert_eq!(ids.len(), 9, "{ids:?}");
    let document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id databaseId } }";
    let answer = world
        .server
        .ask_as(&world.token, document, json!({"ids": ids}))
        .await?;
    let nodes = answer.data()?["nodes"].as_array().unwrap();
    let mut types: Vec<&str> = nodes
        .iter()
        .zip(&ids)
        .map(|(node, id)| {
            assert_eq!(&node["id"], id);
            assert_eq!(node["databaseId"], 1);
            node["__typename"].as_str().unwrap()
        })
        .collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "Analytics",
            "Marker",
            "Meeting",
            "Participant",
            "Segment",
            "Session",
            "Task",
            "User",
            "Workspace"
        ]
    );

    // "Meeting:999", which is not there, "Task:1" and text that is no id.
    let data = world
        .ask(r#"{ meeting(id: "TWVldGluZzo5OTk") { title } node(id: "TWVldGluZzo5OTk") { id } }"#)
        .await?;
    assert_eq!(data, json!({"meeting": null, "node": null}));
    world
        .refuses(
            r#"{ meeting(id: "VGFzazox") { title } }"#,
            "is the id of a Task; the id of a Meeting is needed",
        )
        .await?;
    world
        .refuses(r#"{ meeting(id: "7") { title } }"#, "is not an id")
        .await?;
    world
        .refuses(r#"{ session { id } }"#, "Give one of `id` and `externalId`")
        .await?;
    let answer = world
        .server
        .ask_as(
            &world.token,
            r#"{ workspace { slug } node(id: "?") { id } nodes(ids: ["?", "VGFzazox"]) { id } }"#,
            json!({}),
        )
        .await?;
    assert_eq!(
        answer.body["data"],
        json!({"workspace": {"slug": "acme"}, "node": null, "nodes": [null, {"id": "VGFzazox"}]})
    );
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(2));
    Ok(())
}

fn collect_ids(value: &Value, ids: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "id" {
                    ids.push(value.clone());
                } else {
                    collect_ids(value, ids);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, ids)),
        _ => {}
    }
}

/// Scalars read and write as their descriptions say, and columns that the contract lets be NULL
/// show their default.
pub async fn scalars_and_absent_columns(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let set_null = [
        r#"UPDATE meeting SET status = NULL, created_at = NULL, updated_at = NULL WHERE id = 2"#,
        r#"UPDATE "user" SET is_active = NULL, role = NULL, created_at = NULL"#,
        r"UPDATE workspace SET settings = NULL",
        r"UPDATE session SET status = NULL, language = NULL, vad_enabled = NULL",
    ];
    for sql in set_null {
        database.connection().execute_unprepared(sql).await?;
    }
    let data = world
        .ask(
            "{ viewer { isActive role createdAt } workspace { settings createdAt }
               meetings { nodes { status createdAt } } sessions { nodes { status language vadEnabled } }
               tasks(first: 2) { nodes { status priority dueDate } } }",
        )
        .await?;
    assert_eq!(
        data,
        json!({
            "viewer": {"isActive": true, "role": "MEMBER", "createdAt": "1970-01-01T00:00:00Z"},
            "workspace": {"settings": {}, "createdAt": "2026-05-04T09:30:00.123456Z"},
            "meetings": {"nodes": [
                {"status": "DRAFT", "createdAt": "1970-01-01T00:00:00Z"},
                {"status": "DRAFT", "createdAt": "2026-05-04T09:30:00.123456Z"},
            ]},
            "sessions": {"nodes": [{"status": "PENDING", "language": "en", "vadEnabled": true}]},
            "tasks": {"nodes": [
                {"status": "TODO", "priority": "MEDIUM", "dueDate": null},
                {"status": "IN_PROGRESS", "priority": "HIGH", "dueDate": null},
            ]},
        })
    );
    let data = world
        .ask(
            r#"{ a: tasks(where: {createdAt: {eq: "2026-05-04T11:30:00.1234567+02:00"}}) { totalCount }
                 b: tasks(where: {dueDate: {gte: "2026-05-02"}}) { totalCount } }"#,
        )
        .await?;
    assert_eq!(
        data,
        json!({"a": {"totalCount": 4}, "b": {"totalCount": 1}})
    );
    for (condition, words) in [
        (r#"{createdAt: {eq: "yesterday"}}"#, "RFC 3339"),
        (r#"{dueDate: {eq: "2026-02-30"}}"#, "not a day"),
        (r#"{dueDate: {eq: "0000-01-01"}}"#, "years 1 to 9999"),
        (r#"{title: {eq: null}}"#, "compares with nothing"),
        (r#"{title: {contains: "\u0000"}}"#, "NUL character"),
        (r#"{id: {in: ["TWVldGluZzox"]}}"#, "id of a Meeting"),
    ] {
        let document = format!("{{ tasks(where: {condition}) {{ totalCount }} }}");
        world.refuses(&document, words).await?;
    }
    Ok(())
}

/// Each comparison, their combinations, and conditions on what relations lead to.
pub async fn filters(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let all = ["Draft", "Élan, draft two", "Send 100% 🎉", ""];
    for (condition, expected) in [
        ("{}", &[0, 1, 2, 3][..]),
        (r#"{title: {eq: "Draft"}}"#, &[0]),
        (r#"{title: {ne: "Draft"}}"#, &[1, 2, 3]),
        (r#"{title: {in: ["Draft", "", "x"]}}"#, &[0, 3]),
        (r#"{title: {in: []}}"#, &[]),
        (r#"{title: {notIn: []}}"#, &[0, 1, 2, 3]),
        (r#"{title: {contains: "draft"}}"#, &[1]),
        (r#"{title: {contains: ""}}"#, &[0, 1, 2, 3]),
        (r#"{title: {contains: "%"}}"#, &[2]),
        (r#"{title: {containsIgnoreCase: "DRAFT"}}"#, &[0, 1]),
        (r#"{title: {containsIgnoreCase: "é"}}"#, &[]),
        (r#"{title: {startsWith: "Él"}}"#, &[1]),
        (r#"{title: {endsWith: "🎉"}}"#, &[2]),
        (r#"{title: {endsWith: "", startsWith: ""}}"#, &[0, 1, 2, 3]),
        (
            r#"{title: {endsWith: "a longer text than any of the titles"}}"#,
            &[],
        ),
        ("{priority: {in: [LOW, HIGH]}}", &[0, 2]),
        ("{priority: {ne: LOW}}", &[1, 2, 3]),
        ("{priority: {isNull: true}}", &[3]),
        ("{status: {notIn: [TODO, COMPLETED]}}", &[2, 3]),
        (r#"{dueDate: {lt: "2026-05-02"}}"#, &[0]),
        (
            r#"{dueDate: {gte: "2026-05-01", lte: "2026-05-02"}}"#,
            &[0, 1],
        ),
        (r#"{not: {dueDate: {lt: "2026-05-02"}}}"#, &[1, 2, 3]),
        ("{databaseId: {gt: 2}}", &[2, 3]),
        (r#"{id: {eq: "VGFzazoz"}}"#, &[2]),
        (
            r#"{or: [{title: {eq: ""}}, {priority: {eq: LOW}}]}"#,
            &[0, 3],
        ),
        ("{or: []}", &[]),
        ("{and: []}", &[0, 1, 2, 3]),
        ("{not: {}}", &[]),
        (
            r#"{and: [{priority: {isNull: false}}, {not: {priority: {eq: LOW}}}]}"#,
            &[1, 2],
        ),
        (r#"{assignedTo: {username: {eq: "grace"}}}"#, &[0, 1]),
        ("{assignedTo: {}}", &[0, 1]),
        ("{not: {assignedTo: {}}}", &[2, 3]),
        (r#"{dependsOn: {title: {eq: "Draft"}}}"#, &[1]),
        (r#"{dependents: {some: {title: {startsWith: "Él"}}}}"#, &[0]),
        ("{dependents: {none: {}}}", &[1, 2, 3]),
        (r#"{dependents: {every: {title: {eq: "x"}}}}"#, &[1, 2, 3]),
        (
            r#"{meeting: {session: {markers: {some: {content: {eq: "within"}}}}}}"#,
            &[0, 1, 2, 3],
        ),
        (
            r#"{meeting: {participants: {some: {user: {username: {eq: "ada"}}}}}}"#,
            &[],
        ),
    ] {
        let expected: Vec<&str> = expected.iter().map(|index| all[*index]).collect();
        assert_eq!(world.tasks(condition).await?, expected, "{condition}");
    }
    let deep = "{dependsOn: ".repeat(9) + "{}" + &"}".repeat(9);
    let document = format!("{{ tasks(where: {deep}) {{ totalCount }} }}");
    world.refuses(&document, "more than 8 relations").await?;
    let wide = format!("{{or: [{}]}}", "{title: {eq: \"x\"}},".repeat(200));
    let document = format!("{{ tasks(where: {wide}) {{ totalCount }} }}");
    world.refuses(&document, "more than 200 conditions").await
}

/// Enums sort by what they mean, absent values as the greatest.
pub async fn orders(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    for (order, expected) in [
        (
            "{field: PRIORITY, direction: DESC}",
            ["", "Élan, draft two", "Send 100% 🎉", "Draft"],
        ),
        (
            "{field: PRIORITY}",
            ["Draft", "Send 100% 🎉", "Élan, draft two", ""],
        ),
        (
            "{field: STATUS}",
            ["Élan, draft two", "Send 100% 🎉", "Draft", ""],
        ),
        (
            "{field: TITLE}",
            ["", "Draft", "Send 100% 🎉", "Élan, draft two"],
        ),
        (
            "{field: DUE_DATE}, {field: TITLE, direction: DESC}",
            ["Draft", "Élan, draft two", "Send 100% 🎉", ""],
        ),
    ] {
        let document = format!("{{ tasks(orderBy: [{order}]) {{ nodes {{ title }} }} }}");
        let data = world.ask(&document).await?;
        let expected: Vec<Value> = expected
            .iter()
            .map(|title| json!({"title": title}))
            .collect();
        assert_eq!(data["tasks"]["nodes"], json!(expected), "{order}");
    }
    Ok(())
}

/// One list over several types, paged both ways.
pub async fn search(database: &TestDatabase) -> Outcome {
    let world = World::new(database).await?;
    let page = async |arguments: &str| {
        let document = format!(
            "{{ search(text: \" PLAN \", {arguments}) {{
                totalCount edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                nodes {{ __typename ... on Meeting {{ title }} ... on Segment {{ text }} }} }} }}"
        );
        Ok::<_, libtest_mimic::Failed>(world.ask(&document).await?["search"].clone())
    };
    let whole = page("first: 10").await?;
    assert_eq!(
        whole["nodes"],
        json!([
            {"__typename": "Meeting", "title": "Planning"},
            {"__typename": "Segment", "text": "Let us plan."},
        ])
    );
    assert_eq!(whole["totalCount"], 2);
    let first = page("first: 1").await?;
    assert_eq!(first["nodes"], json!([whole["nodes"][0]]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let cursor = first["pageInfo"]["endCursor"].as_str().unwrap();
    let second = page(&format!("first: 1, after: \"{cursor}\"")).await?;
    assert_eq!(second["nodes"], json!([whole["nodes"][1]]));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    let last = page("last: 1").await?;
    assert_eq!(last["nodes"], second["nodes"]);
    let cursor = last["pageInfo"]["startCursor"].as_str().unwrap();
    let before = page(&format!("last: 1, before: \"{cursor}\"")).await?;
    assert_eq!(before["nodes"], first["nodes"]);
    assert_eq!(page("types: [TASK]").await?["totalCount"], 0);
    world
        .refuses(
            "{ search(text: \" x \") { totalCount } }",
            "2 to 200 characters",
        )
        .await?;
    world
        .refuses(
            "{ search(text: \"xx\", after: \"!\") { totalCount } }",
            "not a cursor",
        )
        .await
}
