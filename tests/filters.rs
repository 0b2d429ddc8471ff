//! `where` and `orderBy`.

use entity::{
    analytics, meeting,
    task::{self, Priority, Status},
    user,
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, prelude::Date,
};
use serde_json::{Value, json};

use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(comparisons);
    suite.on_both_databases(combinations);
    suite.on_both_databases(relations);
    suite.on_both_databases(other_types);
    suite.on_both_databases(rejected);
    suite.on_both_databases(nulls);
    suite.on_both_databases(defaults);
    suite.on_both_databases(orders);
    suite.on_both_databases(floats);
}

/// The titles of the tasks, in the order of their ids. The last one lacks all that it may lack.
const TITLES: [&str; 4] = ["Draft", "Élan, draft two", "Send 100% 🎉", ""];

/// A meeting with the four tasks, and a server.
struct World {
    meeting: meeting::Model,
    server: Server,
    token: String,
}

impl World {
    async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        let workspace = seed.workspace("acme").await?;
        let ada = seed.user(workspace.id, "ada").await?;
        let grace = seed.user(workspace.id, "grace").await?;
        let meeting = seed.meeting(&ada, "Plan").await?;
        seed.participant(&meeting, &grace).await?;
        add_tasks(seed, &meeting, &grace).await?;
        let server = Server::start_for_large_documents(database)?;
        let token = server.sign_in("ada").await?;
        Ok(Self {
            meeting,
            server,
            token,
        })
    }

    /// One field of all objects of a list.
    async fn values(&self, list: &str, arguments: &str, field: &str) -> Result<Value, Failed> {
        let document = format!("{{ {list}({arguments}) {{ nodes {{ {field} }} }} }}");
        let data = self.server.read(&self.token, &document).await?;
        let nodes = data[list]["nodes"].as_array().unwrap();
        Ok(nodes.iter().map(|node| node[field].clone()).collect())
    }

    /// Fails unless each condition finds the tasks with these indexes into [`TITLES`].
    async fn assert_finds(&self, conditions: &[(&str, &[usize])]) -> Outcome {
        for (condition, indexes) in conditions {
            let arguments = format!("where: {condition}, orderBy: [{{ field: ID }}]");
            let found = self.values("tasks", &arguments, "title").await?;
            let expected: Vec<&str> = indexes.iter().map(|index| TITLES[*index]).collect();
            assert_eq!(found, json!(expected), "{condition}");
        }
        Ok(())
    }

    /// Fails unless the condition on tasks is rejected with these words.
    async fn assert_rejects(&self, condition: &str, words: &str) -> Outcome {
        let document = format!("{{ tasks(where: {condition}) {{ totalCount }} }}");
        let answer = self
            .server
            .ask_as(&self.token, &document, json!({}))
            .await?;
        answer.assert_error("BAD_USER_INPUT", words)
    }
}

/// Four tasks, of which the second waits for the first.
async fn add_tasks(
    seed: Seed<'_>,
    meeting: &meeting::Model,
    assignee: &user::Model,
) -> Result<(), Failed> {
    let first = add_task(seed, meeting, TITLES[0], |task| {
        task.priority = Set(Some(Priority::Low));
        task.status = Set(Some(Status::Completed));
        task.due_date = Set(Date::from_ymd_opt(2026, 5, 1));
        task.assigned_to_id = Set(Some(assignee.id));
    })
    .await?;
    add_task(seed, meeting, TITLES[1], |task| {
        task.priority = Set(Some(Priority::Critical));
        task.status = Set(Some(Status::Todo));
        task.due_date = Set(Date::from_ymd_opt(2026, 5, 2));
        task.assigned_to_id = Set(Some(assignee.id));
        task.depends_on_task_id = Set(Some(first.id));
    })
    .await?;
    add_task(seed, meeting, TITLES[2], |task| {
        task.priority = Set(Some(Priority::High));
        task.status = Set(Some(Status::InProgress));
    })
    .await?;
    add_task(seed, meeting, TITLES[3], |task| {
        task.priority = Set(None);
        task.status = Set(None);
    })
    .await?;
    Ok(())
}

async fn add_task(
    seed: Seed<'_>,
    meeting: &meeting::Model,
    title: &str,
    change: impl FnOnce(&mut task::ActiveModel),
) -> Result<task::Model, Failed> {
    let mut task = seed.task(meeting, title).await?.into_active_model();
    change(&mut task);
    Ok(task.update(seed.0).await?)
}

/// Every comparator, on text, enums, days, moments and numbers, with NULLs among the values.
async fn comparisons(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    world
        .assert_finds(&[
            ("{}", &[0, 1, 2, 3]),
            (r#"{title: {eq: "Draft"}}"#, &[0]),
            (r#"{title: {ne: "Draft"}}"#, &[1, 2, 3]),
            (r#"{title: {in: ["Draft", "", "x"]}}"#, &[0, 3]),
            (r#"{title: {notIn: ["Draft", "", "x"]}}"#, &[1, 2]),
            ("{title: {in: []}}", &[]),
            ("{title: {notIn: []}}", &[0, 1, 2, 3]),
            (r#"{title: {contains: "draft"}}"#, &[1]),
            (r#"{title: {contains: ""}}"#, &[0, 1, 2, 3]),
            (r#"{title: {contains: "%"}}"#, &[2]),
            (r#"{title: {contains: "_"}}"#, &[]),
            (r#"{title: {containsIgnoreCase: "DRAFT"}}"#, &[0, 1]),
            (r#"{title: {containsIgnoreCase: "é"}}"#, &[]),
            (r#"{title: {containsIgnoreCase: "ÉLAN"}}"#, &[1]),
            (r#"{title: {startsWith: "Él"}}"#, &[1]),
            (r#"{title: {startsWith: "él"}}"#, &[]),
            (r#"{title: {endsWith: "🎉"}}"#, &[2]),
            (r#"{title: {endsWith: "", startsWith: ""}}"#, &[0, 1, 2, 3]),
            (r#"{title: {endsWith: "longer than any title"}}"#, &[]),
            ("{description: {isNull: true}}", &[0, 1, 2, 3]),
            (r#"{description: {contains: ""}}"#, &[]),
            ("{priority: {eq: HIGH}}", &[2]),
            ("{priority: {in: [LOW, HIGH]}}", &[0, 2]),
            ("{priority: {ne: LOW}}", &[1, 2, 3]),
            // NULL stands for the defaults, MEDIUM and TODO.
            ("{priority: {eq: MEDIUM}}", &[3]),
            ("{priority: {ne: MEDIUM}}", &[0, 1, 2]),
            ("{priority: {in: [LOW, MEDIUM]}}", &[0, 3]),
            ("{priority: {notIn: [LOW, MEDIUM]}}", &[1, 2]),
            ("{priority: {notIn: [LOW]}}", &[1, 2, 3]),
            ("{priority: {isNull: true}}", &[]),
            ("{priority: {isNull: false}}", &[0, 1, 2, 3]),
            ("{not: {priority: {eq: MEDIUM}}}", &[0, 1, 2]),
            ("{status: {eq: TODO}}", &[1, 3]),
            ("{status: {notIn: [TODO, COMPLETED]}}", &[2]),
            (r#"{dueDate: {eq: "2026-05-02"}}"#, &[1]),
            (r#"{dueDate: {ne: "2026-05-02"}}"#, &[0, 2, 3]),
            (r#"{dueDate: {lt: "2026-05-02"}}"#, &[0]),
            (r#"{dueDate: {lte: "2026-05-02"}}"#, &[0, 1]),
            (r#"{dueDate: {gt: "2026-05-01"}}"#, &[1]),
            (r#"{dueDate: {gte: "2026-05-01"}}"#, &[0, 1]),
            (r#"{dueDate: {in: ["2026-05-01"]}}"#, &[0]),
            (r#"{dueDate: {notIn: ["2026-05-01"]}}"#, &[1, 2, 3]),
            (r#"{dueDate: {gte: "2026-05-01", lt: "2026-05-02"}}"#, &[0]),
            // The rows were made at 09:30:00.123456.
            (
                r#"{createdAt: {eq: "2026-05-04T11:30:00.1234567+02:00"}}"#,
                &[0, 1, 2, 3],
            ),
            (
                r#"{createdAt: {in: ["2026-05-04T09:30:00.123456Z"]}}"#,
                &[0, 1, 2, 3],
            ),
            (r#"{createdAt: {gt: "2026-05-04T09:30:00.123456Z"}}"#, &[]),
            (
                r#"{createdAt: {gt: "2026-05-04T09:30:00Z", lt: "2026-05-04T09:30:00.2Z"}}"#,
                &[0, 1, 2, 3],
            ),
            ("{databaseId: {gt: 2, lte: 3}}", &[2]),
            ("{databaseId: {in: [1, 4, 99]}}", &[0, 3]),
            // `Task:3` and `Task:1` in base64.
            (r#"{id: {eq: "VGFzazoz"}}"#, &[2]),
            (r#"{id: {notIn: ["VGFzazoz", "VGFzazox"]}}"#, &[1, 3]),
        ])
        .await
}

/// `and`, `or` and `not`, also of nothing and of what compares with NULL.
async fn combinations(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    world
        .assert_finds(&[
            (
                r#"{or: [{title: {eq: ""}}, {priority: {eq: LOW}}]}"#,
                &[0, 3],
            ),
            (
                r#"{or: [{title: {eq: ""}}, {priority: {eq: LOW}}], status: {eq: COMPLETED}}"#,
                &[0],
            ),
            ("{or: []}", &[]),
            ("{or: [{}]}", &[0, 1, 2, 3]),
            ("{and: []}", &[0, 1, 2, 3]),
            (
                "{and: [{dueDate: {isNull: false}}, {not: {priority: {eq: LOW}}}]}",
                &[1],
            ),
            ("{not: {}}", &[]),
            ("{not: {or: []}}", &[0, 1, 2, 3]),
            (r#"{not: {dueDate: {lt: "2026-05-02"}}}"#, &[1, 2, 3]),
            (r#"{not: {not: {dueDate: {lt: "2026-05-02"}}}}"#, &[0]),
        ])
        .await
}

/// Conditions on what relations lead to, one or many.
async fn relations(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    world
        .assert_finds(&[
            (r#"{assignedTo: {username: {eq: "grace"}}}"#, &[0, 1]),
            (r#"{assignedTo: {username: {eq: "ada"}}}"#, &[]),
            ("{assignedTo: {}}", &[0, 1]),
            ("{not: {assignedTo: {}}}", &[2, 3]),
            (r#"{createdBy: {username: {eq: "ada"}}}"#, &[0, 1, 2, 3]),
            (r#"{dependsOn: {title: {eq: "Draft"}}}"#, &[1]),
            (r#"{dependents: {some: {title: {startsWith: "Él"}}}}"#, &[0]),
            ("{dependents: {some: {}}}", &[0]),
            ("{dependents: {none: {}}}", &[1, 2, 3]),
            (r#"{dependents: {none: {title: {eq: "x"}}}}"#, &[0, 1, 2, 3]),
            ("{dependents: {every: {}}}", &[0, 1, 2, 3]),
            (r#"{dependents: {every: {title: {eq: "x"}}}}"#, &[1, 2, 3]),
            // A comparison with NULL is not true, so it makes an exception from "every".
            (
                r#"{meeting: {tasks: {every: {dueDate: {lt: "2027-01-01"}}}}}"#,
                &[],
            ),
            (
                r#"{meeting: {tasks: {some: {dueDate: {lt: "2027-01-01"}}}}}"#,
                &[0, 1, 2, 3],
            ),
            (
                r#"{meeting: {participants: {some: {user: {username: {eq: "grace"}}}}}}"#,
                &[0, 1, 2, 3],
            ),
            (
                r#"{meeting: {participants: {some: {user: {username: {eq: "ada"}}}}}}"#,
                &[],
            ),
        ])
        .await
}

/// Filters that only other types have: by fractions, UUIDs, Booleans, and links over the external
/// id.
async fn other_types(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let mut found = seed.analytics(&world.meeting).await?.into_active_model();
    found.meeting_effectiveness_score = Set(Some(0.5));
    found.analysis_status = Set(Some(analytics::Status::Completed));
    found.update(seed.0).await?;
    let users = user::Entity::find().all(seed.0).await?;
    let mut gone = seed
        .user(world.meeting.workspace_id, "gone")
        .await?
        .into_active_model();
    gone.is_active = Set(Some(false));
    gone.update(seed.0).await?;
    let mut grace = users[1].clone().into_active_model();
    // NULL reads as the default of the contract, true.
    grace.is_active = Set(None);
    grace.update(seed.0).await?;
    let session = seed.session(&users[1]).await?;
    seed.link(&world.meeting, &session).await?;
    seed.marker(&session, &users[0], "here").await?;
    let external_id = session.external_id.to_uppercase();

    let [active, inactive] = [true, false].map(|is| format!("{{isActive: {{eq: {is}}}}}"));
    let by_uuid = format!(r#"{{session: {{externalId: {{eq: "{external_id}"}}}}}}"#);
    for (list, condition, field, expected) in [
        ("users", &*active, "username", json!(["ada", "grace"])),
        ("users", &inactive, "username", json!(["gone"])),
        (
            "users",
            "{isActive: {}}",
            "username",
            json!(["ada", "grace", "gone"]),
        ),
        ("meetings", &by_uuid, "title", json!(["Plan"])),
        (
            "meetings",
            "{analytics: {meetingEffectivenessScore: {gt: 0.25, lte: 0.5}}}",
            "title",
            json!(["Plan"]),
        ),
        (
            "meetings",
            "{analytics: {meetingEffectivenessScore: {in: [0.25]}}}",
            "title",
            json!([]),
        ),
        (
            "analytics",
            "{analysisStatus: {eq: COMPLETED}}",
            "analysisStatus",
            json!(["COMPLETED"]),
        ),
        (
            "sessions",
            r#"{meeting: {title: {eq: "Plan"}}, markers: {some: {user: {username: {eq: "ada"}}}}}"#,
            "status",
            json!(["PENDING"]),
        ),
        ("sessions", "{segments: {some: {}}}", "status", json!([])),
        (
            "markers",
            "{type: {eq: DECISION}, timestamp: {isNull: true}}",
            "content",
            json!(["here"]),
        ),
        (
            "users",
            r#"{workspace: {slug: {eq: "acme"}}, sessions: {some: {meeting: {title: {eq: "Plan"}}}}}"#,
            "username",
            json!(["grace"]),
        ),
    ] {
        let arguments = format!("where: {condition}");
        let found = world.values(list, &arguments, field).await?;
        assert_eq!(found, expected, "{list} {condition}");
    }
    Ok(())
}

/// Filters that would widen a list by mistake, that PostgreSQL cannot compare, or that cost too
/// much.
async fn rejected(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    for comparator in [
        "eq",
        "ne",
        "in",
        "notIn",
        "isNull",
        "contains",
        "containsIgnoreCase",
        "startsWith",
        "endsWith",
    ] {
        let condition = format!("{{title: {{{comparator}: null}}}}");
        world.assert_rejects(&condition, "matches nothing").await?;
    }
    for comparator in [
        "eq", "ne", "in", "notIn", "isNull", "lt", "lte", "gt", "gte",
    ] {
        let condition = format!("{{dueDate: {{{comparator}: null}}}}");
        world.assert_rejects(&condition, "matches nothing").await?;
    }
    for comparator in [
        "eq",
        "ne",
        "contains",
        "containsIgnoreCase",
        "startsWith",
        "endsWith",
    ] {
        let condition = format!(r#"{{title: {{{comparator}: "a\u0000"}}}}"#);
        world.assert_rejects(&condition, "NUL character").await?;
    }
    for comparator in ["in", "notIn"] {
        let condition = format!(r#"{{title: {{{comparator}: ["a", "a\u0000"]}}}}"#);
        world.assert_rejects(&condition, "NUL character").await?;
    }
    let deep = "{dependsOn: ".repeat(9) + "{}" + &"}".repeat(9);
    world.assert_rejects(&deep, "more than 8 relations").await?;
    let wide = format!("{{or: [{}]}}", r#"{title: {eq: "x"}},"#.repeat(200));
    world
        .assert_rejects(&wide, "more than 200 conditions")
        .await
}

/// A null anywhere in a filter is rejected, in the document or in a variable, and the error names its
/// place. A null for the whole filter, and variables that are not given, are no conditions.
async fn nulls(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ask = async |types: &str, condition: &str, variables: Value| {
        let document = format!("query{types} {{ tasks(where: {condition}) {{ totalCount }} }}");
        world
            .server
            .ask_as(&world.token, &document, variables)
            .await
    };
    for (condition, path) in [
        (json!({"title": null}), "where.title"),
        (json!({"title": {"eq": null}}), "where.title.eq"),
        (json!({"not": null}), "where.not"),
        (json!({"and": null}), "where.and"),
        (json!({"or": null}), "where.or"),
        (json!({"or": [{}, {"not": null}]}), "where.or[1].not"),
        (json!({"assignedTo": null}), "where.assignedTo"),
        (json!({"dependents": null}), "where.dependents"),
        (
            json!({"dependents": {"none": null}}),
            "where.dependents.none",
        ),
        (
            json!({"meeting": {"tasks": {"some": {"dueDate": {"lt": null}}}}}),
            "where.meeting.tasks.some.dueDate.lt",
        ),
    ] {
        let words = format!("`{path}` is null, which matches nothing");
        let literal = condition.to_string().replace('"', "");
        let answer = ask("", &literal, json!({})).await?;
        answer.assert_error("BAD_USER_INPUT", &words)?;
        let answer = ask("($where: TaskWhere)", "$where", json!({"where": condition})).await?;
        answer.assert_error("BAD_USER_INPUT", &words)?;
    }
    let user = "($user: UserWhere)";
    let answer = ask(user, "{assignedTo: $user}", json!({"user": null})).await?;
    answer.assert_error("BAD_USER_INPUT", "`where.assignedTo` is null")?;
    for (types, condition, variables) in [
        (user, "{assignedTo: $user}", json!({})),
        ("($where: TaskWhere)", "$where", json!({})),
        ("($where: TaskWhere)", "$where", json!({"where": null})),
        ("", "null", json!({})),
    ] {
        let answer = ask(types, condition, variables).await?;
        assert_eq!(answer.data()?["tasks"]["totalCount"], 4, "{condition}");
    }
    Ok(())
}

/// Makes all columns that have a default NULL, in all rows.
async fn forget_defaults(connection: &DatabaseConnection) -> Result<(), DbErr> {
    for (table, columns) in [
        ("user", &["role", "is_active", "created_at"][..]),
        ("meeting", &["status", "created_at", "updated_at"]),
        (
            "session",
            &["status", "language", "vad_enabled", "created_at"],
        ),
        ("segment", &["kind", "created_at"]),
        ("task", &["status", "priority", "created_at", "updated_at"]),
        ("participant", &["role", "status", "created_at"]),
        (
            "analytics",
            &["analysis_status", "created_at", "updated_at"],
        ),
        ("marker", &["created_at"]),
    ] {
        let columns = columns.join(" = NULL, ");
        let update = format!(r#"UPDATE "{table}" SET {columns} = NULL"#);
        connection.execute_unprepared(&update).await?;
    }
    Ok(())
}

/// A NULL counts as the default that is shown in its place, in every column that has one.
async fn defaults(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let users = user::Entity::find().all(seed.0).await?;
    let session = seed.session(&users[0]).await?;
    seed.segment(&session, 0, "Words").await?;
    seed.marker(&session, &users[0], "here").await?;
    seed.analytics(&world.meeting).await?;
    forget_defaults(seed.0).await?;
    let epoch = r#"{eq: "1970-01-01T00:00:00Z", in: ["1970-01-01T00:00:00Z"], isNull: false}"#;
    let around =
        r#"{gt: "1969-12-31T23:59:59Z", lt: "1970-01-01T00:00:01Z", ne: "2020-01-01T00:00:00Z"}"#;
    let other = r#"{gt: "1970-01-01T00:00:00Z"}"#;
    let times = [
        (epoch, true),
        (around, true),
        (other, false),
        ("{isNull: true}", false),
    ];
    let of_enum = |default: &str, other: &str| {
        [
            (
                format!("{{eq: {default}, in: [{default}], isNull: false}}"),
                true,
            ),
            (format!("{{ne: {other}, notIn: [{other}]}}"), true),
            (format!("{{ne: {default}}}"), false),
            (format!("{{notIn: [{default}, {other}]}}"), false),
            ("{isNull: true}".to_owned(), false),
        ]
    };
    let texts = [
        (r#"{eq: "en", startsWith: "e", endsWith: "n"}"#, true),
        (r#"{containsIgnoreCase: "EN"}"#, true),
        (r#"{ne: "en"}"#, false),
    ];
    let booleans = [("{eq: true}", true), ("{eq: false}", false)];
    let owned = |cases: &[(&str, bool)]| -> Vec<(String, bool)> {
        cases
            .iter()
            .map(|(case, is)| ((*case).to_owned(), *is))
            .collect()
    };
    let segments = "session";
    for (list, field, cases) in [
        ("users", "role", of_enum("MEMBER", "ADMIN").to_vec()),
        ("users", "isActive", owned(&booleans)),
        ("users", "createdAt", owned(&times)),
        ("meetings", "status", of_enum("DRAFT", "LIVE").to_vec()),
        ("meetings", "createdAt", owned(&times)),
        ("meetings", "updatedAt", owned(&times)),
        ("sessions", "status", of_enum("PENDING", "ERROR").to_vec()),
        ("sessions", "language", owned(&texts)),
        ("sessions", "vadEnabled", owned(&booleans)),
        ("sessions", "createdAt", owned(&times)),
        (segments, "kind", of_enum("FINAL", "INTERIM").to_vec()),
        (segments, "createdAt", owned(&times)),
        ("tasks", "status", of_enum("TODO", "CANCELLED").to_vec()),
        ("tasks", "priority", of_enum("MEDIUM", "HIGH").to_vec()),
        ("tasks", "createdAt", owned(&times)),
        ("tasks", "updatedAt", owned(&times)),
        (
            "analytics",
            "analysisStatus",
            of_enum("PENDING", "ERROR").to_vec(),
        ),
        ("analytics", "createdAt", owned(&times)),
        ("analytics", "updatedAt", owned(&times)),
        ("markers", "createdAt", owned(&times)),
    ] {
        for (condition, is_found) in cases {
            let condition = format!("{{{field}: {condition}}}");
            let (list, condition) = if list == segments {
                ("sessions", format!("{{segments: {{some: {condition}}}}}"))
            } else {
                (list, condition)
            };
            let arguments = format!("where: {condition}");
            let found = world.values(list, &arguments, "id").await?;
            assert_eq!(found != json!([]), is_found, "{list} {condition}");
        }
    }
    Ok(())
}

/// Enums sort by what they mean, text by its code points, absent values as the greatest.
async fn orders(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    for (order, expected) in [
        // The last task has no priority and no status, which reads as MEDIUM and TODO.
        ("{field: PRIORITY}", [0, 3, 2, 1]),
        ("{field: PRIORITY, direction: DESC}", [1, 2, 3, 0]),
        ("{field: STATUS}", [1, 3, 2, 0]),
        ("{field: STATUS, direction: DESC}", [0, 2, 3, 1]),
        ("{field: TITLE}", [3, 0, 2, 1]),
        ("{field: TITLE, direction: DESC}", [1, 2, 0, 3]),
        (
            "{field: DUE_DATE}, {field: TITLE, direction: DESC}",
            [0, 1, 2, 3],
        ),
        (
            "{field: DUE_DATE, direction: DESC}, {field: TITLE}",
            [3, 2, 1, 0],
        ),
        (
            "{field: CREATED_AT}, {field: ID, direction: DESC}",
            [3, 2, 1, 0],
        ),
        // Among equal rows, the last direction also applies to the ids.
        ("{field: CREATED_AT}", [0, 1, 2, 3]),
        ("{field: CREATED_AT, direction: DESC}", [3, 2, 1, 0]),
        // A field that is named again changes nothing.
        ("{field: ID}, {field: ID, direction: DESC}", [0, 1, 2, 3]),
    ] {
        let arguments = format!("orderBy: [{order}]");
        let found = world.values("tasks", &arguments, "title").await?;
        assert_eq!(
            found,
            json!(expected.map(|index: usize| TITLES[index])),
            "{order}"
        );
    }
    let answer = world
        .server
        .ask_as(
            &world.token,
            &format!(
                "{{ tasks(orderBy: [{}]) {{ totalCount }} }}",
                "{field: ID}".repeat(9)
            ),
            json!({}),
        )
        .await?;
    answer.assert_error("BAD_USER_INPUT", "at most 8")
}

/// A float is compared with exactly the number that the client sends, also in a list, and as the
/// cursor of one of several lists.
async fn floats(database: &TestDatabase) -> Outcome {
    const SCORES: [f64; 5] = [
        5e-324,
        2.225_073_858_507_201e-308,
        1e-300,
        0.1 + 0.2,
        1.0 / 3.0,
    ];
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    for score in SCORES {
        let meeting = seed.meeting(&ada, "Plan").await?;
        let mut row = seed.analytics(&meeting).await?.into_active_model();
        row.overall_sentiment_score = Set(Some(score));
        row.update(database.connection()).await?;
    }
    let server = Server::start_for_large_documents(database)?;
    let token = server.sign_in("ada").await?;
    let document = "query ($where: AnalyticsWhere) {
        analytics(where: $where, orderBy: [{field: OVERALL_SENTIMENT_SCORE}]) {
            edges { cursor node { overallSentimentScore } }
        }
    }";
    let read = async |filter: Value| {
        let variables = json!({"where": {"overallSentimentScore": filter}});
        let answer = server.ask_as(&token, document, variables).await?;
        Ok::<_, Failed>(answer.data()?["analytics"]["edges"].clone())
    };
    let scores = |edges: &Value| -> Vec<f64> {
        let edges = edges.as_array().unwrap().iter();
        let scores = edges.map(|edge| edge["node"]["overallSentimentScore"].as_f64());
        scores.map(Option::unwrap).collect()
    };
    for score in SCORES {
        let alone = vec![score];
        assert_eq!(scores(&read(json!({"eq": score})).await?), alone);
        assert_eq!(scores(&read(json!({"in": [score]})).await?), alone);
        let others = read(json!({"notIn": [score]})).await?;
        assert_eq!(scores(&others).len(), SCORES.len() - 1, "{score}");
    }
    assert_eq!(scores(&read(json!({"in": []})).await?), [0.0; 0]);
    assert_eq!(scores(&read(json!({"notIn": []})).await?), SCORES);

    // The same list from all cursors at once.
    let edges = read(json!({})).await?;
    let cursors = edges.as_array().unwrap().iter().enumerate();
    let lists = cursors.map(|(index, edge)| {
        let cursor = edge["cursor"].as_str().unwrap();
        format!(
            "list{index}: analytics(after: \"{cursor}\", \
             orderBy: [{{field: OVERALL_SENTIMENT_SCORE}}]) {{
                edges {{ node {{ overallSentimentScore }} }}
            }}"
        )
    });
    let document = format!("{{ {} }}", lists.collect::<Vec<_>>().join(" "));
    let data = server.read(&token, &document).await?;
    for index in 0..SCORES.len() {
        let after = scores(&data[format!("list{index}")]["edges"]);
        assert_eq!(after, SCORES[index + 1..]);
    }
    Ok(())
}
