//! The `workspace` table.

use sea_orm::entity::prelude::*;

/// A tenant: the wall that nothing crosses.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workspace")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub name: String,
    /// URL-safe identifier, unique.
    #[sea_orm(column_type = "String(StringLen::N(64))", unique)]
    pub slug: String,
    /// What the workspace has set, free in form.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub settings: Option<Json>,
    pub created_at: Option<DateTime>,
    #[sea_orm(has_many)]
    pub users: HasMany<super::user::Entity>,
    #[sea_orm(has_many)]
    pub meetings: HasMany<super::meeting::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
