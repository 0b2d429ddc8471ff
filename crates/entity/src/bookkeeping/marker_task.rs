//! The `mina_marker_task` table.

use sea_orm::entity::prelude::*;

/// The task that was created from a marker.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_marker_task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub marker_id: i32,
    #[sea_orm(unique)]
    pub task_id: i32,
}

impl ActiveModelBehavior for ActiveModel {}
