//! The workspace scope in SQL: a condition per table that is true for the rows of one workspace.

use sea_orm::{
    EntityTrait, ExprTrait,
    sea_query::{Expr, Func, Query, SelectStatement, SubQueryStatement},
};

use crate::{analytics, marker, meeting, participant, segment, session, task, user, workspace};

/// An entity whose rows each belong to at most one workspace.
pub trait Scoped: EntityTrait {
    /// The condition that a row belongs to the workspace. `table` is the name or alias of the
    /// entity's table in the statement.
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr;

    /// The condition that a user without a workspace may see a row.
    ///
    /// Such a user sees only their own row of the user table, so for every other table the
    /// condition is always false.
    #[must_use]
    fn without_workspace(_table: &'static str, _user_id: i32) -> Expr {
        Expr::value(1).eq(0)
    }
}

impl Scoped for workspace::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        Expr::col((table, workspace::Column::Id)).eq(workspace_id)
    }
}

impl Scoped for user::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        Expr::col((table, user::Column::WorkspaceId)).eq(workspace_id)
    }

    fn without_workspace(table: &'static str, user_id: i32) -> Expr {
        Expr::col((table, user::Column::Id)).eq(user_id)
    }
}

impl Scoped for meeting::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        Expr::col((table, meeting::Column::WorkspaceId)).eq(workspace_id)
    }
}

impl Scoped for session::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        workspace_of_session(table).eq(workspace_id)
    }
}

/// The workspace of a session. `table` is the name or alias of the session table in the statement.
///
/// It is the workspace of the session's user. Only if there is none, it is the workspace of the
/// meeting that links the session. So two workspaces can never both own a session.
#[must_use]
pub fn workspace_of_session(table: &'static str) -> Expr {
    let of_user = scalar(
        Query::select()
            .column(("scope_user", user::Column::WorkspaceId))
            .from_as(user::Entity, "scope_user")
            .and_where(
                Expr::col(("scope_user", user::Column::Id))
                    .equals((table, session::Column::UserId)),
            ),
    );
    let of_meeting = scalar(
        Query::select()
            .column(("scope_meeting", meeting::Column::WorkspaceId))
            .from_as(meeting::Entity, "scope_meeting")
            .and_where(
                Expr::col(("scope_meeting", meeting::Column::SessionId))
                    .equals((table, session::Column::ExternalId)),
            ),
    );
    Func::coalesce([of_user, of_meeting]).into()
}

impl Scoped for segment::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        parent_in_workspace(
            session::Entity,
            "scope_session",
            Expr::col(("scope_session", session::Column::Id))
                .equals((table, segment::Column::SessionId)),
            workspace_id,
        )
    }
}

impl Scoped for marker::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        parent_in_workspace(
            session::Entity,
            "scope_session",
            Expr::col(("scope_session", session::Column::ExternalId))
                .equals((table, marker::Column::SessionId)),
            workspace_id,
        )
    }
}

impl Scoped for task::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        of_meeting((table, task::Column::MeetingId), workspace_id)
    }
}

impl Scoped for participant::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        of_meeting((table, participant::Column::MeetingId), workspace_id)
    }
}

impl Scoped for analytics::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        of_meeting((table, analytics::Column::MeetingId), workspace_id)
    }
}

/// The condition that the meeting with this id belongs to the workspace.
fn of_meeting<C: sea_orm::ColumnTrait>(meeting_id: (&'static str, C), workspace_id: i32) -> Expr {
    parent_in_workspace(
        meeting::Entity,
        "scope_meeting",
        Expr::col(("scope_meeting", meeting::Column::Id)).equals(meeting_id),
        workspace_id,
    )
}

/// The condition that a parent row exists, found by `link`, and belongs to the workspace.
fn parent_in_workspace<P: Scoped>(
    parent: P,
    alias: &'static str,
    link: Expr,
    workspace_id: i32,
) -> Expr {
    Expr::exists(
        Query::select()
            .expr(Expr::cust("1"))
            .from_as(parent, alias)
            .and_where(link)
            .and_where(P::in_workspace(alias, workspace_id))
            .take(),
    )
}

/// A subquery that is used as a value.
fn scalar(query: &mut SelectStatement) -> Expr {
    Expr::SubQuery(
        None,
        Box::new(SubQueryStatement::SelectStatement(query.take())),
    )
}
