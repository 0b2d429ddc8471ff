//! The `mina_participant_place` table.

use sea_orm::entity::prelude::*;

/// The place of a participant: its workspace, and a copy of the user whose participations are listed.
/// Every participant has one. Triggers maintain this table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_participant_place")]
pub struct Model {
    /// The id of the participant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// NULL if the participant belongs to no workspace.
    pub workspace_id: Option<i32>,
    pub user_id: i32,
}

impl ActiveModelBehavior for ActiveModel {}
