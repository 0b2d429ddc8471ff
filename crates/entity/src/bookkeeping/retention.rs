//! The `mina_retention` table.

use sea_orm::entity::prelude::*;

/// For how long the transcripts of a workspace are kept. A workspace without a row keeps them.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_retention")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i32,
    /// The number of days after which transcripts are deleted.
    pub transcript_days: i32,
}

impl ActiveModelBehavior for ActiveModel {}
