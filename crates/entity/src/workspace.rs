//! The `workspace` table.

use sea_orm::entity::prelude::*;

/// A workspace: one tenant, isolated from all others.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "workspace")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub name: String,
    /// A unique, URL-safe identifier.
    #[sea_orm(column_type = "String(StringLen::N(64))", unique)]
    pub slug: String,
    /// The workspace's settings, as JSON of any shape.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub settings: Option<Json>,
    pub created_at: Option<DateTime>,
    #[sea_orm(has_many)]
    pub users: HasMany<super::user::Entity>,
    #[sea_orm(has_many)]
    pub meetings: HasMany<super::meeting::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
