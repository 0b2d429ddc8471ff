//! A server that is killed while it writes: what it has acknowledged is there, and nothing is
//! there by half.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use entity::{meeting, participant, segment};
use futures_util::future::{join, join_all};
use libtest_mimic::Failed;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(
        "crashes::acknowledged_writes_stay",
        acknowledged_writes_stay,
    );
}

/// How often the server is killed.
const KILLS: usize = 4;
/// How many clients write at once.
const CLIENTS: usize = 4;
/// After how many acknowledged calls it is killed.
const ACKNOWLEDGED: usize = 15;
/// How long to wait before looking again whether there are so many, and how often.
const WAIT: Duration = Duration::from_millis(2);
const MOST_WAITS: usize = 15_000;
/// How many segments each call appends.
const SEGMENTS: usize = 40;

/// A call under a key of its own.
struct Call {
    mutation: &'static str,
    key: String,
    input: Value,
}

impl Call {
    fn new(session: &str, key: String) -> Self {
        if key.ends_with('0') {
            let input = json!({"title": key, "idempotencyKey": key});
            return Self {
                mutation: "meetingCreate",
                key,
                input,
            };
        }
        let segment = json!({"text": key});
        let segments = vec![segment; SEGMENTS];
        let input = json!({"sessionId": session, "segments": segments, "key": key});
        Self {
            mutation: "segmentsAppend",
            key,
            input,
        }
    }
}

/// Every acknowledged call is there, each call is there whole or not at all, and one that was not
/// acknowledged can be repeated without doing anything twice.
async fn acknowledged_writes_stay(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let session = ada.make("sessionCreate", json!({}), "session").await?;
    ada.run("sessionStart", json!({"id": session}), "session { id }")
        .await?;
    let token = ada.token.clone();
    drop(world.server);

    let calls = RefCell::new(Vec::new());
    let acknowledged = RefCell::new(BTreeSet::new());
    for kill in 0..KILLS {
        let server = Server::start(database)?;
        let client = Client {
            server: &server,
            token: token.clone(),
        };
        let writers = (0..CLIENTS).map(|writer| {
            let (client, session, calls) = (&client, &session, &calls);
            let acknowledged = &acknowledged;
            async move {
                for number in 0.. {
                    let call = Call::new(session, format!("{kill}-{writer}-{number}"));
                    let answer = client.run(call.mutation, call.input.clone(), "__typename");
                    let answer = answer.await;
                    let key = call.key.clone();
                    calls.borrow_mut().push(call);
                    if answer.is_err() {
                        // The server is gone.
                        return;
                    }
                    acknowledged.borrow_mut().insert(key);
                }
            }
        });
        let killing = async {
            let enough = acknowledged.borrow().len() + ACKNOWLEDGED;
            for _ in 0..MOST_WAITS {
                if acknowledged.borrow().len() >= enough {
                    break;
                }
                sleep(WAIT).await;
            }
            server.kill()
        };
        let (_, killed) = join(join_all(writers), killing).await;
        killed?;
    }
    let (calls, acknowledged) = (calls.into_inner(), acknowledged.into_inner());
    assert!(
        acknowledged.len() > KILLS * CLIENTS,
        "hardly anything was written"
    );
    assert!(acknowledged.len() < calls.len(), "no call was cut off");

    for call in &calls {
        let times = stored(database, call).await?;
        let is_right = times == 1 || (times == 0 && !acknowledged.contains(&call.key));
        assert!(is_right, "{} is there {times} times", call.key);
    }
    let server = Server::start(database)?;
    let client = Client {
        server: &server,
        token,
    };
    for call in &calls {
        client
            .run(call.mutation, call.input.clone(), "__typename")
            .await?;
        assert_eq!(stored(database, call).await?, 1, "{}", call.key);
    }
    Ok(())
}

/// How often a call is stored. One that is there by half is a failure.
async fn stored(database: &TestDatabase, call: &Call) -> Result<u64, Failed> {
    let connection = database.connection();
    if call.mutation == "segmentsAppend" {
        let rows = segment::Entity::find()
            .filter(segment::Column::Text.eq(&call.key))
            .count(connection)
            .await?;
        let each = u64::try_from(SEGMENTS)?;
        assert_eq!(rows % each, 0, "{} is there by half", call.key);
        return Ok(rows / each);
    }
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::Title.eq(&call.key))
        .all(connection)
        .await?;
    for meeting in &meetings {
        let participants = participant::Entity::find()
            .filter(participant::Column::MeetingId.eq(meeting.id))
            .count(connection)
            .await?;
        assert_eq!(participants, 1, "{} has no organizer", call.key);
    }
    Ok(meetings.len().try_into()?)
}
