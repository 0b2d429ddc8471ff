//! The workspace scope, as SQL: which rows of each table belong to one workspace.

use sea_orm::{
    EntityTrait, ExprTrait,
    sea_query::{Expr, Func, Query, SelectStatement, SubQueryStatement},
};

use crate::{analytics, marker, meeting, participant, segment, session, task, user, workspace};

/// An entity whose every row belongs to at most one workspace.
pub trait Scoped: EntityTrait {
    /// The condition that the row of the table known in the statement as `table` belongs to the
    /// workspace.
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr;

    /// The condition under which a user without a workspace may see a row.
    ///
    /// They see only themself, hence nothing of any table but their own.
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

/// The workspace of a row of the session table that is known in the statement as `table`.
///
/// A session has one owner, so that two workspaces can never both claim it: its user's workspace
/// and, only where there is none, that of the meeting which links it.
#[must_use]
pub fn workspace_of_session(table: &'static str) -> Expr {
    let of_user = scalar(
        Query::select()
            .column(("wall_user", user::Column::WorkspaceId))
            .from_as(user::Entity, "wall_user")
            .and_where(
                Expr::col(("wall_user", user::Column::Id)).equals((table, session::Column::UserId)),
            ),
    );
    let of_meeting = scalar(
        Query::select()
            .column(("wall_meeting", meeting::Column::WorkspaceId))
            .from_as(meeting::Entity, "wall_meeting")
            .and_where(
                Expr::col(("wall_meeting", meeting::Column::SessionId))
                    .equals((table, session::Column::ExternalId)),
            ),
    );
    Func::coalesce([of_user, of_meeting]).into()
}

impl Scoped for segment::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        parent_in_workspace(
            session::Entity,
            "wall_session",
            Expr::col(("wall_session", session::Column::Id))
                .equals((table, segment::Column::SessionId)),
            workspace_id,
        )
    }
}

impl Scoped for marker::Entity {
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        parent_in_workspace(
            session::Entity,
            "wall_session",
            Expr::col(("wall_session", session::Column::ExternalId))
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

fn of_meeting<C: sea_orm::ColumnTrait>(meeting_id: (&'static str, C), workspace_id: i32) -> Expr {
    parent_in_workspace(
        meeting::Entity,
        "wall_meeting",
        Expr::col(("wall_meeting", meeting::Column::Id)).equals(meeting_id),
        workspace_id,
    )
}

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

fn scalar(query: &mut SelectStatement) -> Expr {
    Expr::SubQuery(
        None,
        Box::new(SubQueryStatement::SelectStatement(query.take())),
    )
}
