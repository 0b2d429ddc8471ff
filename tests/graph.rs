//! The graph itself: relations in both directions, ids, absent values and scalars.

use entity::{analytics, meeting, segment, session, task, user, workspace};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::{Seed, moment},
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(malformed_bodies);
    suite.on_both_databases(around_a_meeting);
    suite.on_both_databases(around_a_session);
    suite.on_both_databases(around_a_task);
    suite.on_both_databases(around_users);
    suite.on_both_databases(users_of_another_workspace);
    suite.on_both_databases(marker_to_segment);
    suite.on_both_databases(by_id);
    suite.on_both_databases(by_id_of_type);
    suite.on_both_databases(wrong_ids);
    suite.on_both_databases(failing_fields);
    suite.on_both_databases(values_that_do_not_fit);
    suite.on_both_databases(values_beyond_all_bounds);
    suite.on_both_databases(failing_roots);
    suite.on_both_databases(failing_together);
    suite.on_both_databases(failing_below);
    suite.on_both_databases(failing_beside);
    suite.on_both_databases(absent_values);
    suite.on_both_databases(scalars);
}

/// A workspace in which everything is linked with everything, and as much again that must not be
/// taken for it.
struct World {
    plan: meeting::Model,
    session: session::Model,
    server: Server,
    token: String,
}

impl World {
    async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        let workspace = seed.workspace("acme").await?;
        let ada = seed.user(workspace.id, "ada").await?;
        let grace = seed.user(workspace.id, "grace").await?;

        let review = seed.meeting(&grace, "Review").await?;
        let elsewhere = seed.session(&ada).await?;
        seed.link(&review, &elsewhere).await?;
        seed.segment(&elsewhere, 0, "elsewhere").await?;
        seed.marker(&elsewhere, &ada, "elsewhere").await?;
        seed.participant(&review, &ada).await?;
        seed.task(&review, "Read").await?;

        let plan = seed.meeting(&ada, "Plan").await?;
        let session = seed.session(&grace).await?;
        let plan = seed.link(&plan, &session).await?;
        // Not in the order of their times, which is the one that counts.
        for (start_ms, text) in [(3000, "two"), (1000, "one")] {
            seed.segment(&session, start_ms, text).await?;
        }
        seed.marker(&session, &grace, "here").await?;
        seed.participant(&plan, &ada).await?;
        seed.participant(&plan, &grace).await?;
        seed.analytics(&plan).await?;
        let design = seed.task(&plan, "Design").await?;
        for title in ["Build", "Ship"] {
            let mut task = seed.task(&plan, title).await?.into_active_model();
            task.assigned_to_id = Set(Some(grace.id));
            task.depends_on_task_id = Set(Some(design.id));
            task.update(seed.0).await?;
        }

        let server = Server::start(database)?;
        let token = server.sign_in("ada").await?;
        Ok(Self {
            plan,
            session,
            server,
            token,
        })
    }

    /// Fails unless the document is answered with these data.
    async fn assert(&self, document: &str, expected: Value) -> Outcome {
        assert_eq!(self.server.read(&self.token, document).await?, expected);
        Ok(())
    }

    /// The global id of the one object that is found by its title, name or text.
    async fn id(&self, list: &str, filter: &str) -> Result<Value, Failed> {
        let document = format!("{{ {list}(where: {filter}) {{ nodes {{ id }} }} }}");
        let data = self.server.read(&self.token, &document).await?;
        match data[list]["nodes"].as_array().map(Vec::as_slice) {
            Some([node]) => Ok(node["id"].clone()),
            _ => Err(format!("not one of {list} where {filter}: {data}").into()),
        }
    }

    /// The global ids of one object of each type, in the order of the names of the types.
    async fn ids(&self) -> Result<Vec<Value>, Failed> {
        let others = self
            .server
            .read(
                &self.token,
                r#"{
                    workspace { id }
                    meetings(where: { title: { eq: "Plan" } }) { nodes {
                        participants(first: 1) { nodes { id } }
                        session { id segments(first: 1) { nodes { id } } }
                    } }
                }"#,
            )
            .await?;
        let plan = &others["meetings"]["nodes"][0];
        let of_plan = r#"{ meeting: { title: { eq: "Plan" } } }"#;
        Ok(vec![
            self.id("analytics", of_plan).await?,
            self.id("markers", r#"{ content: { eq: "here" } }"#).await?,
            self.id("meetings", r#"{ title: { eq: "Plan" } }"#).await?,
            plan["participants"]["nodes"][0]["id"].clone(),
            plan["session"]["segments"]["nodes"][0]["id"].clone(),
            plan["session"]["id"].clone(),
            self.id("tasks", r#"{ title: { eq: "Ship" } }"#).await?,
            self.id("users", r#"{ username: { eq: "grace" } }"#).await?,
            others["workspace"]["id"].clone(),
        ])
    }
}

/// From a meeting to all around it, and from there back.
async fn around_a_meeting(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let plan = json!({"title": "Plan"});
    world
        .assert(
            r#"{ meetings(where: { title: { eq: "Plan" } }) { nodes {
                workspace { slug meetings { nodes { title } } }
                organizer { username organizedMeetings { nodes { title } } }
                session { externalId meeting { title } }
                tasks { nodes { title meeting { title } } }
                participants { nodes { user { username } meeting { title } } }
                analytics { analysisStatus meeting { title } }
            } } }"#,
            json!({"meetings": {"nodes": [{
                "workspace": {
                    "slug": "acme",
                    "meetings": {"nodes": [plan, {"title": "Review"}]},
                },
                "organizer": {"username": "ada", "organizedMeetings": {"nodes": [plan]}},
                "session": {"externalId": world.session.external_id, "meeting": plan},
                "tasks": {"nodes": [
                    {"title": "Ship", "meeting": plan},
                    {"title": "Build", "meeting": plan},
                    {"title": "Design", "meeting": plan},
                ]},
                "participants": {"nodes": [
                    {"user": {"username": "ada"}, "meeting": plan},
                    {"user": {"username": "grace"}, "meeting": plan},
                ]},
                "analytics": {"analysisStatus": "PENDING", "meeting": plan},
            }]}}),
        )
        .await
}

/// From a session to its transcript and its markers, and back.
async fn around_a_session(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let external_id = &world.session.external_id;
    let session = json!({"externalId": external_id});
    world
        .assert(
            &format!(
                r#"{{ session(externalId: "{external_id}") {{
                    user {{ username sessions {{ nodes {{ externalId }} }} }}
                    meeting {{ title }}
                    segments {{ nodes {{ text startMs session {{ externalId }} }} }}
                    markers {{ nodes {{ content session {{ externalId }} user {{ username }} }} }}
                }} }}"#
            ),
            json!({"session": {
                "user": {"username": "grace", "sessions": {"nodes": [session]}},
                "meeting": {"title": "Plan"},
                "segments": {"nodes": [
                    {"text": "one", "startMs": 1000, "session": session},
                    {"text": "two", "startMs": 3000, "session": session},
                ]},
                "markers": {"nodes": [
                    {"content": "here", "session": session, "user": {"username": "grace"}},
                ]},
            }}),
        )
        .await
}

/// From a task to the one it waits for, to those that wait for it, and to its people.
async fn around_a_task(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    world
        .assert(
            r#"{ tasks(where: { meeting: { title: { eq: "Plan" } } }) { nodes {
                title
                assignedTo { username }
                createdBy { username }
                dependsOn { title }
                dependents { nodes { title dependsOn { title } } }
            } } }"#,
            json!({"tasks": {"nodes": [
                {
                    "title": "Ship",
                    "assignedTo": {"username": "grace"},
                    "createdBy": {"username": "ada"},
                    "dependsOn": {"title": "Design"},
                    "dependents": {"nodes": []},
                },
                {
                    "title": "Build",
                    "assignedTo": {"username": "grace"},
                    "createdBy": {"username": "ada"},
                    "dependsOn": {"title": "Design"},
                    "dependents": {"nodes": []},
                },
                {
                    "title": "Design",
                    "assignedTo": null,
                    "createdBy": {"username": "ada"},
                    "dependsOn": null,
                    "dependents": {"nodes": [
                        {"title": "Ship", "dependsOn": {"title": "Design"}},
                        {"title": "Build", "dependsOn": {"title": "Design"}},
                    ]},
                },
            ]}}),
        )
        .await
}

/// Fields that lead to users are null, without an error, where somebody has left the workspace, and
/// whatever is beside them stays. Rows keep their names.
async fn users_of_another_workspace(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let connection = database.connection();
    let seed = Seed(connection);
    let users = user::Entity::find().all(connection).await?;
    let named = |name: &str| users.iter().find(|it| it.username == name).cloned();
    let (ada, grace) = named("ada").zip(named("grace")).ok_or("no users")?;
    let sessions = session::Entity::find().all(connection).await?;
    let of_ada = sessions.into_iter().find(|it| it.user_id == Some(ada.id));
    seed.marker(&of_ada.ok_or("no session")?, &grace, "left")
        .await?;
    let mut grace = grace.into_active_model();
    grace.workspace_id = Set(Some(seed.workspace("other").await?.id));
    grace.update(connection).await?;
    let without_plans = Server::start_with(database, &["--query-plans", "off"])?;
    for server in [&world.server, &without_plans] {
        let data = server
            .read(
                &world.token,
                r#"{
                    meetings(orderBy: { field: ID, direction: ASC }) { nodes {
                        title
                        organizer { username }
                        tasks(orderBy: { field: ID, direction: ASC }) {
                            nodes { title createdBy { username } assignedTo { username } }
                        }
                        participants(orderBy: { field: ID, direction: ASC }) {
                            nodes { status user { username } }
                        }
                    } }
                    markers(where: { content: { eq: "left" } }) {
                        nodes { content user { username } }
                    }
                }"#,
            )
            .await?;
        let ada = json!({"username": "ada"});
        let task =
            |title: &str, by: &Value| json!({"title": title, "createdBy": by, "assignedTo": null});
        let tasks_of_plan = ["Design", "Build", "Ship"].map(|title| task(title, &ada));
        let participant = |user: &Value| json!({"status": "INVITED", "user": user});
        assert_eq!(
            data,
            json!({
                "meetings": {"nodes": [
                    {
                        "title": "Review",
                        "organizer": null,
                        "tasks": {"nodes": [task("Read", &Value::Null)]},
                        "participants": {"nodes": [participant(&ada)]},
                    },
                    {
                        "title": "Plan",
                        "organizer": ada,
                        "tasks": {"nodes": tasks_of_plan},
                        "participants": {"nodes": [participant(&ada), participant(&Value::Null)]},
                    },
                ]},
                "markers": {"nodes": [{"content": "left", "user": null}]},
            })
        );
    }
    Ok(())
}

/// From users to everything that is theirs, each with their own.
async fn around_users(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    world
        .assert(
            r"{ workspace { users { nodes {
                username
                workspace { slug }
                organizedMeetings { nodes { title } }
                sessions { nodes { meeting { title } } }
                participations { nodes { meeting { title } } }
                markers { nodes { content } }
                assignedTasks { nodes { title } }
                createdTasks { nodes { title } }
            } } } }",
            json!({"workspace": {"users": {"nodes": [
                {
                    "username": "ada",
                    "workspace": {"slug": "acme"},
                    "organizedMeetings": {"nodes": [{"title": "Plan"}]},
                    "sessions": {"nodes": [{"meeting": {"title": "Review"}}]},
                    "participations": {"nodes": [
                        {"meeting": {"title": "Review"}},
                        {"meeting": {"title": "Plan"}},
                    ]},
                    "markers": {"nodes": [{"content": "elsewhere"}]},
                    "assignedTasks": {"nodes": []},
                    "createdTasks": {"nodes": [
                        {"title": "Ship"}, {"title": "Build"}, {"title": "Design"},
                    ]},
                },
                {
                    "username": "grace",
                    "workspace": {"slug": "acme"},
                    "organizedMeetings": {"nodes": [{"title": "Review"}]},
                    "sessions": {"nodes": [{"meeting": {"title": "Plan"}}]},
                    "participations": {"nodes": [{"meeting": {"title": "Plan"}}]},
                    "markers": {"nodes": [{"content": "here"}]},
                    "assignedTasks": {"nodes": [{"title": "Ship"}, {"title": "Build"}]},
                    "createdTasks": {"nodes": [{"title": "Read"}]},
                },
            ]}}}),
        )
        .await
}

/// A marker leads to the segment that was being spoken: the last that had begun, in its own
/// session.
async fn marker_to_segment(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let grace = user::Entity::find()
        .all(database.connection())
        .await?
        .pop()
        .unwrap();
    let moments = [
        (None, Value::Null),
        (Some(0), Value::Null),
        (Some(999), Value::Null),
        (Some(1000), json!({"text": "one"})),
        (Some(2500), json!({"text": "one"})),
        (Some(3000), json!({"text": "two"})),
        (Some(i32::MAX), json!({"text": "two"})),
    ];
    for (timestamp, _) in &moments {
        let seed = Seed(database.connection());
        let mut marker = seed
            .marker(&world.session, &grace, "at")
            .await?
            .into_active_model();
        marker.timestamp = Set(*timestamp);
        marker.update(seed.0).await?;
    }
    let nodes: Vec<Value> = moments
        .into_iter()
        .map(|(timestamp, segment)| json!({"atMs": timestamp, "segment": segment}))
        .collect();
    world
        .assert(
            r#"{ markers(where: { content: { eq: "at" } }) { nodes { atMs segment { text } } } }"#,
            json!({"markers": {"nodes": nodes}}),
        )
        .await
}

/// Every type is found again by its global id, alone and among others.
async fn by_id(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ids = world.ids().await?;
    let document = "query ($ids: [ID!]!) { nodes(ids: $ids) {
        __typename
        id
        databaseId
        ... on Analytics { meeting { title } }
        ... on Marker { content }
        ... on Meeting { title }
        ... on Session { externalId }
        ... on Task { title }
        ... on User { username }
        ... on Workspace { slug }
        ... on Participant { user { username } }
        ... on Segment { text }
    } }";
    let answer = world
        .server
        .ask_as(&world.token, document, json!({"ids": ids}))
        .await?;
    let nodes = answer.data()?["nodes"].as_array().unwrap();
    let expected = [
        json!({"__typename": "Analytics", "meeting": {"title": "Plan"}}),
        json!({"__typename": "Marker", "content": "here"}),
        json!({"__typename": "Meeting", "title": "Plan"}),
        json!({"__typename": "Participant", "user": {"username": "ada"}}),
        json!({"__typename": "Segment", "text": "one"}),
        json!({"__typename": "Session", "externalId": world.session.external_id}),
        json!({"__typename": "Task", "title": "Ship"}),
        json!({"__typename": "User", "username": "grace"}),
        json!({"__typename": "Workspace", "slug": "acme"}),
    ];
    assert_eq!(nodes.len(), expected.len());
    for ((node, mut expected), id) in nodes.iter().zip(expected).zip(&ids) {
        expected["id"] = id.clone();
        expected["databaseId"] = node["databaseId"].clone();
        assert_eq!(*node, expected);

        let document = "query ($id: ID!) { node(id: $id) { __typename id databaseId } }";
        let alone = world
            .server
            .ask_as(&world.token, document, json!({"id": id}))
            .await?;
        for key in ["__typename", "id", "databaseId"] {
            assert_eq!(alone.data()?["node"][key], node[key]);
        }
    }
    assert_eq!(nodes[2]["databaseId"], world.plan.id);
    Ok(())
}

/// The root fields of single objects take the same ids.
async fn by_id_of_type(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ids = world.ids().await?;
    let document = "query (
        $meeting: ID!, $session: ID!, $by: SessionBy!, $external: UUID!, $task: ID!, $user: ID!
    ) {
        meeting(id: $meeting) { title }
        session(id: $session) { externalId }
        byId: session(by: {id: $session}) { externalId }
        byExternalId: session(by: {externalId: $external}) { id }
        byVariable: session(by: $by) { id }
        task(id: $task) { title }
        user(id: $user) { username }
    }";
    let variables = json!({
        "meeting": ids[2], "session": ids[5], "task": ids[6], "user": ids[7],
        "external": world.session.external_id, "by": {"externalId": world.session.external_id},
    });
    let answer = world
        .server
        .ask_as(&world.token, document, variables)
        .await?;
    let expected = json!({
        "meeting": {"title": "Plan"},
        "session": {"externalId": world.session.external_id},
        "byId": {"externalId": world.session.external_id},
        "byExternalId": {"id": ids[5]},
        "byVariable": {"id": ids[5]},
        "task": {"title": "Ship"},
        "user": {"username": "grace"},
    });
    assert_eq!(*answer.data()?, expected);
    Ok(())
}

/// Ids that cannot be meant are rejected in words that help; ids of nothing lead to null.
async fn wrong_ids(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let meeting = world.id("meetings", r#"{ title: { eq: "Plan" } }"#).await?;
    let task = world.id("tasks", r#"{ title: { eq: "Ship" } }"#).await?;
    let both = "is an ID of type Meeting; an ID of type Task is required here";
    for (document, id, words) in [
        (
            "query ($id: ID!) { task(id: $id) { title } }",
            &meeting,
            both,
        ),
        (
            "query ($id: ID!) { tasks(where: { id: { eq: $id } }) { totalCount } }",
            &meeting,
            both,
        ),
        (
            "query ($id: ID!) { tasks(where: { id: { in: [$id] } }) { totalCount } }",
            &meeting,
            both,
        ),
        (
            "query ($id: ID!) { meeting(id: $id) { title } }",
            &json!("17"),
            "is not an ID",
        ),
        (
            "query ($id: ID!) { meeting(id: $id) { title } }",
            &json!(17),
            "is not an ID",
        ),
        (
            "query ($id: ID!) { node(id: $id) { id } }",
            &json!("x"),
            "is not an ID",
        ),
        // `Wall:1` in base64.
        (
            "query ($id: ID!) { node(id: $id) { id } }",
            &json!("V2FsbDox"),
            "no type",
        ),
        (
            "query ($id: ID!) { nodes(ids: [$id]) { id } }",
            &json!("x"),
            "is not an ID",
        ),
        (
            r#"query ($id: ID!) { session(id: $id, externalId: "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34") { id } }"#,
            // `Session:1` in base64.
            &json!("U2Vzc2lvbjox"),
            "one of",
        ),
        (
            r#"query ($id: ID!) { session(id: $id, by: { externalId: "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34" }) { id } }"#,
            &json!("U2Vzc2lvbjox"),
            "`by` alone",
        ),
        (
            "query ($id: ID!) { session(by: { id: $id }) { id } }",
            &meeting,
            "an ID of type Session is required here",
        ),
        (
            "query ($id: ID) { session(id: $id) { id } }",
            &Value::Null,
            "one of",
        ),
    ] {
        let answer = world
            .server
            .ask_as(&world.token, document, json!({"id": id}))
            .await?;
        assert_eq!(answer.status, StatusCode::OK);
        answer.assert_error("BAD_USER_INPUT", words)?;
    }

    let document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let many = vec![&task; 101];
    let answer = world
        .server
        .ask_as(&world.token, document, json!({"ids": many}))
        .await?;
    answer.assert_error("BAD_USER_INPUT", "101 IDs")?;
    // `Task:2147483647` in base64.
    let ids = json!([task, "VGFzazoyMTQ3NDgzNjQ3", task]);
    let answer = world
        .server
        .ask_as(&world.token, document, json!({"ids": ids}))
        .await?;
    let found = json!({"id": task});
    assert_eq!(answer.data()?["nodes"], json!([found, null, found]));
    Ok(())
}

/// A value of another program that its closed set does not have counts as absent, and one in another
/// letter case as what it means. The row and its page are there.
async fn values_that_do_not_fit(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    // An adopted database may lack the constraint.
    let without_constraint = match database.backend() {
        DbBackend::Sqlite => "PRAGMA ignore_check_constraints = ON",
        _ => "ALTER TABLE meeting DROP CONSTRAINT ck_meeting_status",
    };
    let odd = "UPDATE meeting SET status = 'odd' WHERE title = 'Plan'";
    let script = format!("{without_constraint}; {odd}");
    database.connection().execute_unprepared(&script).await?;
    let list = |selection: &str| {
        format!(
            r#"{{ meetings(where: {{ title: {{ eq: "Plan" }} }}) {{ nodes {{ title {selection} }} }} }}"#
        )
    };
    let without_plans = Server::start_with(database, &["--query-plans", "off"])?;
    let document = list("status allowedTransitions");
    for (stored, shown) in [("odd", "DRAFT"), ("", "DRAFT"), ("Cancelled", "CANCELLED")] {
        let store = format!("UPDATE meeting SET status = '{stored}' WHERE title = 'Plan'");
        let script = match database.backend() {
            DbBackend::Sqlite => format!("{without_constraint}; {store}"),
            _ => store,
        };
        database.connection().execute_unprepared(&script).await?;
        for server in [&world.server, &without_plans] {
            let answer = server.ask_as(&world.token, &document, json!({})).await?;
            let node = &answer.data()?["meetings"]["nodes"][0];
            assert_eq!(node["title"], "Plan");
            assert_eq!(node["status"], shown, "{stored}");
            let transitions = node["allowedTransitions"].as_array().ok_or("no list")?;
            assert_eq!(transitions.is_empty(), shown == "CANCELLED", "{stored}");
        }
    }
    Ok(())
}

/// A value that another program has stored, and where it is seen.
struct Beyond {
    /// Stores the value.
    sql: &'static str,
    /// What is around the object, with `$` in place of its fields.
    list: &'static str,
    field: &'static str,
    /// A field with code behind it.
    code: &'static str,
}

const MEETINGS: &str = "meetings { nodes { $ } }";
const TASKS: &str = "tasks { nodes { $ } }";
const ANALYTICS: &str = "analytics { nodes { $ } }";
const SEGMENTS: &str = "session { segments { nodes { $ } } }";
const WORKSPACE: &str = "workspace { $ }";

const ON_POSTGRES: [Beyond; 9] = [
    beyond_times(MEETINGS, "UPDATE meeting SET scheduled_start = 'infinity'"),
    beyond_times(MEETINGS, "UPDATE meeting SET scheduled_start = '-infinity'"),
    beyond_times(
        MEETINGS,
        "UPDATE meeting SET scheduled_start = '294000-01-01'",
    ),
    beyond_dates("UPDATE task SET due_date = 'infinity'"),
    beyond_dates("UPDATE task SET due_date = '-infinity'"),
    beyond_dates("UPDATE task SET due_date = '5000000-01-01'"),
    Beyond {
        sql: "UPDATE analytics SET overall_engagement_score = 'NaN'",
        list: ANALYTICS,
        field: "overallEngagementScore",
        code: "allowedTransitions",
    },
    Beyond {
        sql: "UPDATE segment SET confidence = '-Infinity'",
        list: SEGMENTS,
        field: "confidence",
        code: "viewerCanCorrect",
    },
    Beyond {
        sql: "UPDATE workspace SET settings = '{\"a\": 1e400}'",
        list: WORKSPACE,
        field: "settings",
        code: "viewerCanUpdate",
    },
];

const ON_SQLITE: [Beyond; 7] = [
    beyond_times(MEETINGS, "UPDATE meeting SET scheduled_start = 'infinity'"),
    beyond_times(MEETINGS, "UPDATE meeting SET scheduled_start = 9e999"),
    beyond_dates("UPDATE task SET due_date = '5000000-01-01'"),
    Beyond {
        sql: "UPDATE analytics SET overall_engagement_score = 9e999",
        list: ANALYTICS,
        field: "overallEngagementScore",
        code: "allowedTransitions",
    },
    Beyond {
        sql: "UPDATE segment SET start_ms = 3000000000",
        list: SEGMENTS,
        field: "startMs",
        code: "viewerCanCorrect",
    },
    Beyond {
        sql: "UPDATE workspace SET settings = '{\"a\": 1e400}'",
        list: WORKSPACE,
        field: "settings",
        code: "viewerCanUpdate",
    },
    Beyond {
        sql: "UPDATE workspace SET settings = '{'",
        list: WORKSPACE,
        field: "settings",
        code: "viewerCanUpdate",
    },
];

const fn beyond_times(list: &'static str, sql: &'static str) -> Beyond {
    Beyond {
        sql,
        list,
        field: "scheduledStart",
        code: "viewerCanStart",
    }
}

const fn beyond_dates(sql: &'static str) -> Beyond {
    Beyond {
        sql,
        list: TASKS,
        field: "dueDate",
        code: "viewerCanStart",
    }
}

/// All errors of an answer are internal ones, and there are some.
fn assert_internal(answer: &Answer, context: &str) {
    let errors = answer.body["errors"].as_array();
    let codes: Vec<_> = errors
        .into_iter()
        .flatten()
        .map(|error| &error["extensions"]["code"])
        .collect();
    assert!(!codes.is_empty(), "{context}");
    assert!(codes.iter().all(|code| *code == "INTERNAL"), "{context}");
}

/// Values that Mina cannot represent are absent where they are read, by plans, by code and by
/// mutations. Everything else in the answer is there, and mutations leave them as they are.
async fn values_beyond_all_bounds(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let without_plans = Server::start_with(database, &["--query-plans", "off"])?;
    let seed = Seed(database.connection());
    let user = user::Entity::find().one(seed.0).await?.ok_or("no user")?;
    seed.session(&user).await?;
    let roles = r#"UPDATE "user" SET role = 'admin'"#;
    seed.0.execute_unprepared(roles).await?;
    let beyond: &[Beyond] = match database.backend() {
        DbBackend::Sqlite => &ON_SQLITE,
        _ => &ON_POSTGRES,
    };
    let id = world.id("meetings", r#"{ title: { eq: "Plan" } }"#).await?;
    for Beyond {
        sql,
        list,
        field,
        code,
    } in beyond
    {
        seed.0.execute_unprepared(sql).await?;
        let list = list.replace("session {", &format!("meeting(id: {id}) {{ session {{"));
        let list = if list.starts_with("meeting(") {
            format!("{list} }}")
        } else {
            list
        };
        for server in [&world.server, &without_plans] {
            for field in [field, code] {
                let document = format!("{{ {} viewer {{ id }} }}", list.replace('$', field));
                let answer = server.ask_as(&world.token, &document, json!({})).await?;
                assert_eq!(answer.status, StatusCode::OK, "{sql}: {answer:#?}");
                let context = format!("{sql}: {document}: {:#}", answer.body);
                assert!(answer.body["data"]["viewer"]["id"].is_string(), "{context}");
                assert!(answer.body.get("errors").is_none(), "{context}");
            }
        }
        let document = format!(
            r#"mutation {{
                a: meetingUpdate(input: {{ id: {id}, title: "Plan" }}) {{ meeting {{ id }} }}
                b: taskCreate(input: {{ title: "New", meetingId: {id} }}) {{ task {{ id }} }}
            }}"#
        );
        let answer = world
            .server
            .ask_as(&world.token, &document, json!({}))
            .await?;
        assert_eq!(answer.status, StatusCode::OK, "{sql}: {answer:#?}");
        assert!(answer.body.get("errors").is_none(), "{sql}: {answer:#?}");
        for statement in [
            "UPDATE meeting SET scheduled_start = NULL",
            "UPDATE task SET due_date = NULL",
            "UPDATE analytics SET overall_engagement_score = NULL",
            "UPDATE segment SET confidence = NULL, start_ms = 0",
            "UPDATE workspace SET settings = NULL",
        ] {
            seed.0.execute_unprepared(statement).await?;
        }
    }
    // A plan reads the positions of rows for their cursors, and a row without one has no place in the
    // list. Without plans, it has the place of NULL.
    if database.backend() == DbBackend::Postgres {
        let odd = "UPDATE meeting SET scheduled_start = 'infinity'";
        seed.0.execute_unprepared(odd).await?;
        let document = "{ meetings(orderBy: { field: SCHEDULED_START }) { edges { cursor } } }";
        let answer = world
            .server
            .ask_as(&world.token, document, json!({}))
            .await?;
        assert_internal(&answer, document);
    }
    for server in [&world.server, &without_plans] {
        assert!(server.log_lines_with("panicked").is_empty());
    }
    Ok(())
}

/// A field that fails is null alone, with an error that says where; what failed inside shows only
/// an id, which the log repeats.
async fn failing_fields(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let document = r#"{ meetings(where: { title: { eq: "Plan" } }) { nodes { title } } node(id: "x") { id } }"#;
    let answer = world
        .server
        .ask_as(&world.token, document, json!({}))
        .await?;
    answer.assert_error("BAD_USER_INPUT", "is not an ID")?;
    let expected = json!({"meetings": {"nodes": [{"title": "Plan"}]}, "node": null});
    assert_eq!(answer.body["data"], expected);
    assert_eq!(answer.body["errors"][0]["path"], json!(["node"]));

    database
        .connection()
        .execute_unprepared(
            "DROP TABLE mina_analysis_lease; DROP TABLE mina_analytics_place;
             DROP VIEW mina_expected_analytics_place; DROP TABLE analytics",
        )
        .await?;
    let document = r#"{ meetings(where: { title: { eq: "Plan" } }) { nodes { title organizer { username } analytics { id } } } }"#;
    let answer = world
        .server
        .ask_as(&world.token, document, json!({}))
        .await?;
    answer.assert_error("INTERNAL", "Internal error")?;
    let expected = json!({"meetings": {"nodes": [
        {"title": "Plan", "organizer": {"username": "ada"}, "analytics": null},
    ]}});
    assert_eq!(answer.body["data"], expected);
    let error = &answer.body["errors"][0];
    assert_eq!(error["path"], json!(["meetings", "nodes", 0, "analytics"]));
    let message = error["message"].as_str().unwrap();
    assert!(!message.contains("analytics"), "{message}");
    let id = message
        .split(|character: char| character.is_whitespace() || character == '.')
        .find(|word| uuid::Uuid::try_parse(word).is_ok())
        .ok_or_else(|| format!("no id in {message:?}"))?;
    let line = world.server.log_line_with(id)?;
    assert!(line.contains("analytics"), "{line}");
    Ok(())
}

/// Root fields with an argument that is wrong.
fn wrong_fields() -> Vec<String> {
    // `User:1` and `Wall:1` in base64.
    let (other, unknown) = ("VXNlcjox", "V2FsbDox");
    let mut fields = Vec::new();
    for list in [
        "meetings",
        "sessions",
        "tasks",
        "users",
        "markers",
        "analytics",
    ] {
        let id = if list == "users" { "VGFzazox" } else { other };
        for arguments in [
            "first: 101",
            "first: -1",
            "first: 1, last: 1",
            "after: \"bogus\"",
            "before: \"bogus\"",
            "orderBy: [{field: ID}, {field: ID}, {field: ID}, {field: ID}, {field: ID}, {field: ID},
                {field: ID}, {field: ID}, {field: ID}]",
            "where: {id: {eq: \"bogus\"}}",
            "where: {id: {in: [\"\"]}}",
            "where: {id: {ne: 7}}",
            &format!("where: {{id: {{eq: \"{id}\"}}}}"),
            &format!("where: {{id: {{eq: \"{unknown}\"}}}}"),
            "where: {not: {and: [{or: [{id: {eq: \"bogus\"}}]}]}}",
        ] {
            fields.push(format!("{list}({arguments}) {{ totalCount }}"));
        }
    }
    for field in ["meeting", "session", "task", "user", "node"] {
        let id = if field == "user" { "VGFzazox" } else { other };
        for id in ["bogus", "", "17", unknown, id] {
            // A node may have an ID of any type that exists.
            if field != "node" || id != other {
                fields.push(format!("{field}(id: \"{id}\") {{ id }}"));
            }
        }
        fields.push(format!("{field}(id: 17) {{ id }}"));
    }
    fields.extend(
        [
            "session { id }",
            "session(id: \"bogus\", externalId: \"0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34\") { id }",
            "search(text: \"x\") { totalCount }",
            "search(text: \"Plan\", after: \"bogus\") { totalCount }",
            "search(text: \"Plan\", first: 101) { totalCount }",
            "tasks(where: {assignedTo: {id: {eq: \"bogus\"}}}) { totalCount }",
            "tasks(where: {meeting: {tasks: {none: {id: {eq: \"bogus\"}}}}}) { nodes { id } }",
        ]
        .map(str::to_owned),
    );
    let many = [other; 101].map(|id| format!("\"{id}\"")).join(", ");
    fields.push(format!("nodes(ids: [{many}]) {{ id }}"));
    fields
}

/// Whatever is wrong with one root field concerns that field alone.
async fn failing_roots(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    for field in wrong_fields() {
        let document = format!("{{ viewer {{ role }} bad: {field} workspace {{ slug }} }}");
        let answer = world.server.ask_as(&world.token, &document, json!({}));
        let answer = answer.await?;
        assert_eq!(answer.status, StatusCode::OK);
        answer.assert_error("BAD_USER_INPUT", "")?;
        let expected =
            json!({"viewer": {"role": "MEMBER"}, "bad": null, "workspace": {"slug": "acme"}});
        assert_eq!(answer.body["data"], expected, "{field}");
        let error = &answer.body["errors"][0];
        assert_eq!(error["path"], json!(["bad"]), "{field}");
        let message = error["message"].as_str().unwrap();
        assert!(
            !message.contains("parse") && !message.contains("parsing"),
            "{message}"
        );
    }

    let data = world
        .server
        .read(
            &world.token,
            r#"{ __type(name: "Query") { fields { name type { kind } } } }"#,
        )
        .await?;
    for field in data["__type"]["fields"].as_array().ok_or("no fields")? {
        assert_ne!(field["type"]["kind"], "NON_NULL", "{field}");
    }
    Ok(())
}

/// Several root fields fail, each with an error of its own, also if a variable is wrong.
async fn failing_together(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let document = "query ($id: ID!, $filter: TaskWhere, $after: String) {
        viewer { role }
        meeting(id: $id) { id }
        tasks(where: $filter) { nodes { id } }
        users(after: $after) { nodes { id } }
        nodes(ids: [$id]) { id }
    }";
    let variables = json!({"id": "bogus", "filter": {"id": {"eq": "bogus"}}, "after": "bogus"});
    let answer = world.server.ask_as(&world.token, document, variables);
    let answer = answer.await?;
    let expected = json!({
        "viewer": {"role": "MEMBER"}, "meeting": null, "tasks": null, "users": null, "nodes": [null],
    });
    assert_eq!(answer.body["data"], expected);
    let errors = answer.body["errors"].as_array().ok_or("no errors")?;
    let mut paths: Vec<String> = errors.iter().map(|it| it["path"].to_string()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            r#"["meeting"]"#,
            r#"["nodes",0]"#,
            r#"["tasks"]"#,
            r#"["users"]"#
        ]
    );
    Ok(())
}

/// Below the root, an error makes null what can be null, and nothing more.
async fn failing_below(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ask = async |document: &str| {
        let answer = world
            .server
            .ask_as(&world.token, document, json!({}))
            .await?;
        answer.assert_error("BAD_USER_INPUT", "")?;
        Ok::<_, Failed>((
            answer.body["data"].clone(),
            answer.body["errors"][0]["path"].clone(),
        ))
    };
    // A list below a list.
    let (data, path) = ask(
        "{ viewer { role } meetings(first: 1) { nodes { tasks(after: \"bogus\") { totalCount } } } }",
    )
    .await?;
    assert_eq!(
        data,
        json!({"viewer": {"role": "MEMBER"}, "meetings": null})
    );
    assert_eq!(path, json!(["meetings", "nodes", 0, "tasks"]));
    // The same below each kind of list.
    let (data, path) = ask(
        "{ viewer { role } sessions { edges { node { segments(first: 1001) { totalCount } } } } }",
    )
    .await?;
    assert_eq!(
        data,
        json!({"viewer": {"role": "MEMBER"}, "sessions": null})
    );
    assert_eq!(path, json!(["sessions", "edges", 0, "node", "segments"]));
    for (selection, expected) in [
        ("nodes { ...Bad }", json!(["search", "nodes", 0, "tasks"])),
        (
            "edges { node { ...Bad } }",
            json!(["search", "edges", 0, "node", "tasks"]),
        ),
    ] {
        let document = format!(
            "{{ viewer {{ role }} search(text: \"Plan\", types: [MEETING]) {{ {selection} }} }}
             fragment Bad on Meeting {{ tasks(where: {{id: {{eq: \"bogus\"}}}}) {{ totalCount }} }}"
        );
        let (data, path) = ask(&document).await?;
        assert_eq!(data, json!({"viewer": {"role": "MEMBER"}, "search": null}));
        assert_eq!(path, expected);
    }
    // A list below a nullable relation.
    let (data, path) = ask(r#"{ tasks(where: {title: {eq: "Build"}}) { nodes {
            title
            dependsOn { title dependents(where: {id: {eq: "bogus"}}) { totalCount } }
        } } }"#)
    .await?;
    let build = json!({"title": "Build", "dependsOn": null});
    assert_eq!(data, json!({"tasks": {"nodes": [build]}}));
    assert_eq!(
        path,
        json!(["tasks", "nodes", 0, "dependsOn", "dependents"])
    );
    // What is read after a mutation.
    let (data, path) = ask(r#"mutation { sessionCreate(input: {}) {
            session { status }
            query { viewer { role } tasks(after: "bogus") { totalCount } }
        } }"#)
    .await?;
    let query = json!({"viewer": {"role": "MEMBER"}, "tasks": null});
    let created = json!({"session": {"status": "PENDING"}, "query": query});
    assert_eq!(data, json!({"sessionCreate": created}));
    assert_eq!(path, json!(["sessionCreate", "query", "tasks"]));
    Ok(())
}

/// Several lists with invalid arguments below the same object have the same errors every time.
async fn failing_beside(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let document = r#"{
        meetings { nodes {
            title
            session { segments(after: "bogus") { totalCount } }
            tasks(after: "bogus") { nodes { title } }
            participants(first: 1000) { nodes { id } }
        } }
        tasks(orderBy: { field: ID }) { nodes {
            dependsOn { dependents(before: "bogus") { totalCount } }
        } }
        viewer { role }
    }"#;
    let ask = async || {
        let answer = world
            .server
            .ask_as(&world.token, document, json!({}))
            .await?;
        Ok::<_, Failed>(answer.body)
    };
    let first = ask().await?;
    assert_eq!(first["data"]["viewer"], json!({"role": "MEMBER"}));
    assert_eq!(first["data"]["meetings"], Value::Null);
    let dependent = first["data"]["tasks"]["nodes"]
        .as_array()
        .ok_or("no tasks")?;
    assert!(dependent.iter().all(|task| task["dependsOn"].is_null()));
    let paths = first["errors"].as_array().ok_or("no errors")?.iter();
    let paths: Vec<Value> = paths.map(|error| error["path"].clone()).collect();
    assert_eq!(
        paths,
        [
            json!(["meetings", "nodes", 0, "session", "segments"]),
            json!(["meetings", "nodes", 0, "tasks"]),
            json!(["tasks", "nodes", 2, "dependsOn", "dependents"]),
            json!(["tasks", "nodes", 3, "dependsOn", "dependents"]),
        ]
    );
    for _ in 0..20 {
        assert_eq!(ask().await?, first);
    }
    Ok(())
}

/// A NULL in a nullable column breaks no list. The column reads as the default of its type.
async fn absent_values(database: &TestDatabase) -> Outcome {
    insert_absent_values(database).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let data = server
        .read(
            &token,
            "{
                workspace { settings createdAt }
                users { nodes { role isActive createdAt } }
                meetings { nodes {
                    status createdAt updatedAt description scheduledStart scheduledEnd
                    tasks { nodes {
                        status priority createdAt updatedAt
                        description dueDate completedAt assignedTo { id } dependsOn { id }
                    } }
                    participants { nodes { role status createdAt joinedAt leftAt } }
                    analytics {
                        analysisStatus createdAt updatedAt
                        meetingEffectivenessScore keyTopics actionItems { title }
                    }
                } }
                sessions { nodes {
                    user { id } meeting { title }
                    status language vadEnabled createdAt startedAt endedAt
                    segments { nodes {
                        kind createdAt confidence startMs endMs speaker language
                    } }
                    markers { nodes { createdAt timestamp speaker segment { id } } }
                } }
            }",
        )
        .await?;
    let epoch = "1970-01-01T00:00:00Z";
    let expected = json!({
        "workspace": {"settings": {}, "createdAt": epoch},
        "users": {"nodes": [{"role": "MEMBER", "isActive": true, "createdAt": epoch}]},
        "meetings": {"nodes": [{
            "status": "DRAFT", "createdAt": epoch, "updatedAt": epoch,
            "description": null, "scheduledStart": null, "scheduledEnd": null,
            "tasks": {"nodes": [{
                "status": "TODO", "priority": "MEDIUM", "createdAt": epoch, "updatedAt": epoch,
                "description": null, "dueDate": null, "completedAt": null,
                "assignedTo": null, "dependsOn": null,
            }]},
            "participants": {"nodes": [{
                "role": "PARTICIPANT", "status": "INVITED", "createdAt": epoch,
                "joinedAt": null, "leftAt": null,
            }]},
            "analytics": {
                "analysisStatus": "PENDING", "createdAt": epoch, "updatedAt": epoch,
                "meetingEffectivenessScore": null, "keyTopics": null, "actionItems": null,
            },
        }]},
        "sessions": {"nodes": [{
            "user": null, "meeting": {"title": "Plan"},
            "status": "PENDING", "language": "en", "vadEnabled": true, "createdAt": epoch,
            "startedAt": null, "endedAt": null,
            "segments": {"nodes": [{
                "kind": "FINAL", "createdAt": epoch, "confidence": null,
                "startMs": null, "endMs": null, "speaker": null, "language": null,
            }]},
            "markers": {"nodes": [{
                "createdAt": epoch, "timestamp": null, "speaker": null, "segment": null,
            }]},
        }]},
    });
    assert_eq!(data, expected);
    Ok(())
}

/// One row of each table with every NULL that the contract allows.
async fn insert_absent_values(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let seed = Seed(connection);
    let workspace = workspace::ActiveModel {
        name: Set("acme".into()),
        slug: Set("acme".into()),
        settings: Set(None),
        created_at: Set(None),
        ..Default::default()
    }
    .insert(connection)
    .await?;
    let mut ada = seed.user(workspace.id, "ada").await?.into_active_model();
    (ada.role, ada.is_active, ada.created_at) = (Set(None), Set(None), Set(None));
    let ada = ada.update(connection).await?;
    let mut plan = seed.meeting(&ada, "Plan").await?.into_active_model();
    (plan.status, plan.created_at, plan.updated_at) = (Set(None), Set(None), Set(None));
    let plan = plan.update(connection).await?;
    let session = session::ActiveModel {
        external_id: Set("0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34".into()),
        status: Set(None),
        user_id: Set(None),
        language: Set(None),
        vad_enabled: Set(None),
        created_at: Set(None),
        ..Default::default()
    }
    .insert(connection)
    .await?;
    let plan = seed.link(&plan, &session).await?;
    segment::ActiveModel {
        session_id: Set(session.id),
        text: Set("one".into()),
        kind: Set(None),
        created_at: Set(None),
        ..Default::default()
    }
    .insert(connection)
    .await?;
    let mut marker = seed
        .marker(&session, &ada, "here")
        .await?
        .into_active_model();
    marker.created_at = Set(None);
    marker.update(connection).await?;
    let mut task = seed.task(&plan, "Ship").await?.into_active_model();
    (task.status, task.priority) = (Set(None), Set(None));
    (task.created_at, task.updated_at) = (Set(None), Set(None));
    task.update(connection).await?;
    let mut participant = seed.participant(&plan, &ada).await?.into_active_model();
    (participant.role, participant.status) = (Set(None), Set(None));
    participant.created_at = Set(None);
    participant.update(connection).await?;
    let mut found = seed.analytics(&plan).await?.into_active_model();
    found.analysis_status = Set(None);
    (found.created_at, found.updated_at) = (Set(None), Set(None));
    found.update(connection).await?;
    Ok(())
}

/// Times carry `Z` and their microseconds, days are plain, JSON is JSON, UUIDs are in lower case.
async fn scalars(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let connection = database.connection();
    let topics = json!([{"name": "Plan \u{1f389}", "weight": 0.5, "of": null, "is": [true, 2]}]);
    let found = analytics::Entity::find().one(connection).await?.unwrap();
    let mut found = found.into_active_model();
    found.key_topics = Set(Some(topics.clone()));
    found.meeting_effectiveness_score = Set(Some(0.1));
    found.update(connection).await?;
    let task = task::Entity::find().one(connection).await?.unwrap();
    let mut task = task.into_active_model();
    task.due_date = Set(Some("2026-02-28".parse()?));
    task.completed_at = Set(Some("2026-02-28T23:59:59".parse()?));
    task.update(connection).await?;
    world
        .assert(
            r#"{
                analytics { nodes {
                    createdAt keyTopics topics { topic } decisions { decision }
                    meetingEffectivenessScore
                } }
                tasks(where: { dueDate: { eq: "2026-02-28" } }) { nodes { dueDate completedAt } }
            }"#,
            json!({
                "analytics": {"nodes": [{
                    "createdAt": format!("{}Z", moment().format("%FT%T%.6f")),
                    "keyTopics": topics,
                    "topics": null,
                    "decisions": null,
                    "meetingEffectivenessScore": 0.1,
                }]},
                "tasks": {"nodes": [
                    {"dueDate": "2026-02-28", "completedAt": "2026-02-28T23:59:59Z"},
                ]},
            }),
        )
        .await?;

    // In other words than those of the answer: upper case, no hyphens, another offset.
    let external_id = &world.session.external_id;
    let written = [
        external_id.to_uppercase(),
        external_id.replace('-', ""),
        external_id.clone(),
    ];
    for written in written {
        world
            .assert(
                &format!(r#"{{ session(externalId: "{written}") {{ externalId }} }}"#),
                json!({"session": {"externalId": external_id}}),
            )
            .await?;
    }
    world
        .assert(
            r#"{ tasks(where: { completedAt: { eq: "2026-03-01T01:29:59.0000009+01:30" } }) { totalCount } }"#,
            json!({"tasks": {"totalCount": 1}}),
        )
        .await?;

    for (field, operand, words) in [
        ("dueDate", r#""28.2.2026""#, "YYYY-MM-DD"),
        ("dueDate", r#""2026-02-29""#, "YYYY-MM-DD"),
        ("dueDate", "20260228", "Date"),
        ("completedAt", r#""2026-02-28""#, "RFC 3339"),
        ("completedAt", r#""2026-02-28T23:59:59""#, "RFC 3339"),
        (
            "completedAt",
            r#""0000-01-01T00:00:00Z""#,
            "years 1 to 9999",
        ),
        ("status", "DONE", "TaskStatus"),
        ("databaseId", "2147483648", "Int"),
    ] {
        let document =
            format!("{{ tasks(where: {{ {field}: {{ eq: {operand} }} }}) {{ totalCount }} }}");
        let answer = world
            .server
            .ask_as(&world.token, &document, json!({}))
            .await?;
        answer.assert_error("BAD_USER_INPUT", words)?;
    }
    let answer = world
        .server
        .ask_as(
            &world.token,
            r#"{ session(externalId: "not one") { id } }"#,
            json!({}),
        )
        .await?;
    answer.assert_error("BAD_USER_INPUT", "is not a UUID")
}

/// A body that is no request is rejected in JSON, with what was expected.
async fn malformed_bodies(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    for body in [
        "",
        "{",
        "7",
        r#"{"query": 5}"#,
        r#"[{"query": "{ __typename }"}]"#,
        "{}\u{0}",
    ] {
        let response = reqwest::Client::new()
            .post(server.url("/graphql"))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?;
        assert_eq!(response.status(), 400, "{body:?}");
        let answer: Value = response.json().await?;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("is a JSON object with `query`"),
            "{message}"
        );
    }
    Ok(())
}
