//! The `mina_analysis_lease` table.

use sea_orm::entity::prelude::*;

/// Which worker holds an analysis, and until when.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_analysis_lease")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub analytics_id: i32,
    /// What the worker shows to prove that it is the one.
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub token: String,
    /// From then on another worker may claim the analysis.
    pub expires_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
