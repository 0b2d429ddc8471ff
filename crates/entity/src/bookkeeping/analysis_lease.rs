//! The `mina_analysis_lease` table.

use sea_orm::entity::prelude::*;

/// The lease under which a worker processes an analysis.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_analysis_lease")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub analytics_id: i32,
    /// The secret that proves that a worker holds this lease.
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub token: String,
    /// When the lease expires. After that, another worker may claim the analysis.
    pub expires_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
