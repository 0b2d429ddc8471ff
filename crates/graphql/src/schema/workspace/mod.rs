//! `Workspace`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod inputs;
pub(crate) mod mutations;
pub(crate) mod retention;
pub(crate) mod slug;
mod transaction;

use std::sync::Arc;

use async_graphql::Context;
use entity::{meeting, user, workspace};

use crate::{
    directive::{cost, large},
    error::Error,
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
        /// For how many days transcripts are kept. After that, they are deleted in the background, with
        /// their sessions and markers. Null if they are kept until somebody deletes them.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn transcript_retention_days(&self, ctx: &Context<'_>) -> Option<Result<i32, Error>> {
            retention::transcript_days(ctx, self).await
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
