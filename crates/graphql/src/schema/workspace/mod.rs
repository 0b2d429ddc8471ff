//! `Workspace`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod inputs;
pub(crate) mod mutations;
mod transaction;

use std::sync::Arc;

use entity::{meeting, user, workspace};

use crate::{
    scalar::{DateTime, Json},
    schema::meeting::Meeting,
    schema::object::object,
    schema::user::User,
    table::Fields,
    write::ability::Abilities,
};

object! {
    /// A tenant. Nothing in it can be seen from another one.
    Workspace of workspace;
    columns {
        /// What it is called. At most 128 characters.
        name: &str;
        /// Its identifier in URLs, unique. At most 64 characters.
        slug: &str;
        /// What the workspace has set, an object free in form.
        settings: Json = Json(serde_json::json!({}));
        /// When it was made.
        created_at: DateTime;
    }
    lists {
        /// The people of the workspace.
        users: User = USERS(id -> user::Column::WorkspaceId);
        /// The meetings of the workspace.
        meetings: Meeting = MEETINGS(id -> meeting::Column::WorkspaceId);
    }
    fields {
        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
