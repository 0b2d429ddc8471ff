//! The tables of places: what should be in them, in SQL.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};

/// How many rows are checked at once.
const SLICE: u32 = 5000;

/// A table whose rows have places.
pub struct Table {
    /// The name of the table.
    pub rows: &'static str,
    /// The workspace of one of its rows.
    workspace: &'static str,
    /// The copied columns, and the values that they should have.
    copies: &'static [(&'static str, &'static str)],
    /// The function of PostgreSQL that places rows.
    function: &'static str,
}

/// All tables. Markers come after sessions, because on PostgreSQL they are placed where the places
/// of their sessions are.
pub static TABLES: [Table; 4] = [
    Table {
        rows: "session",
        workspace: "coalesce(
            (SELECT workspace_id FROM \"user\" AS owner WHERE owner.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)
        )",
        copies: &[
            ("status", "coalesce(session.status, 'pending')"),
            ("started_at", "session.started_at"),
            (
                "created_at",
                "coalesce(session.created_at, '1970-01-01 00:00:00')",
            ),
        ],
        function: "mina_place_sessions",
    },
    Table {
        rows: "task",
        workspace: "(SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id)",
        copies: &[
            ("due_date", "task.due_date"),
            (
                "created_at",
                "coalesce(task.created_at, '1970-01-01 00:00:00')",
            ),
        ],
        function: "mina_place_tasks",
    },
    Table {
        rows: "analytics",
        workspace: "(SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id)",
        copies: &[
            (
                "analysis_status",
                "coalesce(analytics.analysis_status, 'pending')",
            ),
            (
                "created_at",
                "coalesce(analytics.created_at, '1970-01-01 00:00:00')",
            ),
        ],
        function: "mina_place_analytics",
    },
    Table {
        rows: "marker",
        workspace: "(SELECT coalesce(
                (SELECT workspace_id FROM \"user\" AS owner WHERE owner.id = session.user_id),
                (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)
            ) FROM session WHERE session.external_id = marker.session_id)",
        copies: &[(
            "created_at",
            "coalesce(marker.created_at, '1970-01-01 00:00:00')",
        )],
        function: "mina_place_markers",
    },
];

/// What is wrong with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A row has no place.
    Missing,
    /// The workspace is not that of the row.
    Misplaced,
    /// A copied column differs from the row.
    Outdated,
    /// There is no row.
    Orphaned,
}

impl Problem {
    /// All kinds, in the order of their numbers in SQL.
    pub const ALL: [Self; 4] = [
        Self::Missing,
        Self::Misplaced,
        Self::Outdated,
        Self::Orphaned,
    ];

    /// What a count of such problems is followed by.
    pub fn description(self) -> &'static str {
        match self {
            Self::Missing => "without a place",
            Self::Misplaced => "in another workspace",
            Self::Outdated => "with an outdated copy",
            Self::Orphaned => "without a row",
        }
    }
}

/// Consecutive ids.
pub struct Slice {
    /// The highest id.
    pub last: i32,
    /// The number of ids that a row or a place has.
    pub count: i64,
}

impl Table {
    /// The slice that begins after an id, or `None` at the end of the table.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn slice(
        &self,
        database: &DatabaseConnection,
        after: i32,
    ) -> Result<Option<Slice>, DbErr> {
        let rows = self.rows;
        let sql = format!(
            "SELECT max(id) AS last, count(*) AS count FROM (
                SELECT id FROM (
                    SELECT id FROM (
                        SELECT id FROM {rows} WHERE id > {after} ORDER BY id LIMIT {SLICE}
                    ) AS of_rows
                    UNION
                    SELECT id FROM (
                        SELECT id FROM mina_{rows}_place WHERE id > {after}
                        ORDER BY id LIMIT {SLICE}
                    ) AS of_places
                ) AS of_both ORDER BY id LIMIT {SLICE}
            ) AS slice"
        );
        let Some(row) = database.query_one_raw(statement(database, sql)).await? else {
            return Ok(None);
        };
        let last: Option<i32> = row.try_get("", "last")?;
        let count = row.try_get("", "count")?;
        Ok(last.map(|last| Slice { last, count }))
    }

    /// The ids in a slice whose places are wrong. One statement sees no half of a transaction, so
    /// transactions that run at the same time are not mistaken for problems.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn problems(
        &self,
        database: &DatabaseConnection,
        after: i32,
        last: i32,
    ) -> Result<Vec<(i32, Problem)>, DbErr> {
        let (rows, workspace) = (self.rows, self.workspace);
        let correct = self.selected(", ", |(column, value)| format!("{value} AS {column}"));
        let outdated = self.selected(" OR ", |(column, _)| {
            format!("place.{column} IS DISTINCT FROM correct.{column}")
        });
        let sql = format!(
            "SELECT correct.id AS id,
                CASE
                    WHEN place.id IS NULL THEN 0
                    WHEN place.workspace_id IS DISTINCT FROM correct.workspace_id THEN 1
                    ELSE 2
                END AS problem
            FROM (
                SELECT {rows}.id AS id, {workspace} AS workspace_id, {correct}
                FROM {rows} WHERE {rows}.id > {after} AND {rows}.id <= {last}
            ) AS correct
            LEFT JOIN mina_{rows}_place AS place ON place.id = correct.id
            WHERE place.id IS NULL
                OR place.workspace_id IS DISTINCT FROM correct.workspace_id OR {outdated}
            UNION ALL
            SELECT place.id AS id, 3 AS problem FROM mina_{rows}_place AS place
            WHERE place.id > {after} AND place.id <= {last}
                AND NOT EXISTS (SELECT 1 FROM {rows} WHERE {rows}.id = place.id)"
        );
        let found = database.query_all_raw(statement(database, sql)).await?;
        found
            .iter()
            .map(|row| {
                let number: i32 = row.try_get("", "problem")?;
                let index = usize::try_from(number).unwrap_or_default();
                Ok((row.try_get("", "id")?, Problem::ALL[index]))
            })
            .collect()
    }

    /// Places rows as they should be.
    ///
    /// # Errors
    /// If the database fails. Then nothing is changed.
    pub async fn fix(&self, database: &DatabaseConnection, ids: &[i32]) -> Result<(), DbErr> {
        let rows = self.rows;
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let ids = ids.join(", ");
        let transaction = database.begin().await?;
        if database.get_database_backend() == DbBackend::Postgres {
            let function = self.function;
            // The rows must not change while they are placed.
            let lock =
                format!("SELECT 1 FROM {rows} WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE");
            transaction.execute_unprepared(&lock).await?;
            let place = format!("SELECT {function}(ARRAY[{ids}], false)");
            transaction.execute_unprepared(&place).await?;
            let delete = format!(
                "DELETE FROM mina_{rows}_place AS place WHERE id IN ({ids})
                AND NOT EXISTS (SELECT 1 FROM {rows} WHERE {rows}.id = place.id)"
            );
            transaction.execute_unprepared(&delete).await?;
        } else {
            let workspace = self.workspace;
            let columns = self.selected(", ", |(column, _)| (*column).to_owned());
            let values = self.selected(", ", |(_, value)| (*value).to_owned());
            let delete = format!("DELETE FROM mina_{rows}_place WHERE id IN ({ids})");
            transaction.execute_unprepared(&delete).await?;
            let insert = format!(
                "INSERT INTO mina_{rows}_place (id, workspace_id, {columns})
                SELECT {rows}.id, {workspace}, {values} FROM {rows} WHERE {rows}.id IN ({ids})"
            );
            transaction.execute_unprepared(&insert).await?;
        }
        transaction.commit().await
    }

    /// Something for each copied column.
    fn selected(
        &self,
        separator: &str,
        format: impl Fn(&(&'static str, &'static str)) -> String,
    ) -> String {
        let parts: Vec<String> = self.copies.iter().map(format).collect();
        parts.join(separator)
    }
}

fn statement(database: &DatabaseConnection, sql: String) -> Statement {
    Statement::from_string(database.get_database_backend(), sql)
}
