//! The `user` table.

use sea_orm::{
    ConnectionTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, Func},
};

/// A user account. Users are deactivated, never deleted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The name to sign in with, unique across all workspaces.
    #[sea_orm(column_type = "String(StringLen::N(64))", unique)]
    pub username: String,
    /// The email address to sign in with, unique across all workspaces.
    #[sea_orm(column_type = "String(StringLen::N(120))", unique)]
    pub email: String,
    /// The bcrypt hash of the password. A user without one cannot sign in.
    #[sea_orm(column_type = "String(StringLen::N(256))", nullable)]
    pub password_hash: Option<String>,
    /// The user's workspace. A user without one sees only themself.
    pub workspace_id: Option<i32>,
    pub role: Option<Role>,
    /// Whether the user may sign in. NULL means the contract's default, true.
    pub is_active: Option<bool>,
    pub created_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "workspace_id", to = "id")]
    pub workspace: BelongsTo<Option<super::workspace::Entity>>,
    #[sea_orm(has_many)]
    pub meetings: HasMany<super::meeting::Entity>,
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::session::Entity>,
    #[sea_orm(has_many)]
    pub participations: HasMany<super::participant::Entity>,
    #[sea_orm(has_many)]
    pub markers: HasMany<super::marker::Entity>,
    #[sea_orm(has_many, relation_enum = "AssignedTasks", via_rel = "AssignedTo")]
    pub assigned_tasks: HasMany<super::task::Entity>,
    #[sea_orm(has_many, relation_enum = "CreatedTasks", via_rel = "CreatedBy")]
    pub created_tasks: HasMany<super::task::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Selects the user whom people mean by what they type when they sign in: the username or, if no
/// user has that name, the email address.
///
/// Mina stores names without whitespace around them and addresses in lower case, but an adopted
/// database may have others, and even addresses that differ in their letter case alone. So what was
/// typed counts first as it is, then without the whitespace around it, and then in lower case.
#[must_use]
pub fn by_login(login: &str) -> Select<Entity> {
    let trimmed = login.trim();
    let lower = trimmed.to_lowercase();
    let is_named = Column::Username
        .is_in([login, trimmed])
        .or(Column::Email.is_in([login, trimmed, &lower]));
    Entity::find()
        .filter(is_named)
        .order_by_desc(Column::Username.eq(login))
        .order_by_desc(Column::Email.eq(login))
        .order_by_desc(Column::Username.eq(trimmed))
        .order_by_desc(Column::Email.eq(trimmed))
        .limit(1)
}

/// The highest bcrypt cost of a stored password hash, of those up to `maximum`.
///
/// # Errors
///
/// Fails if the database fails.
pub async fn highest_hash_cost(
    database: &impl ConnectionTrait,
    maximum: u32,
) -> Result<Option<u32>, DbErr> {
    // A hash begins with its version and its cost, such as `$2b$12$`.
    let cost = || {
        let arguments = [
            Expr::col(Column::PasswordHash),
            Expr::value(5),
            Expr::value(2),
        ];
        Func::cust("substr").args(arguments)
    };
    let highest: Option<Option<String>> = Entity::find()
        .select_only()
        .expr(Expr::expr(Func::max(cost())))
        .filter(Column::PasswordHash.starts_with("$2"))
        .filter(Expr::expr(cost()).gte("04"))
        .filter(Expr::expr(cost()).lte(format!("{maximum:02}")))
        .into_tuple()
        .one(database)
        .await?;
    Ok(highest.flatten().and_then(|cost| cost.parse().ok()))
}

/// The role of a user in their workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Role {
    /// Administers the workspace: its users, roles, settings and everything in it.
    Admin,
    /// Creates meetings and runs their own meetings.
    Organizer,
    /// Takes part in meetings.
    #[default]
    Member,
}
