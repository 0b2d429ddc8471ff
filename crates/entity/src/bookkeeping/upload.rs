//! The `mina_upload` table.

use sea_orm::entity::prelude::*;

/// A transcript that is being uploaded to SQLite. Its segments are in a session that belongs to no
/// workspace, until they are moved to their own session.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_upload")]
pub struct Model {
    /// The session that has the segments so far.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: i32,
    /// When segments were last added. An upload of which nothing was heard for minutes is deleted.
    pub touched_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
