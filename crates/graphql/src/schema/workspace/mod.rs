//! `Workspace`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod inputs;
pub(crate) mod mutations;
pub(crate) mod slug;
mod transaction;

use std::sync::Arc;

use entity::{meeting, user, workspace};

use crate::{
    directive::large,
    scalar::{DateTime, Json},
    schema::meeting::Meeting,
    schema::object::object,
    schema::user::User,
    table::Fields,
    write::ability::Abilities,
};

object! {
    /// A workspace: users and the data they share. Nothing in a workspace is visible from another
    /// one.
    Workspace of workspace;
    columns {
        /// The workspace's name. At most 128 characters.
        name: &str;
        /// The workspace's unique identifier in URLs. At most 64 characters.
        slug: &str;
        /// The workspace's settings: a JSON object with any fields.
        #[graphql(directive = large::apply(None, None))]
        settings: Json = Json(serde_json::json!({}));
        /// When the workspace was created.
        created_at: DateTime;
    }
    lists {
        /// The workspace's users.
        users: User = USERS(id -> user::Column::WorkspaceId);
        /// The workspace's meetings.
        meetings: Meeting = MEETINGS(id -> meeting::Column::WorkspaceId);
    }
    fields {
        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
