//! For how long the transcripts of a workspace are kept.

pub(crate) mod due;
pub(crate) mod mutations;

use std::collections::HashMap;

use async_graphql::{Context, dataloader::Loader};
use entity::bookkeeping::retention;
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, JoinType,
    sea_query::{ArrayType, Expr},
};

use super::Workspace;
use crate::{
    database::usage,
    error::Error,
    read::{
        context::{ContextExt, WAITING_BYTES},
        filter::ROOT_TABLE,
        loader::RowLoader,
        row::Row,
        source::visible_rows,
    },
    value::is_any_of,
};

/// The retention of the workspace with this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RetentionOf(i32);

impl Loader<RetentionOf> for RowLoader {
    type Value = i32;
    type Error = Error;

    async fn load(&self, keys: &[RetentionOf]) -> Result<HashMap<RetentionOf, i32>, Error> {
        let id = || Expr::col((ROOT_TABLE, Workspace::ID));
        let ids = keys.iter().map(|key| key.0.into()).collect();
        let of = |column| Expr::col((retention::Entity, column));
        let statement = visible_rows::<Workspace>(&self.viewer()?)
            .column((retention::Entity, retention::Column::WorkspaceId))
            .column((retention::Entity, retention::Column::TranscriptDays))
            .join(
                JoinType::InnerJoin,
                retention::Entity,
                of(retention::Column::WorkspaceId).eq(id()),
            )
            .and_where(is_any_of(id(), ArrayType::Int, ids, self.backend()))
            .take();
        let rows = self.query_all(&statement).await?;
        let days = rows.iter().map(|row| {
            let workspace_id = row.try_get("", "workspace_id")?;
            Ok((
                RetentionOf(workspace_id),
                row.try_get("", "transcript_days")?,
            ))
        });
        days.collect()
    }
}

/// The number of days after which transcripts of a workspace are deleted.
pub(crate) async fn transcript_days(
    ctx: &Context<'_>,
    workspace: &Workspace,
) -> Option<Result<i32, Error>> {
    if !usage::admits(WAITING_BYTES) {
        return None;
    }
    let key = RetentionOf(workspace.0.id);
    ctx.loaders().load_one(key).await.transpose()
}

/// The same, read by a transaction.
pub(crate) async fn stored_days(
    connection: &impl ConnectionTrait,
    workspace_id: i32,
) -> Result<Option<i32>, DbErr> {
    let row = retention::Entity::find_by_id(workspace_id).one(connection);
    Ok(row.await?.map(|row| row.transcript_days))
}
