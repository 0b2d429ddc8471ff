//! A workspace with rows of all types in all states, and users with different roles and
//! relationships to them.

use std::collections::BTreeSet;

use entity::user;
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, IntoActiveModel};

use super::declared::Declarations;
use crate::{
    outsider::{
        operands::Operands,
        schema::{Field, Schema},
        world::{CANARY, Rows, TABLES},
    },
    policy::scene::{self, Place, TaskScene, Who, insert_scenes},
    support::{database::TestDatabase, seed::Seed, server::Server},
};

const MEETINGS: [&str; 5] = ["draft", "scheduled", "live", "completed", "cancelled"];
const SESSIONS: [&str; 5] = ["pending", "recording", "processing", "completed", "error"];
const PARTICIPANTS: [&str; 5] = ["invited", "accepted", "declined", "attended", "left"];
const TASKS: [&str; 4] = ["todo", "in_progress", "completed", "cancelled"];
const MARKERS: [&str; 4] = ["decision", "todo", "risk", "question"];
const ANALYSES: [&str; 4] = ["pending", "processing", "completed", "error"];

/// The user who organizes all meetings.
const ORGANIZER: &str = "olga";
/// The member who owns the sessions and the markers, created the tasks or is assigned to them, and
/// participates in the meetings.
const PARTICIPANT: &str = "mia";
/// The users, no two of whom have the same permissions.
const PEOPLE: [(&str, user::Role); 5] = [
    ("ada", user::Role::Admin),
    (ORGANIZER, user::Role::Organizer),
    // An organizer without a meeting.
    ("otto", user::Role::Organizer),
    (PARTICIPANT, user::Role::Member),
    // A member without a relationship to anything.
    ("max", user::Role::Member),
];

/// The workspace.
pub struct Scene {
    pub server: Server,
    pub schema: Schema,
    pub declarations: Declarations,
    /// The rows of all types.
    pub rows: Rows,
    /// The names of the users, with their tokens.
    pub people: Vec<(&'static str, String)>,
}

impl Scene {
    /// Fills an empty database, and starts a server.
    ///
    /// # Errors
    ///
    /// Fails if one of the two fails.
    pub async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        let workspace = Seed(connection).workspace("acme").await?;
        let mut users = Vec::new();
        for (name, role) in PEOPLE {
            let mut user = Seed(connection)
                .user(workspace.id, name)
                .await?
                .into_active_model();
            user.role = Set(Some(role));
            users.push(user.update(connection).await?);
        }
        let id_of = |name: &str| {
            let user = users.iter().find(|user| user.username == name);
            user.map(|user| user.id).unwrap_or_default()
        };
        let place = Place {
            workspace: workspace.id,
            viewer: id_of(PARTICIPANT),
            other: id_of(ORGANIZER),
            guest: id_of("max"),
            task: None,
        };
        let scenes: Vec<_> = scenes().into_iter().map(|scene| (scene, place)).collect();
        let inserted = insert_scenes(connection, &scenes).await?;
        // Each speaker is a user, each task waits for the one before, each marker is within a segment,
        // each analysis has found something, and one meeting has no session yet. Markers hold the text
        // that is searched for.
        let (viewer, workspace) = (place.viewer, workspace.id);
        connection
            .execute_unprepared(&format!(
                r#"UPDATE task SET depends_on_task_id = id - 1
                     WHERE id > (SELECT min(id) FROM task);
                 UPDATE meeting SET session_id = NULL WHERE id = (SELECT min(id) FROM meeting);
                 UPDATE segment SET start_ms = 0, end_ms = 1000;
                 INSERT INTO mina_speaker (session_id, name, user_id)
                     SELECT DISTINCT session_id, speaker, {viewer} FROM segment;
                 INSERT INTO mina_retention (workspace_id, transcript_days)
                     VALUES ({workspace}, 30000);
                 UPDATE analytics SET
                     key_topics = '[{{"topic": "Costs", "share": 0.5, "at_ms": 5}}]',
                     action_items_summary =
                         '[{{"title": "Ask", "assignee": "Ada", "at_ms": 5}}]',
                     decisions_made =
                         '[{{"decision": "Wait", "speaker": "Ada", "at_ms": 5}}]';
                 UPDATE marker SET timestamp = 500, content = '{CANARY}';"#,
            ))
            .await?;

        let mut rows = Rows::default();
        for (type_name, _) in TABLES {
            let of_scenes = inserted.iter().map(|rows| rows.database_id(type_name));
            let ids: BTreeSet<i32> = match *type_name {
                "User" => users.iter().map(|user| user.id).collect(),
                _ => of_scenes.collect(),
            };
            for id in ids {
                rows.add(type_name, id);
            }
        }
        let server = Server::start_for_large_documents(database)?;
        let schema = Schema::ask(&server).await?;
        let mut people = Vec::new();
        for (name, _) in PEOPLE {
            people.push((name, server.sign_in(name).await?));
        }
        Ok(Self {
            declarations: Declarations::read()?,
            server,
            schema,
            rows,
            people,
        })
    }

    /// The required arguments of a field in all variants, with parentheses unless there are none. A
    /// field without required arguments, unless it is a page, is asked with its first argument.
    ///
    /// # Errors
    ///
    /// Fails if an argument has an unknown type.
    pub fn arguments(
        &self,
        operands: &Operands<'_>,
        type_name: &str,
        field: &Field,
    ) -> Result<Vec<String>, Failed> {
        let required = operands.required(field)?;
        let needs_any = required.iter().all(String::is_empty)
            && self
                .declarations
                .of(type_name, &field.name)
                .page_size
                .is_none();
        let arguments = match field.args.first().filter(|_| needs_any) {
            None => required,
            Some(first) => {
                let values = operands.values(field, first)?.into_iter();
                values
                    .map(|value| format!("{}: {value}", first.name))
                    .collect()
            }
        };
        let in_parentheses = |arguments: String| match arguments.as_str() {
            "" => arguments,
            _ => format!("({arguments})"),
        };
        Ok(arguments.into_iter().map(in_parentheses).collect())
    }

    /// A few rows of each type, for arguments: the number of ids in an argument is limited.
    pub fn some_rows(&self) -> Rows {
        const EACH: usize = 3;
        let mut some = Rows::default();
        for (type_name, _) in TABLES {
            for id in self.rows.of(type_name).iter().take(EACH) {
                some.add(type_name, *id);
            }
        }
        some
    }
}

/// Every state of a meeting, with every state of the rows that belong to it.
fn scenes() -> Vec<scene::Scene> {
    let scene = |index: usize| {
        let is_own = |of_two: usize| {
            if of_two == 0 { Who::Viewer } else { Who::Other }
        };
        scene::Scene {
            organizer: Who::Other,
            meeting: MEETINGS[index / 5],
            session: Some((Who::Viewer, SESSIONS[index % 5])),
            participant: Some((Who::Viewer, PARTICIPANTS[index % 5])),
            task: Some(TaskScene {
                created_by: is_own(index / 4 % 2),
                assigned_to: is_own((index / 4 + 1) % 2),
                status: TASKS[index % 4],
            }),
            marker: Some((Who::Viewer, MARKERS[index % 4])),
            analytics: Some(ANALYSES[index % 4]),
            user: Who::Viewer,
            other_is_inactive: false,
        }
    };
    (0..MEETINGS.len() * 5).map(scene).collect()
}
