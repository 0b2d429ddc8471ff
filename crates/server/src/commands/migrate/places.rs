//! The tables of places: what should be in them, in SQL.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};

/// How many rows are checked at once.
const SLICE: u32 = 5000;

/// A table whose rows have places. The view `mina_expected_…_place` says what they should be.
pub struct Table {
    /// The name of the table.
    pub rows: &'static str,
    /// The columns of a place after the id and the workspace, in the order of the table.
    copies: &'static [&'static str],
    /// The function of PostgreSQL that places rows.
    function: &'static str,
}

/// All tables. Markers come after sessions, because on PostgreSQL they are placed where the places
/// of their sessions are.
pub static TABLES: [Table; 5] = [
    Table {
        rows: "session",
        copies: &["status", "started_at", "created_at"],
        function: "mina_place_sessions",
    },
    Table {
        rows: "task",
        copies: &["created_by_id", "assigned_to_id", "due_date", "created_at"],
        function: "mina_place_tasks",
    },
    Table {
        rows: "analytics",
        copies: &["analysis_status", "created_at"],
        function: "mina_place_analytics",
    },
    Table {
        rows: "marker",
        copies: &["user_id", "created_at"],
        function: "mina_place_markers",
    },
    Table {
        rows: "participant",
        copies: &["user_id"],
        function: "mina_place_participants",
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
        let rows = self.rows;
        let outdated: Vec<String> = self
            .copies
            .iter()
            .map(|column| format!("place.{column} IS DISTINCT FROM expected.{column}"))
            .collect();
        let outdated = outdated.join(" OR ");
        let sql = format!(
            "SELECT expected.id AS id,
                CASE
                    WHEN place.id IS NULL THEN 0
                    WHEN place.workspace_id IS DISTINCT FROM expected.workspace_id THEN 1
                    ELSE 2
                END AS problem
            FROM mina_expected_{rows}_place AS expected
            LEFT JOIN mina_{rows}_place AS place ON place.id = expected.id
            WHERE expected.id > {after} AND expected.id <= {last}
                AND (place.id IS NULL
                    OR place.workspace_id IS DISTINCT FROM expected.workspace_id
                    OR {outdated})
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
            let delete = format!("DELETE FROM mina_{rows}_place WHERE id IN ({ids})");
            transaction.execute_unprepared(&delete).await?;
            // The view has the columns of the table in the same order.
            let insert = format!(
                "INSERT INTO mina_{rows}_place
                SELECT * FROM mina_expected_{rows}_place WHERE id IN ({ids})"
            );
            transaction.execute_unprepared(&insert).await?;
        }
        transaction.commit().await
    }
}

fn statement(database: &DatabaseConnection, sql: String) -> Statement {
    Statement::from_string(database.get_database_backend(), sql)
}
