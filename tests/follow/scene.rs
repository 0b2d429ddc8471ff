//! The scene in which transcripts and changes are followed: a workspace, an admin, and nodes on one
//! database.

use std::{cell::Cell, time::Duration};

use entity::{
    bookkeeping::segment_position,
    meeting, segment,
    session::{self, Status},
    user::{self, Role},
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection,
    DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Statement,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{
    Outcome,
    call::Call,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
};

/// A workspace that is served by some nodes. The first row of each table is a probe: see
/// [`super::follower::Watcher`].
pub struct Scene<'a> {
    /// The database.
    pub database: &'a TestDatabase,
    /// Servers on that database.
    pub nodes: Vec<Server>,
    /// An admin.
    pub ada: user::Model,
    /// Her token, valid on all nodes.
    pub token: String,
}

impl<'a> Scene<'a> {
    pub async fn start(database: &'a TestDatabase, nodes: usize) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        let acme = seed.workspace("acme").await?;
        let mut ada = seed.user(acme.id, "ada").await?.into_active_model();
        ada.role = Set(Some(Role::Admin));
        let ada = ada.update(database.connection()).await?;
        let plan = seed.meeting(&ada, "Probe").await?;
        seed.task(&plan, "Probe").await?;
        seed.participant(&plan, &ada).await?;
        seed.analytics(&plan).await?;
        let session = seed.session(&ada).await?;
        seed.marker(&session, &ada, "Probe").await?;
        let nodes = (0..nodes).map(|_| Server::start(database));
        let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            token: nodes[0].sign_in("ada").await?,
            database,
            nodes,
            ada,
        })
    }

    pub fn seed(&self) -> Seed<'a> {
        Seed(self.database.connection())
    }

    pub fn connection(&self) -> &'a DatabaseConnection {
        self.database.connection()
    }

    /// A session of hers that records.
    pub async fn recording(&self) -> Result<session::Model, Failed> {
        let mut session = self.seed().session(&self.ada).await?.into_active_model();
        session.status = Set(Some(Status::Recording));
        Ok(session.update(self.connection()).await?)
    }

    /// A meeting of hers.
    pub async fn meeting(&self) -> Result<meeting::Model, Failed> {
        Ok(self.seed().meeting(&self.ada, "Plan").await?)
    }

    /// A mutation of hers on a node, which must be done.
    pub async fn run(
        &self,
        node: usize,
        name: &'static str,
        selection: &'static str,
        input: Value,
    ) -> Result<Value, Failed> {
        let call = Call::new(name, selection, input).with_token(&self.token);
        call.send(&self.nodes[node]).await?.done()
    }

    /// Appends segments on a node; gives what became of them.
    pub async fn append(
        &self,
        node: usize,
        session: &session::Model,
        segments: Value,
    ) -> Result<Value, Failed> {
        let input = json!({"sessionId": global_id("Session", session.id), "segments": segments});
        self.run(node, "segmentsAppend", "segments { id }", input)
            .await
    }

    /// Appends one segment on a node.
    pub async fn say(&self, node: usize, session: &session::Model, text: &str) -> Outcome {
        let segments = json!([{"text": text}]);
        self.append(node, session, segments).await.map(drop)
    }

    /// A statement of another program, of which no server is notified.
    pub async fn sql(&self, sql: &str) -> Outcome {
        execute(self.connection(), sql).await
    }

    /// Whether a question in SQL has an answer.
    pub async fn has(&self, sql: &str) -> Result<bool, DbErr> {
        let statement = Statement::from_string(self.database.backend(), sql);
        let row = self.connection().query_one_raw(statement).await?;
        Ok(row.is_some())
    }

    /// The segments of a session as they are stored, in the order of their positions.
    pub async fn stored(&self, session: &session::Model) -> Result<Vec<Stored>, Failed> {
        let positions = segment_position::Entity::find()
            .filter(segment_position::Column::SessionId.eq(session.id))
            .order_by_asc(segment_position::Column::Position)
            .all(self.connection())
            .await?;
        let segments = segment::Entity::find()
            .filter(segment::Column::SessionId.eq(session.id))
            .all(self.connection())
            .await?;
        assert_eq!(positions.len(), segments.len(), "each has one position");
        let mut by_id: std::collections::HashMap<i32, segment::Model> =
            segments.into_iter().map(|it| (it.id, it)).collect();
        let stored = positions.into_iter().map(|it| {
            let segment = by_id.remove(&it.segment_id);
            let segment = segment.ok_or("a position without a segment")?;
            Ok(Stored {
                position: it.position,
                id: global_id("Segment", segment.id),
                text: segment.text,
                kind: match segment.kind {
                    Some(segment::Kind::Interim) => "INTERIM",
                    Some(segment::Kind::Corrected) => "CORRECTED",
                    Some(segment::Kind::Final) | None => "FINAL",
                }
                .to_owned(),
            })
        });
        stored.collect()
    }

    /// Changes an object without a difference, and has all nodes look.
    pub async fn touch(&self, table: &str, id: i32) -> Outcome {
        self.sql(&format!("UPDATE {table} SET id = id WHERE id = {id}"))
            .await?;
        self.announce().await
    }

    /// Has all nodes look for what is new, where they can be notified.
    pub async fn announce(&self) -> Outcome {
        match self.database.backend() {
            DbBackend::Postgres => self.sql("NOTIFY mina_changes").await,
            _ => Ok(()),
        }
    }

    /// Waits until a node has read the journal again, which it does each second.
    pub async fn journal_read(&self, node: usize) -> Outcome {
        let reads = || self.nodes[node].log_lines_with("FROM mina_change").len();
        // One may be under way and have begun before.
        let enough = reads() + 2;
        eventually("the journal is not read", async || Ok(reads() >= enough)).await
    }
}

/// A statement in a transaction or out of one.
pub async fn execute(connection: &impl ConnectionTrait, sql: &str) -> Outcome {
    connection.execute_unprepared(sql).await?;
    Ok(())
}

/// Waits until something holds of what cannot be waited for.
pub async fn eventually(otherwise: &str, holds: impl AsyncFn() -> Result<bool, DbErr>) -> Outcome {
    let tries = Cell::new(0);
    while !holds().await? {
        tries.set(tries.get() + 1);
        if tries.get() > 6000 {
            return Err(otherwise.into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// A version of a segment at its position: as stored, or as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub position: i32,
    pub id: String,
    pub text: String,
    pub kind: String,
}
