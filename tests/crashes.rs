//! A server that is killed in the midst of writing loses nothing that it has acknowledged, and
//! leaves nothing half done.

use std::{cell::Cell, time::Duration};

use entity::{
    bookkeeping::{idempotency_key, segment_key},
    meeting, participant, segment, session, task,
    user::{self, Role},
};
use futures_util::future::{try_join, try_join_all};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, Statement,
    sea_query::{Expr, IntoCondition},
};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    call::Call,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(creates);
    suite.on_both_databases(segments);
    suite.on_both_databases(bulk);
}

/// The number of times that the server is killed.
const KILLS: usize = 5;
/// The number of concurrent clients that write.
const CLIENTS: usize = 4;
/// The number of segments that a call adds.
const SEGMENTS: usize = 50;
/// The number of tasks that a bulk mutation changes.
const TASKS: usize = 20;

/// Meetings and tasks: those that were acknowledged are there, and a retry of the others finishes
/// them, once.
async fn creates(database: &TestDatabase) -> Outcome {
    let plant = Plant::new(database).await?;
    let plan = Seed(plant.database).meeting(&plant.ada, "Plan").await?;
    let plan_id = global_id("Meeting", plan.id);
    let mut server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    for kill in 0..KILLS {
        let title = |client: usize, number: usize| format!("{kill}-{client}-{number}");
        let next = |client, number| {
            let title = title(client, number);
            let input = json!({"title": title, "description": title, "idempotencyKey": title});
            create(client, input, &plan_id).with_token(&token)
        };
        let written = write_until_killed(&server, 4 + 5 * kill, next).await?;
        server = Server::start(database)?;
        for (client, calls) in written.iter().enumerate() {
            for (number, Written { call, answered }) in calls.iter().enumerate() {
                let title = title(client, number);
                if let Some(payload) = answered {
                    assert_eq!(ids_of(&plant, &title).await?, [id_in(payload)?]);
                }
                let retried = call.send(&server).await?.done()?;
                assert_eq!(ids_of(&plant, &title).await?, [id_in(&retried)?]);
            }
        }
        plant.assert_intact().await?;
    }
    let every = || Expr::value(true);
    // Nobody takes part in the one that was not created by a mutation.
    let meetings = plant.count::<meeting::Entity>(every()).await? - 1;
    let organizers = participant::Column::Role.eq(participant::Role::Organizer);
    assert_eq!(
        plant.count::<participant::Entity>(organizers).await?,
        meetings
    );
    assert_eq!(plant.count::<participant::Entity>(every()).await?, meetings);
    let created = meetings + plant.count::<task::Entity>(every()).await?;
    let kept = idempotency_key::Column::ObjectId.is_not_null();
    assert_eq!(plant.count::<idempotency_key::Entity>(kept).await?, created);
    assert_eq!(
        plant.count::<idempotency_key::Entity>(every()).await?,
        created
    );
    Ok(())
}

/// Half of the clients create meetings, the others tasks of the meeting with this id.
fn create(client: usize, mut input: Value, meeting_id: &str) -> Call {
    if client.is_multiple_of(2) {
        return Call::new("meetingCreate", "meeting { databaseId }", input);
    }
    input["meetingId"] = json!(meeting_id);
    Call::new("taskCreate", "task { databaseId }", input)
}

/// The database id of what a payload says was created.
fn id_in(payload: &Value) -> Result<i64, Failed> {
    ["meeting", "task"]
        .iter()
        .find_map(|name| payload[name]["databaseId"].as_i64())
        .ok_or_else(|| format!("nothing was created: {payload}").into())
}

/// The database ids of the meetings and tasks that are called so, and described so too.
async fn ids_of(plant: &Plant<'_>, title: &str) -> Result<Vec<i64>, Failed> {
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::Title.eq(title))
        .filter(meeting::Column::Description.eq(title))
        .all(plant.database)
        .await?;
    let tasks = task::Entity::find()
        .filter(task::Column::Title.eq(title))
        .filter(task::Column::Description.eq(title))
        .all(plant.database)
        .await?;
    let meetings = meetings.iter().map(|meeting| meeting.id.into());
    Ok(meetings
        .chain(tasks.iter().map(|task| task.id.into()))
        .collect())
}

/// Calls that add segments: each is there with all of them or with none, and a retry of it adds
/// them once.
async fn segments(database: &TestDatabase) -> Outcome {
    let plant = Plant::new(database).await?;
    // One for each client, so that none waits for another.
    let mut sessions = Vec::new();
    for _ in 0..CLIENTS {
        let session = Seed(plant.database).session(&plant.ada).await?;
        let mut session = session.into_active_model();
        session.status = Set(Some(session::Status::Recording));
        sessions.push(session.update(plant.database).await?.id);
    }
    let mut server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let mut calls_written = 0;
    for kill in 0..KILLS {
        let key = |client: usize, number: usize| format!("{kill}-{client}-{number}");
        let next = |client: usize, number| {
            let key = key(client, number);
            append(sessions[client], &key).with_token(&token)
        };
        let written = write_until_killed(&server, 4 + 5 * kill, next).await?;
        server = Server::start(database)?;
        for (client, calls) in written.iter().enumerate() {
            for (number, Written { call, answered }) in calls.iter().enumerate() {
                let text = format!("{}:", key(client, number));
                let stored = stored_with(&plant, &text).await?;
                let retried = call.send(&server).await?.done()?;
                match answered {
                    Some(payload) => {
                        assert_eq!(stored.len(), SEGMENTS);
                        assert_eq!(retried, *payload);
                    }
                    None => assert!([0, SEGMENTS].contains(&stored.len()), "{stored:#?}"),
                }
                assert_eq!(stored_with(&plant, &text).await?.len(), SEGMENTS);
                calls_written += 1;
            }
        }
        plant.assert_intact().await?;
    }
    let expected = (calls_written * SEGMENTS) as u64;
    let every = || Expr::value(true);
    assert_eq!(plant.count::<segment::Entity>(every()).await?, expected);
    assert_eq!(plant.count::<segment_key::Entity>(every()).await?, expected);
    Ok(())
}

/// A call that adds segments whose texts begin with its key and a colon.
fn append(session_id: i32, key: &str) -> Call {
    let segments: Vec<Value> = (0..SEGMENTS)
        .map(|index| json!({"text": format!("{key}: {index}"), "startMs": 1000 * index}))
        .collect();
    let input = json!({
        "sessionId": global_id("Session", session_id),
        "key": key,
        "segments": segments,
    });
    Call::new("segmentsAppend", "segments { id text startMs }", input)
}

async fn stored_with(plant: &Plant<'_>, beginning: &str) -> Result<Vec<segment::Model>, Failed> {
    Ok(segment::Entity::find()
        .filter(segment::Column::Text.starts_with(beginning))
        .all(plant.database)
        .await?)
}

/// A bulk mutation is done to all of its rows or to none: they are as the last acknowledged one
/// left them, or as the one did that the crash came into.
async fn bulk(database: &TestDatabase) -> Outcome {
    let plant = Plant::new(database).await?;
    let seed = Seed(plant.database);
    let plan = seed.meeting(&plant.ada, "Plan").await?;
    let mut tasks = Vec::new();
    for _ in 0..CLIENTS {
        let mut ids = Vec::new();
        for _ in 0..TASKS {
            ids.push(seed.task(&plan, "Step").await?.id);
        }
        tasks.push(ids);
    }
    let mut assignees = vec![plant.ada.id];
    for username in ["grace", "hedy"] {
        let workspace_id = plant.ada.workspace_id.unwrap();
        assignees.push(seed.user(workspace_id, username).await?.id);
    }
    // In turns, so that two that follow each other are different.
    let assignee = |number: usize| assignees[number % assignees.len()];
    let mut server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let mut before = [None; CLIENTS];
    for kill in 0..KILLS {
        let next = |client: usize, number| {
            let ids = tasks[client].iter().map(|id| global_id("Task", *id));
            let input = json!({
                "ids": ids.collect::<Vec<_>>(),
                "assignedToId": global_id("User", assignee(number)),
            });
            Call::new("tasksAssign", "tasks { id }", input).with_token(&token)
        };
        let written = write_until_killed(&server, 4 + 3 * kill, next).await?;
        server = Server::start(database)?;
        for (client, calls) in written.iter().enumerate() {
            let acknowledged = calls.iter().filter(|call| call.answered.is_some()).count();
            let last = match acknowledged {
                0 => before[client],
                number => Some(assignee(number - 1)),
            };
            let stored = assignees_of(&plant, &tasks[client]).await?;
            assert!(stored.iter().all(|id| *id == stored[0]), "{stored:?}");
            let expected = [last, Some(assignee(acknowledged))];
            assert!(expected.contains(&stored[0]), "{stored:?}: {expected:?}");
            before[client] = stored[0];
        }
        plant.assert_intact().await?;
    }
    Ok(())
}

async fn assignees_of(plant: &Plant<'_>, ids: &[i32]) -> Result<Vec<Option<i32>>, Failed> {
    let tasks = task::Entity::find()
        .filter(task::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(task::Column::Id)
        .all(plant.database)
        .await?;
    assert_eq!(tasks.len(), ids.len());
    Ok(tasks.iter().map(|task| task.assigned_to_id).collect())
}

/// A call that was sent, and what was answered before the crash.
struct Written {
    call: Call,
    answered: Option<Value>,
}

/// Lets clients write, one call after another each, and kills the server as soon as it has
/// acknowledged so many. Returns what each client has sent; of the last call it does not know what
/// became of it.
async fn write_until_killed(
    server: &Server,
    acknowledgements: usize,
    next: impl Fn(usize, usize) -> Call,
) -> Result<Vec<Vec<Written>>, Failed> {
    let acknowledged = Cell::new(0);
    let is_killed = Cell::new(false);
    let client = async |client: usize| {
        let mut written = Vec::new();
        loop {
            let call = next(client, written.len());
            let answered = match call.send(server).await {
                Ok(reply) => Some(reply.done()?),
                Err(_) if is_killed.get() => None,
                Err(error) => return Err(error),
            };
            let is_last = answered.is_none();
            written.push(Written { call, answered });
            if is_last {
                return Ok(written);
            }
            acknowledged.set(acknowledged.get() + 1);
        }
    };
    let kill = async {
        while acknowledged.get() < acknowledgements {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        is_killed.set(true);
        server.kill()
    };
    let (written, ()) = try_join(try_join_all((0..CLIENTS).map(client)), kill).await?;
    Ok(written)
}

/// The rows that the cases change.
struct Plant<'a> {
    database: &'a DatabaseConnection,
    /// An admin.
    ada: user::Model,
}

impl<'a> Plant<'a> {
    async fn new(database: &'a TestDatabase) -> Result<Self, Failed> {
        let database = database.connection();
        let seed = Seed(database);
        let workspace = seed.workspace("acme").await?;
        let mut ada = seed.user(workspace.id, "ada").await?.into_active_model();
        ada.role = Set(Some(Role::Admin));
        Ok(Self {
            database,
            ada: ada.update(database).await?,
        })
    }

    async fn count<E>(&self, condition: impl IntoCondition) -> Result<u64, Failed>
    where
        E: EntityTrait<Model: Sync>,
    {
        let rows = E::find().filter(condition.into_condition());
        Ok(rows.count(self.database).await?)
    }

    /// Fails if SQLite finds its file damaged. PostgreSQL was not the one that was killed.
    async fn assert_intact(&self) -> Outcome {
        if self.database.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        for check in ["integrity_check", "foreign_key_check"] {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {check}"));
            let rows = self.database.query_all_raw(statement).await?;
            let findings: Vec<String> = rows
                .iter()
                .filter_map(|row| row.try_get_by_index(0).ok())
                .filter(|finding| finding != "ok")
                .collect();
            assert!(findings.is_empty(), "{check}: {findings:?}");
        }
        Ok(())
    }
}
