//! The workspace scope in SQL: a condition per table that is true for the rows of one workspace.

use sea_orm::{
    EntityTrait, ExprTrait,
    sea_query::{Expr, Query},
};

use crate::{
    analytics, bookkeeping::session_place, marker, meeting, participant, segment, session, task,
    user, workspace,
};

const SESSIONS: Place = Place {
    table: "mina_session_place",
    key: "id",
    copies: &["id", "status", "started_at", "created_at"],
};

/// The segments of a workspace are those of its sessions. Segments have no places of their own,
/// because they are written often and no list is ordered by what a place could contain.
const SEGMENTS: Place = Place {
    key: "session_id",
    copies: &[],
    ..SESSIONS
};

const MARKERS: Place = Place {
    table: "mina_marker_place",
    key: "id",
    copies: &["id", "user_id", "created_at"],
};

const TASKS: Place = Place {
    table: "mina_task_place",
    key: "id",
    copies: &[
        "id",
        "created_by_id",
        "assigned_to_id",
        "due_date",
        "created_at",
    ],
};

const ANALYTICS: Place = Place {
    table: "mina_analytics_place",
    key: "id",
    copies: &["id", "analysis_status", "created_at"],
};

/// The rows of a meeting belong to the workspace of the meeting.
const MEETINGS: Place = Place {
    table: "meeting",
    key: "meeting_id",
    copies: &[],
};

/// No list has all participants of a workspace, but a user may take part in meetings of others.
const PARTICIPANTS: Place = Place {
    table: "mina_participant_place",
    key: "id",
    copies: &["id", "user_id"],
};

/// Where the places of a table's rows are. A place says which workspace a row belongs to, where only
/// the parents of the row know it, and has copies of the columns by which lists are mostly ordered.
/// Triggers maintain the places, so they are right for rows that other programs write, too.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The table of the places.
    pub table: &'static str,
    /// The column of the row with the id of its place.
    pub key: &'static str,
    /// The columns of the row that the place has copies of. A copy has the default of its column
    /// in place of NULL. There is an index for each, which begins with the workspace.
    pub copies: &'static [&'static str],
}

impl Place {
    /// The column of the id.
    pub const ID: &'static str = "id";
    /// The column of the workspace.
    pub const WORKSPACE_ID: &'static str = "workspace_id";

    /// Whether the place has a copy of a column of the row.
    #[must_use]
    pub fn has_copy_of(self, column: &str) -> bool {
        self.copies.contains(&column)
    }

    /// The condition that the place with this id is in the workspace.
    ///
    /// A subselect that is a value is looked up row by row, of rows that something else has found. Of
    /// `EXISTS`, PostgreSQL would make a join that can begin with all places. The comparison is
    /// within the subselect, because PostgreSQL would otherwise expect few rows to pass it, and sort
    /// them instead of reading them in their order.
    #[must_use]
    pub fn is_in_workspace(self, id: Expr, workspace_id: i32) -> Expr {
        let is_in_workspace = Query::select()
            .expr(Expr::col(("scope_place", Self::WORKSPACE_ID)).eq(workspace_id))
            .from_as(self.table, "scope_place")
            .and_where(Expr::col(("scope_place", Self::ID)).eq(id))
            .take();
        Expr::SubQuery(None, Box::new(is_in_workspace.into()))
    }
}

/// An entity whose rows each belong to at most one workspace.
pub trait Scoped: EntityTrait {
    /// The condition that a row belongs to the workspace. `table` is the name or alias of the
    /// entity's table in the statement.
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr;

    /// The places of the rows. None if the table has a column with the workspace.
    const PLACE: Option<Place> = None;

    /// What alone decides to which workspace a row belongs, and the column that refers to it. It
    /// serves lists of the rows with the same value in that column. None if there is no such thing.
    const OWNER: Option<Place> = None;

    /// The column with the workspace. None if the rows have places.
    const WORKSPACE_ID: Option<Self::Column> = None;

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
    const WORKSPACE_ID: Option<Self::Column> = Some(workspace::Column::Id);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        Expr::col((table, workspace::Column::Id)).eq(workspace_id)
    }
}

impl Scoped for user::Entity {
    const WORKSPACE_ID: Option<Self::Column> = Some(user::Column::WorkspaceId);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        Expr::col((table, user::Column::WorkspaceId)).eq(workspace_id)
    }

    fn without_workspace(table: &'static str, user_id: i32) -> Expr {
        Expr::col((table, user::Column::Id)).eq(user_id)
    }
}

impl Scoped for meeting::Entity {
    const WORKSPACE_ID: Option<Self::Column> = Some(meeting::Column::WorkspaceId);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        Expr::col((table, meeting::Column::WorkspaceId)).eq(workspace_id)
    }
}

impl Scoped for session::Entity {
    const PLACE: Option<Place> = Some(SESSIONS);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        placed_in_workspace(SESSIONS, table, workspace_id)
    }
}

impl Scoped for segment::Entity {
    const PLACE: Option<Place> = Some(SEGMENTS);
    const OWNER: Option<Place> = Some(SEGMENTS);

    /// Many segments have the same session, so a join with its place can be cheaper than one look-up
    /// for each.
    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        let id = Expr::col(("scope_place", session_place::Column::Id));
        Expr::exists(
            Query::select()
                .expr(Expr::cust("1"))
                .from_as(session_place::Entity, "scope_place")
                .and_where(id.equals((table, segment::Column::SessionId)))
                .and_where(
                    Expr::col(("scope_place", session_place::Column::WorkspaceId)).eq(workspace_id),
                )
                .take(),
        )
    }
}

impl Scoped for marker::Entity {
    const PLACE: Option<Place> = Some(MARKERS);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        placed_in_workspace(MARKERS, table, workspace_id)
    }
}

impl Scoped for task::Entity {
    const PLACE: Option<Place> = Some(TASKS);
    const OWNER: Option<Place> = Some(MEETINGS);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        placed_in_workspace(TASKS, table, workspace_id)
    }
}

impl Scoped for analytics::Entity {
    const PLACE: Option<Place> = Some(ANALYTICS);
    const OWNER: Option<Place> = Some(MEETINGS);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        placed_in_workspace(ANALYTICS, table, workspace_id)
    }
}

impl Scoped for participant::Entity {
    const PLACE: Option<Place> = Some(PARTICIPANTS);
    const OWNER: Option<Place> = Some(MEETINGS);

    fn in_workspace(table: &'static str, workspace_id: i32) -> Expr {
        placed_in_workspace(PARTICIPANTS, table, workspace_id)
    }
}

/// The condition that the place of a row is in the workspace.
fn placed_in_workspace(place: Place, table: &'static str, workspace_id: i32) -> Expr {
    place.is_in_workspace(Expr::col((table, place.key)), workspace_id)
}
