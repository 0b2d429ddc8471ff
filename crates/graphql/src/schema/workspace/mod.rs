//! `Workspace`: the type, its fields and its relations.

mod actions;
mod inputs;
mod mutations;
mod transaction;

pub(crate) use actions::{CREATE_MEETING, CREATE_SESSION, CREATE_USER, WORK_ON_ANALYSES};
pub use inputs::WorkspaceWhere;
pub(crate) use mutations::{MUTATIONS, NAME, free_slug};

use std::sync::Arc;

use async_graphql::{ID, Object};
use entity::{meeting, user, workspace};

use crate::{
    read::page::lists::{HasLists, List, Lists},
    read::relation::Relation,
    read::row::Row,
    scalar::{DateTime, Json},
    schema::meeting::Meeting,
    schema::user::User,
    table::Fields,
    write::ability::Abilities,
};

/// A tenant. Nothing in it can be seen from another one.
#[derive(Clone)]
pub struct Workspace(pub(crate) Arc<workspace::Model>);

impl From<Arc<workspace::Model>> for Workspace {
    fn from(row: Arc<workspace::Model>) -> Self {
        Self(row)
    }
}

impl Row for Workspace {
    type Entity = workspace::Entity;

    const NAME: &'static str = "Workspace";
    const ID: workspace::Column = workspace::Column::Id;

    fn database_id(row: &workspace::Model) -> i32 {
        row.id
    }
}

/// A tenant. Nothing in it can be seen from another one.
#[Object]
impl Workspace {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// What it is called. At most 128 characters.
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Its identifier in URLs, unique. At most 64 characters.
    fn slug(&self) -> &str {
        &self.0.slug
    }

    /// What the workspace has set, an object free in form.
    fn settings(&self) -> Json {
        Json(
            self.0
                .settings
                .clone()
                .unwrap_or_else(|| serde_json::json!({})),
        )
    }

    /// When it was made.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    #[graphql(flatten)]
    fn lists(&self) -> Fields<Lists<Self>> {
        Fields(Lists(self.clone()))
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

impl HasLists for Workspace {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[
        List::of(&USERS, "users", "The people of the workspace."),
        List::of(&MEETINGS, "meetings", "The meetings of the workspace."),
    ];
}

/// `Workspace.users`.
static USERS: Relation<Workspace, User> =
    Relation::new(user::Column::WorkspaceId, |workspace| Some(workspace.0.id));

/// `Workspace.meetings`.
static MEETINGS: Relation<Workspace, Meeting> =
    Relation::new(meeting::Column::WorkspaceId, |workspace| {
        Some(workspace.0.id)
    });
