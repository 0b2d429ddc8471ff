//! Everything that is written has a limit: the schema declares it, and the server keeps it.

use entity::{marker, meeting, segment, session, task, workspace};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World, problems},
    database::TestDatabase,
    lines::assert_same_lines,
    seed::{PASSWORD, Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(declared);
    suite.on_both_databases(enforced);
    suite.on_both_databases(findings);
    suite.on_both_databases(settings);
    suite.on_both_databases(stored_beyond);
    suite.on_both_databases(long_markers);
}

const SCHEMA: &str = include_str!("../../schema.graphql");

/// Fields without a limit of their own, because they are compared with what is stored and never
/// stored. The limit on the size of a request bounds them.
const COMPARED: [&str; 5] = [
    "PasswordChangeInput.currentPassword",
    "SegmentCorrectInput.expectedText",
    "SignInInput.login",
    "SignInInput.password",
    "WorkspaceUpdateInput.expectedSettings",
];

/// A field of an input, as the schema declares it.
struct Field {
    /// The input and the field.
    path: String,
    type_name: String,
    description: String,
    /// The declared limits, each with its unit.
    limits: Vec<(String, usize)>,
}

impl Field {
    fn needs_limit(&self) -> bool {
        let base = self.type_name.trim_end_matches('!');
        base.starts_with('[') || ["String", "JSON"].contains(&base)
    }

    fn limit(&self, unit: &str) -> Option<usize> {
        let limit = self.limits.iter().find(|(of, _)| of == unit);
        limit.map(|(_, limit)| *limit)
    }
}

/// The fields of the inputs of mutations.
fn fields() -> Vec<Field> {
    let mut fields = Vec::new();
    let mut input = None;
    let mut description = String::new();
    let mut is_description = false;
    for line in SCHEMA.lines() {
        let text = line.trim();
        if text == "\"\"\"" {
            is_description = !is_description;
            if is_description {
                description.clear();
            }
        } else if is_description {
            description.push_str(text);
            description.push(' ');
        } else if let Some(rest) = line.strip_prefix("input ") {
            // Conditions and orders are not written.
            let name = rest.split(' ').next().unwrap_or_default();
            input = name.ends_with("Input").then_some(name);
        } else if line == "}" {
            input = None;
        } else if let (Some(input), Some((name, rest))) = (input, text.split_once(": ")) {
            let type_name = rest.split(' ').next().unwrap_or_default().to_owned();
            fields.push(Field {
                path: format!("{input}.{name}"),
                type_name,
                description: description.clone(),
                limits: limits(rest),
            });
        }
    }
    fields
}

/// The arguments of `@length`.
fn limits(declaration: &str) -> Vec<(String, usize)> {
    let Some((_, arguments)) = declaration.split_once("@length(") else {
        return Vec::new();
    };
    let (arguments, _) = arguments.split_once(')').unwrap();
    let arguments = arguments.split(", ").map(|it| it.split_once(": ").unwrap());
    arguments
        .map(|(unit, limit)| (unit.to_owned(), limit.parse().unwrap()))
        .collect()
}

/// No text, JSON value or list of a mutation is without a limit, and each description says it.
async fn declared() -> Outcome {
    let fields = fields();
    assert!(fields.len() > 100, "{} fields were found", fields.len());
    let unlimited: Vec<String> = fields
        .iter()
        .filter(|field| field.needs_limit() && field.limits.is_empty())
        .map(|field| field.path.clone())
        .collect();
    assert_same_lines(
        "The fields without a limit",
        &COMPARED.map(str::to_owned),
        &unlimited,
    )?;
    let mut silent = Vec::new();
    for field in fields {
        for (unit, limit) in &field.limits {
            let described = field.description.replace(',', "");
            if !described.contains(&limit.to_string()) {
                silent.push(format!("{} {limit} {unit}", field.path));
            }
        }
    }
    assert_same_lines("The descriptions that lack the limit", &[], &silent)
}

/// What the cases refer to.
struct Scene {
    world: World,
    meeting: String,
    task: String,
    session: String,
    segment: String,
    marker: String,
    todo: String,
    analytics: String,
}

impl Scene {
    async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let world = World::start(database).await?;
        let seed = Seed(database.connection());
        let meeting = seed.meeting(&world.admin, "Plan").await?;
        let task = seed.task(&meeting, "Write").await?;
        let session = recording(database, &world).await?;
        let segment = seed.segment(&session, 0, "and then").await?;
        let marker = seed.marker(&session, &world.admin, "Note").await?;
        let todo = seed.marker(&session, &world.admin, "Write").await?;
        let mut todo = todo.into_active_model();
        todo.kind = Set(marker::Type::Todo);
        let todo = todo.update(seed.0).await?;
        let analytics = seed.analytics(&meeting).await?;
        Ok(Self {
            world,
            meeting: global_id("Meeting", meeting.id),
            task: global_id("Task", task.id),
            session: global_id("Session", session.id),
            segment: global_id("Segment", segment.id),
            marker: global_id("Marker", marker.id),
            todo: global_id("Marker", todo.id),
            analytics: global_id("Analytics", analytics.id),
        })
    }

    async fn lease(&self, ada: &Client<'_>) -> Result<Value, Failed> {
        let selection = "claims { leaseToken }";
        let claimed = ada.run("analyticsClaim", json!({}), selection).await?;
        Ok(claimed["claims"][0]["leaseToken"].clone())
    }

    /// Each mutation with a limit, and the input that it needs besides.
    fn inputs(&self, lease: &Value) -> Vec<(&'static str, Value)> {
        let user = global_id("User", self.world.member.id);
        let workspace = global_id("Workspace", self.world.acme.id);
        let (meeting, session) = (&self.meeting, &self.session);
        vec![
            ("meetingCreate", json!({"title": "a"})),
            ("meetingUpdate", json!({"id": meeting})),
            ("taskCreate", json!({"meetingId": meeting, "title": "a"})),
            ("taskUpdate", json!({"id": self.task})),
            ("tasksAssign", json!({})),
            ("tasksComplete", json!({})),
            ("participantsInvite", json!({"meetingId": meeting})),
            ("sessionCreate", json!({})),
            ("segmentCorrect", json!({"id": self.segment})),
            ("segmentsAppend", append(session)),
            (
                "speakerRename",
                json!({"sessionId": session, "name": "a", "newName": "b"}),
            ),
            ("speakerAssign", json!({"sessionId": session, "name": "a"})),
            ("segmentsDelete", json!({"sessionId": session})),
            (
                "transcriptImport",
                json!({"sessionId": session, "content": "1\n00:00:01,000 --> 00:00:02,000\nHi\n"}),
            ),
            (
                "markerCreate",
                json!({"sessionId": session, "type": "RISK", "content": "a"}),
            ),
            ("markerUpdate", json!({"id": self.marker})),
            (
                "markerConvertToTask",
                json!({"id": self.todo, "meetingId": meeting}),
            ),
            (
                "analyticsComplete",
                json!({"id": self.analytics, "leaseToken": lease}),
            ),
            ("workspaceUpdate", json!({"id": workspace})),
            ("retentionUpdate", json!({"workspaceId": workspace})),
            ("userCreate", new_user()),
            ("userUpdate", json!({"id": user})),
            ("userSetPassword", json!({"id": user})),
            ("passwordChange", json!({"currentPassword": PASSWORD})),
            ("signUp", {
                let mut input = new_user();
                input["workspaceName"] = json!("w");
                input
            }),
        ]
    }
}

/// A session of Ada's that records.
async fn recording(database: &TestDatabase, world: &World) -> Result<session::Model, Failed> {
    let seed = Seed(database.connection());
    let mut session = seed.session(&world.admin).await?.into_active_model();
    session.status = Set(Some(session::Status::Recording));
    Ok(session.update(seed.0).await?)
}

fn append(session: &str) -> Value {
    json!({"sessionId": session, "segments": [{"text": "a"}]})
}

fn new_user() -> Value {
    json!({"username": "u", "email": "u@example.org", "password": PASSWORD})
}

/// The inputs within the inputs of other mutations, each with the mutation, the list that it is in
/// and the least entry of that list.
fn entries() -> [(&'static str, &'static str, &'static str, Value); 4] {
    [
        (
            "SegmentInput",
            "segmentsAppend",
            "segments",
            json!({"text": "a"}),
        ),
        (
            "KeyTopicInput",
            "analyticsComplete",
            "keyTopics",
            json!({"topic": "a"}),
        ),
        (
            "ActionItemInput",
            "analyticsComplete",
            "actionItemsSummary",
            json!({"title": "a"}),
        ),
        (
            "DecisionInput",
            "analyticsComplete",
            "decisionsMade",
            json!({"decision": "a"}),
        ),
    ]
}

/// Each limit is kept: a value that is longer by one is rejected with a message that says the limit
/// and the length.
async fn enforced(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let ada = scene.world.client(&scene.world.admin).await?;
    let inputs = scene.inputs(&scene.lease(&ada).await?);
    let mut untried = Vec::new();
    for field in fields().iter().filter(|field| !field.limits.is_empty()) {
        let (of, name) = field.path.split_once('.').ok_or("no field")?;
        let (value, limit) = too_long(field)?;
        let entry = entries().into_iter().find(|(input, ..)| *input == of);
        let mutation = match &entry {
            Some((_, mutation, ..)) => (*mutation).to_owned(),
            None => of[..1].to_lowercase() + of[1..].trim_end_matches("Input"),
        };
        let Some((_, input)) = inputs.iter().find(|(it, _)| *it == mutation) else {
            untried.push(field.path.clone());
            continue;
        };
        let mut input = input.clone();
        let place = if let Some((_, _, list, mut entry)) = entry {
            entry[name] = value;
            input[list] = json!([entry]);
            format!("{list}.0.{name}")
        } else {
            input[name] = value;
            name.to_owned()
        };
        let answer = ada.ask(&mutation, input, "__typename").await?;
        let payload = &answer.data()?[&mutation];
        let expected = format!("TOO_LONG {place}");
        assert_eq!(problems(payload), [expected], "{} {payload}", field.path);
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        for number in [limit, limit + 1] {
            let says = message.contains(&number.to_string());
            assert!(says, "{}: {message}", field.path);
        }
    }
    assert_same_lines("The fields that are not tried", &[], &untried)
}

/// A value that is longer by one than the limit of a field, and the limit.
fn too_long(field: &Field) -> Result<(Value, usize), Failed> {
    if let Some(items) = field.limit("items") {
        let item = match field.path.as_str() {
            "SegmentsAppendInput.segments" => json!({"text": "a"}),
            "ParticipantsInviteInput.invitations" => json!({"userId": global_id("User", 1)}),
            "AnalyticsCompleteInput.keyTopics" => json!({"topic": "a"}),
            "AnalyticsCompleteInput.actionItemsSummary" => json!({"title": "a"}),
            "AnalyticsCompleteInput.decisionsMade" => json!({"decision": "a"}),
            "SegmentsDeleteInput.ids" => json!(global_id("Segment", 1)),
            _ => json!(global_id("Task", 1)),
        };
        return Ok((json!(vec![item; items + 1]), items));
    }
    if field.type_name == "JSON" {
        // The object and its list count, too.
        let values = field.limit("values").ok_or("no limit on values")?;
        return Ok((json!({"a": vec![1; values - 1]}), values));
    }
    if let Some(bytes) = field.limit("bytes") {
        let text = format!("{}{}", "é".repeat(bytes / 2), "a".repeat(bytes % 2 + 1));
        return Ok((json!(text), bytes));
    }
    let characters = field.limit("characters").ok_or("no limit")?;
    let text = if field
        .path
        .split_once('.')
        .is_some_and(|(_, name)| name == "email")
    {
        format!("{}@example.org", "é".repeat(characters - 11))
    } else {
        "é".repeat(characters + 1)
    };
    Ok((json!(text), characters))
}

/// The results of an analysis are limited together, too.
async fn findings(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let ada = scene.world.client(&scene.world.admin).await?;
    let lease = scene.lease(&ada).await?;
    let decision = |length: usize| json!({"decision": "d".repeat(length)});
    let mut input = json!({
        "id": scene.analytics,
        "leaseToken": lease,
        "decisionsMade": vec![decision(2000); 131],
    });
    let found = ada.problems("analyticsComplete", input.clone()).await?;
    assert_eq!(found, ["TOO_LONG decisionsMade"]);
    input["decisionsMade"] = json!(vec![decision(1980); 130]);
    ada.run("analyticsComplete", input, "__typename").await?;
    Ok(())
}

/// Settings are limited in bytes and in depth, also those that a merge adds up to.
async fn settings(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let id = global_id("Workspace", world.acme.id);
    let update = |settings: Value| json!({"id": id, "settings": settings});
    let half = "a".repeat(32_700);
    ada.run("workspaceUpdate", update(json!({"a": half})), "__typename")
        .await?;
    let rejected = [
        json!({"b": half, "c": half}),
        json!({"b": half, "c": "a".repeat(200)}),
        json!({"d": nested(32)}),
    ];
    for settings in rejected {
        let found = ada.problems("workspaceUpdate", update(settings)).await?;
        assert_eq!(found, ["TOO_LONG settings"]);
    }
    ada.run(
        "workspaceUpdate",
        update(json!({"d": nested(30)})),
        "__typename",
    )
    .await?;
    Ok(())
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, _| json!([value]))
}

/// Texts beyond the limits that other programs have stored are read, and do not block changes of
/// other fields. They can be sent back unchanged.
async fn stored_beyond(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let connection = database.connection();
    let huge = "ä".repeat(2_000_000);
    let long = "ö".repeat(50_000);
    meeting::Entity::update_many()
        .col_expr(meeting::Column::Description, huge.clone().into())
        .exec(connection)
        .await?;
    task::Entity::update_many()
        .col_expr(task::Column::Description, long.clone().into())
        .exec(connection)
        .await?;
    segment::Entity::update_many()
        .col_expr(segment::Column::Text, long.clone().into())
        .exec(connection)
        .await?;
    marker::Entity::update_many()
        .col_expr(marker::Column::Content, long.clone().into())
        .exec(connection)
        .await?;
    let workspace = workspace::Entity::find()
        .one(connection)
        .await?
        .ok_or("no workspace")?;
    let mut workspace = workspace.into_active_model();
    workspace.settings = Set(Some(json!({"long": long, "many": vec![1; 5000]})));
    let workspace = workspace.update(connection).await?;

    let ada = scene.world.client(&scene.world.admin).await?;
    let shown = ada.node(&scene.meeting, "Meeting { description }").await?;
    assert!(shown["description"] == huge, "the description has changed");
    let workspace = global_id("Workspace", workspace.id);
    for (mutation, input) in [
        (
            "meetingUpdate",
            json!({"id": scene.meeting, "title": "Other"}),
        ),
        ("taskUpdate", json!({"id": scene.task, "priority": "HIGH"})),
        (
            "taskUpdate",
            json!({"id": scene.task, "title": "Other", "description": long}),
        ),
        (
            "segmentCorrect",
            json!({"id": scene.segment, "speaker": "Ada"}),
        ),
        ("segmentCorrect", json!({"id": scene.segment, "text": long})),
        (
            "markerUpdate",
            json!({"id": scene.marker, "content": long, "timestamp": 5}),
        ),
        ("workspaceUpdate", json!({"id": workspace, "name": "Other"})),
        (
            "workspaceUpdate",
            json!({"id": workspace, "settings": {"long": "short"}}),
        ),
    ] {
        ada.run(mutation, input, "__typename").await?;
    }
    let kept = ada
        .node(&scene.meeting, "Meeting { title description }")
        .await?;
    assert!(kept["title"] == "Other" && kept["description"] == huge);
    let longer = format!("{long}!");
    for (mutation, input, problem) in [
        (
            "meetingUpdate",
            json!({"id": scene.meeting, "description": longer}),
            "TOO_LONG description",
        ),
        (
            "taskUpdate",
            json!({"id": scene.task, "description": longer}),
            "TOO_LONG description",
        ),
        (
            "segmentCorrect",
            json!({"id": scene.segment, "text": longer}),
            "TOO_LONG text",
        ),
        (
            "markerUpdate",
            json!({"id": scene.marker, "content": longer}),
            "TOO_LONG content",
        ),
        (
            "workspaceUpdate",
            json!({"id": workspace, "settings": {"one": {"more": [1, 2, 3]}}}),
            "TOO_LONG settings",
        ),
    ] {
        assert_eq!(
            ada.problems(mutation, input).await?,
            [problem],
            "{mutation}"
        );
    }
    Ok(())
}

/// A marker that is too long for the description of a task is truncated there, and kept itself.
async fn long_markers(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let ada = scene.world.client(&scene.world.admin).await?;
    let long = "ö".repeat(50_000);
    marker::Entity::update_many()
        .col_expr(marker::Column::Content, long.clone().into())
        .exec(database.connection())
        .await?;
    let input = json!({"id": scene.todo, "meetingId": scene.meeting});
    let selection = "task { title description }";
    let converted = ada.run("markerConvertToTask", input, selection).await?;
    for (field, length) in [("title", 255), ("description", 32_767)] {
        let text = converted["task"][field].as_str().ok_or("no text")?;
        assert!(text.ends_with("ö…"));
        assert_eq!(text.chars().count(), length);
    }
    let kept = ada.node(&scene.todo, "Marker { content }").await?;
    assert!(kept["content"] == long);
    Ok(())
}
