//! Who may do what, when: what is foretold, what is answered, and what comes of it.
//!
//! Every action is tried by every role, in every standing to the object, in every state of it. The
//! table of what is to be expected is in `table`, typed from the design and not from the server.

mod subject;
mod table;

use std::collections::BTreeSet;

use entity::user;
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server, suite::Suite};

use subject::{Kind, Scene, Subject};
use table::{ACTIONS, Action, ROLES, WITHOUT_POLICY};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases("policy::of_workspaces_and_users", of_workspaces_and_users);
    suite.on_both_databases("policy::of_meetings", of_meetings);
    suite.on_both_databases("policy::of_sessions", of_sessions);
    suite.on_both_databases("policy::of_tasks", of_tasks);
    suite.on_both_databases("policy::of_participants", of_participants);
    suite.on_both_databases("policy::of_analytics_and_markers", of_analytics_and_markers);
    suite.on_both_databases("policy::nothing_is_left_out", nothing_is_left_out);
}

async fn of_workspaces_and_users(database: &TestDatabase) -> Outcome {
    check(database, &[Kind::Workspace, Kind::User]).await
}

async fn of_meetings(database: &TestDatabase) -> Outcome {
    check(database, &[Kind::Meeting]).await
}

async fn of_sessions(database: &TestDatabase) -> Outcome {
    check(database, &[Kind::Session, Kind::Segment]).await
}

async fn of_tasks(database: &TestDatabase) -> Outcome {
    check(database, &[Kind::Task]).await
}

async fn of_participants(database: &TestDatabase) -> Outcome {
    check(database, &[Kind::Participant]).await
}

async fn of_analytics_and_markers(database: &TestDatabase) -> Outcome {
    check(database, &[Kind::Analytics, Kind::Marker]).await
}

/// What an action comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Forbidden,
    Untimely,
    NotFound,
    Unauthenticated,
}

/// Somebody who tries.
struct Persona {
    name: String,
    user: Option<user::Model>,
    token: Option<String>,
}

/// A workspace with a viewer of each role and somebody else to whom everything belongs by default,
/// and a stranger from another workspace.
struct World {
    server: Server,
    viewers: Vec<Persona>,
    outsiders: Vec<Persona>,
    other: user::Model,
}

impl World {
    async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        let (acme, elsewhere) = (seed.workspace("acme").await?, seed.workspace("b").await?);
        let server = Server::start(database)?;
        let make = async |workspace: i32, name: &str, role: user::Role| {
            let mut user = seed.user(workspace, name).await?.into_active_model();
            user.role = Set(Some(role));
            user.update(database.connection()).await
        };
        let mut viewers = Vec::new();
        for (name, role) in ROLES {
            let user = make(acme.id, name, role).await?;
            viewers.push(Persona {
                name: name.to_owned(),
                token: Some(server.sign_in(name).await?),
                user: Some(user),
            });
        }
        let other = make(acme.id, "other", user::Role::Admin).await?;
        make(elsewhere.id, "stranger", user::Role::Admin).await?;
        let outsiders = vec![
            Persona {
                name: "stranger".to_owned(),
                token: Some(server.sign_in("stranger").await?),
                user: None,
            },
            Persona {
                name: "nobody".to_owned(),
                token: None,
                user: None,
            },
        ];
        Ok(Self {
            server,
            viewers,
            outsiders,
            other,
        })
    }

    async fn ask(
        &self,
        persona: &Persona,
        document: &str,
        variables: Value,
    ) -> Result<Value, Failed> {
        let answer = match &persona.token {
            Some(token) => self.server.ask_as(token, document, variables).await?,
            None => self.server.ask_with(document, variables).await?,
        };
        assert_eq!(answer.status, StatusCode::OK, "{document}");
        Ok(answer.body)
    }
}

/// Tries all actions on objects of these kinds.
async fn check(database: &TestDatabase, kinds: &[Kind]) -> Outcome {
    let world = World::start(database).await?;
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for kind in kinds {
        for (role, viewer) in world.viewers.iter().enumerate() {
            let user = viewer.user.as_ref().ok_or("a viewer is a user")?;
            for scene in Scene::all(*kind) {
                let label = format!("{} {scene:?}", viewer.name);
                let mut subject = Subject::seed(database, &scene, user, &world.other).await?;
                wrong.extend(check_predictions(&world, viewer, role, &subject, &label).await?);
                for action in tried(*kind) {
                    let expected = action.expected(role, &scene);
                    if expected == Verdict::Done && action.would_end(&scene) {
                        continue;
                    }
                    let found = attempt(&world, viewer, action, &subject).await?;
                    if found != Some(expected) {
                        wrong.push(format!(
                            "{label}: {} came to {found:?}, not {expected:?}",
                            action.name()
                        ));
                    }
                    let problem = subject.compare(database, action, expected).await?;
                    wrong.extend(problem.map(|problem| format!("{label}: {problem}")));
                    seen.insert(format!("{expected:?}"));
                    if expected == Verdict::Done {
                        subject = Subject::seed(database, &scene, user, &world.other).await?;
                    }
                }
            }
        }
        wrong.extend(check_outsiders(database, &world, *kind).await?);
    }
    assert!(seen.len() > 1, "only {seen:?} was ever expected");
    if wrong.is_empty() {
        Ok(())
    } else {
        let shown = wrong[..wrong.len().min(25)].join("\n  ");
        Err(format!("{} are wrong:\n  {shown}", wrong.len()).into())
    }
}

/// The actions on objects of a kind that have a mutation.
fn tried(kind: Kind) -> impl Iterator<Item = &'static Action> {
    let actions = ACTIONS.iter().filter(move |action| action.of == kind);
    actions.filter(|action| action.mutation.is_some())
}

/// Compares `viewerCan…` and `allowedTransitions` with the table.
async fn check_predictions(
    world: &World,
    viewer: &Persona,
    role: usize,
    subject: &Subject,
    label: &str,
) -> Result<Vec<String>, Failed> {
    let actions = || {
        ACTIONS
            .iter()
            .filter(|action| action.of == subject.scene.kind)
    };
    let abilities: BTreeSet<&str> = actions().filter_map(|action| action.ability).collect();
    let transitions = subject.scene.kind.has_transitions();
    let fields = abilities.iter().copied().collect::<Vec<_>>().join(" ")
        + if transitions {
            " allowedTransitions"
        } else {
            ""
        };
    let type_name = subject.scene.kind.type_name();
    let document =
        format!("query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {fields} }} }} }}");
    let body = world
        .ask(viewer, &document, json!({"id": subject.global_id()}))
        .await?;
    let node = &body["data"]["node"];
    if node.is_null() {
        return Err(format!("{label} cannot be seen: {body}").into());
    }
    let mut wrong = Vec::new();
    for ability in abilities {
        let expected = actions()
            .filter(|action| action.ability == Some(ability))
            .all(|action| action.expected(role, &subject.scene) == Verdict::Done);
        if node[ability] != json!(expected) {
            wrong.push(format!("{label}: {ability} is {}", node[ability]));
        }
    }
    if transitions {
        let reached: BTreeSet<&str> = actions()
            .filter(|action| action.is_timely(&subject.scene))
            .filter_map(|action| action.becomes)
            .collect();
        let found = node["allowedTransitions"]
            .as_array()
            .ok_or("no transitions")?;
        let found: BTreeSet<String> = found
            .iter()
            .filter_map(|status| Some(status.as_str()?.to_lowercase()))
            .collect();
        if !found.iter().map(String::as_str).eq(reached.iter().copied()) {
            wrong.push(format!(
                "{label}: allowedTransitions {found:?}, not {reached:?}"
            ));
        }
    }
    Ok(wrong)
}

/// Who is not of the workspace is told that there is nothing, and nobody to sign in.
async fn check_outsiders(
    database: &TestDatabase,
    world: &World,
    kind: Kind,
) -> Result<Vec<String>, Failed> {
    let mut wrong = Vec::new();
    let scene = Scene::all(kind).next().ok_or("a kind has a scene")?;
    let subject = Subject::seed(database, &scene, &world.other, &world.other).await?;
    for outsider in &world.outsiders {
        for action in tried(kind).filter(|action| action.names_object) {
            let expected = if outsider.token.is_some() {
                Verdict::NotFound
            } else {
                Verdict::Unauthenticated
            };
            let found = attempt(world, outsider, action, &subject).await?;
            if found != Some(expected) {
                let (name, action) = (&outsider.name, action.name());
                wrong.push(format!(
                    "{name}: {action} came to {found:?}, not {expected:?}"
                ));
            }
            wrong.extend(subject.compare(database, action, expected).await?);
        }
    }
    Ok(wrong)
}

/// Tries an action, and says what came of it; nothing if that is none of the expected answers.
async fn attempt(
    world: &World,
    persona: &Persona,
    action: &Action,
    subject: &Subject,
) -> Result<Option<Verdict>, Failed> {
    let mutation = action
        .mutation
        .ok_or("an action that is tried has a mutation")?;
    let mut name = mutation.to_owned();
    name[..1].make_ascii_uppercase();
    let document = format!(
        "mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    );
    let variables = json!({"input": (action.input)(subject)});
    let body = world.ask(persona, &document, variables).await?;
    let code = match (&body["errors"], &body["data"][mutation]["userErrors"]) {
        (Value::Null, Value::Array(mistakes)) if mistakes.is_empty() => "",
        (Value::Null, mistakes) => mistakes[0]["code"].as_str().unwrap_or("?"),
        (errors, _) => errors[0]["extensions"]["code"].as_str().unwrap_or("?"),
    };
    Ok(match code {
        "" => Some(Verdict::Done),
        "FORBIDDEN" => Some(Verdict::Forbidden),
        "INVALID_STATE" => Some(Verdict::Untimely),
        "NOT_FOUND" => Some(Verdict::NotFound),
        "UNAUTHENTICATED" => Some(Verdict::Unauthenticated),
        _ => {
            eprintln!("{}: {body}", action.name());
            None
        }
    })
}

/// Every `viewerCan…` and every mutation of the schema is in the table.
async fn nothing_is_left_out(database: &TestDatabase) -> Outcome {
    const TYPES: &str = "{ __schema {
        mutationType { fields { name } }
        types { name fields { name } }
    } }";
    let world = World::start(database).await?;
    let body = world.ask(&world.outsiders[1], TYPES, json!({})).await?;
    let schema = &body["data"]["__schema"];
    let names = |fields: &Value| -> Vec<String> {
        let fields = fields.as_array().map_or(&[][..], Vec::as_slice).iter();
        fields
            .filter_map(|field| Some(field["name"].as_str()?.to_owned()))
            .collect()
    };
    let tabled: BTreeSet<&str> = ACTIONS
        .iter()
        .filter_map(|action| action.mutation)
        .collect();
    let mutations = names(&schema["mutationType"]["fields"]);
    let missing: Vec<_> = mutations
        .iter()
        .filter(|name| !tabled.contains(name.as_str()) && !WITHOUT_POLICY.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "the table has no {missing:?}");
    assert!(mutations.len() > 40, "there are mutations");
    let mut found = 0;
    for of_type in schema["types"].as_array().ok_or("no types")? {
        let type_name = of_type["name"].as_str().unwrap_or_default();
        for field in names(&of_type["fields"]) {
            if field.starts_with("viewerCan") {
                let is_tabled = ACTIONS.iter().any(|action| {
                    action.of.type_name() == type_name && action.ability == Some(&field)
                });
                assert!(is_tabled, "the table has no {type_name}.{field}");
                found += 1;
            }
        }
    }
    assert!(found > 40, "there are predictions");
    Ok(())
}
