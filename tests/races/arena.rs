//! The scene of races: a workspace, its users, and a server.

use entity::{
    session,
    user::{self, Role},
    workspace,
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseConnection, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, sea_query::IntoCondition,
};
use serde_json::{Value, json};

use crate::support::{
    call::{Call, Replies, at_once},
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
};

/// The number of times that each race is run.
pub const ROUNDS: usize = 12;

/// A workspace with a server that serves it.
pub struct Arena<'a> {
    /// For rows that a race is about.
    pub seed: Seed<'a>,
    /// The server.
    pub server: Server,
    /// The workspace Acme.
    pub workspace: workspace::Model,
}

/// A user who has signed in.
pub struct Person {
    /// The user.
    pub user: user::Model,
    token: String,
}

impl<'a> Arena<'a> {
    pub async fn start(database: &'a TestDatabase) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        Ok(Self {
            seed,
            workspace: seed.workspace("acme").await?,
            server: Server::start(database)?,
        })
    }

    /// Ada, an admin of Acme, and the place where she is one.
    pub async fn with_admin(database: &'a TestDatabase) -> Result<(Self, Person), Failed> {
        let arena = Self::start(database).await?;
        let ada = arena.person("ada", Role::Admin).await?;
        Ok((arena, ada))
    }

    /// Somebody of Acme.
    pub async fn person(&self, username: &str, role: Role) -> Result<Person, Failed> {
        self.person_of(&self.workspace, username, role).await
    }

    /// Somebody of any workspace.
    pub async fn person_of(
        &self,
        workspace: &workspace::Model,
        username: &str,
        role: Role,
    ) -> Result<Person, Failed> {
        let user = self.seed.user(workspace.id, username).await?;
        let mut user = user.into_active_model();
        user.role = Set(Some(role));
        let user = user.update(self.database()).await?;
        let token = self.server.sign_in(username).await?;
        Ok(Person { user, token })
    }

    /// The database, for looking at what is there in the end.
    pub fn database(&self) -> &'a DatabaseConnection {
        self.seed.0
    }

    /// Lets calls race.
    pub async fn at_once(&self, calls: &[Call]) -> Result<Replies, Failed> {
        at_once(&self.server, calls).await
    }

    /// The number of rows of a table that meet a condition.
    pub async fn count<E>(&self, condition: impl IntoCondition) -> Result<u64, Failed>
    where
        E: EntityTrait<Model: Sync>,
    {
        let rows = E::find().filter(condition.into_condition());
        Ok(rows.count(self.database()).await?)
    }
}

impl Person {
    /// A mutation of theirs.
    pub fn call(&self, name: &'static str, selection: &'static str, input: Value) -> Call {
        Call::new(name, selection, input).with_token(&self.token)
    }
}

/// A session of somebody's that records.
pub async fn recording(arena: &Arena<'_>, owner: &Person) -> Result<session::Model, Failed> {
    let mut session = arena.seed.session(&owner.user).await?.into_active_model();
    session.status = Set(Some(session::Status::Recording));
    Ok(session.update(arena.database()).await?)
}

/// A call that adds segments to a session.
pub fn append(by: &Person, session: &session::Model, key: Option<&str>, segments: &Value) -> Call {
    let input = json!({
        "sessionId": global_id("Session", session.id),
        "key": key,
        "segments": segments,
    });
    by.call("segmentsAppend", "segments { id text }", input)
}
