//! A small workspace and a large one among many others, whose rows lie between theirs.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

/// Each tenth row belongs to the large workspace.
const LARGE_EVERY: u32 = 10;

/// A statement writes so many rows.
const CHUNK: u32 = 20_000;

/// How many rows there are, and whose they are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// The number of meetings, and of users, sessions, analyses and participants. There are three
    /// times as many tasks, markers and segments.
    pub meetings: u32,
    /// One row in so many belongs to the small workspace.
    pub small_every: u32,
    /// The number of other workspaces.
    pub others: u32,
}

/// The workspaces that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant {
    Small,
    Large,
}

impl Size {
    /// The name of a user of a workspace, who is an admin and a traveller.
    pub fn username(self, tenant: Tenant) -> String {
        let id = match tenant {
            Tenant::Small => self.small_every,
            Tenant::Large => LARGE_EVERY,
        };
        format!("user{id}")
    }

    /// The number of meetings of a workspace.
    pub fn meetings_of(self, tenant: Tenant) -> u32 {
        let small = self.meetings / self.small_every;
        match tenant {
            Tenant::Small => small,
            Tenant::Large => self.meetings / LARGE_EVERY - small,
        }
    }

    /// Writes the rows to an empty database.
    ///
    /// # Errors
    ///
    /// Fails if the database rejects a statement.
    pub async fn fill(
        self,
        connection: &DatabaseConnection,
        password_hash: &str,
    ) -> Result<(), DbErr> {
        let backend = connection.get_database_backend();
        let workspaces = self.others + 2;
        for (rows, insert) in [
            (workspaces, WORKSPACES),
            (self.meetings, USERS),
            (self.meetings, SESSIONS),
            (self.meetings, MEETINGS),
            (self.meetings * 3, TASKS),
            (self.meetings, PARTICIPANTS),
            (self.meetings, ANALYTICS),
            (self.meetings * 3, MARKERS),
            (self.meetings * 3, SEGMENTS),
        ] {
            let insert = self.expand(insert, password_hash, backend);
            for first in (1..=rows).step_by(CHUNK as usize) {
                let last = rows.min(first + CHUNK - 1);
                let series = if backend == DbBackend::Postgres {
                    format!("generate_series({first}, {last}) AS series (i)")
                } else {
                    format!(
                        "(WITH RECURSIVE series (i) AS (SELECT {first} UNION ALL
                            SELECT i + 1 FROM series WHERE i < {last}) SELECT i FROM series)"
                    )
                };
                let insert = insert.replace("SERIES", &series);
                connection.execute_unprepared(&insert).await?;
            }
        }
        if backend == DbBackend::Postgres {
            connection.execute_unprepared("ANALYZE").await?;
        }
        Ok(())
    }

    /// Replaces the words in capitals that both databases write differently, or that depend on the
    /// size.
    fn expand(self, insert: &str, password_hash: &str, backend: DbBackend) -> String {
        let Self {
            meetings,
            small_every,
            others,
        } = self;
        // No meeting has the same moment as its neighbour, so the order of the ids is another one.
        let minutes = format!("(CAST(i AS bigint) * 7919 % {meetings})");
        // Many tasks are due on the same day.
        let day = format!("{minutes} % 1000 / 250 * 250");
        let (moment, day, external_id) = if backend == DbBackend::Postgres {
            (
                format!("timestamp '2026-01-01' + {minutes} * interval '1 minute'"),
                format!("date '2026-01-01' + CAST({day} AS integer)"),
                "lpad(NUMBER::text, 12, '0')",
            )
        } else {
            (
                format!("strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', {minutes} || ' minutes')"),
                format!("date('2026-01-01', ({day}) || ' days')"),
                "substr('00000000000' || NUMBER, -12)",
            )
        };
        let workspace = format!(
            "CASE WHEN NUMBER % {small_every} = 0 THEN 1 WHEN NUMBER % {LARGE_EVERY} = 0 THEN 2
                ELSE 3 + NUMBER % {others} END"
        );
        // Users of both workspaces worked for others before, as one does who has moved. No row with
        // an odd number belongs to either workspace.
        let traveller = format!(
            "CASE NUMBER % 4 WHEN 1 THEN {small_every} WHEN 3 THEN {LARGE_EVERY} ELSE NUMBER END"
        );
        let of = |text: &str, number: &str| text.replace("NUMBER", number);
        let external_id = format!("'00000000-0000-4000-8000-' || {external_id}");
        insert
            .replace("PARENTS_TRAVELLER", &of(&traveller, "PARENT"))
            .replace("TRAVELLER", &of(&traveller, "i"))
            .replace("PARENTS_EXTERNAL_ID", &of(&external_id, "PARENT"))
            .replace("EXTERNAL_ID", &of(&external_id, "i"))
            .replace("WORKSPACE", &of(&workspace, "i"))
            .replace("PARENT", &format!("(1 + i % {meetings})"))
            .replace("MOMENT", &moment)
            .replace("DAY", &day)
            .replace("HASH", password_hash)
    }
}

const WORKSPACES: &str = "INSERT INTO workspace (name, slug)
    SELECT 'Workspace ' || i, 'workspace' || i FROM SERIES";

const USERS: &str = r#"INSERT INTO "user" (username, email, password_hash, role, workspace_id,
        created_at)
    SELECT 'user' || i, 'user' || i || '@example.org', 'HASH', 'admin', WORKSPACE, MOMENT
    FROM SERIES"#;

/// A third of the sessions have no owner, and belong to the workspace of their meeting.
const SESSIONS: &str = "INSERT INTO session (external_id, user_id, status, started_at, created_at)
    SELECT EXTERNAL_ID, CASE WHEN i % 3 > 0 THEN i END,
        CASE i / 10 % 5 WHEN 0 THEN 'pending' WHEN 1 THEN 'recording' ELSE 'completed' END,
        CASE WHEN i / 10 % 5 > 0 THEN MOMENT END, MOMENT
    FROM SERIES";

const MEETINGS: &str = "INSERT INTO meeting (title, status, workspace_id, organizer_id, session_id,
        scheduled_start, created_at, updated_at)
    SELECT 'Meeting ' || i % 1000,
        CASE i / 10 % 7 WHEN 0 THEN 'live' WHEN 1 THEN 'draft' WHEN 2 THEN NULL
            ELSE 'completed' END,
        WORKSPACE, TRAVELLER, CASE WHEN i % 3 = 0 THEN EXTERNAL_ID END,
        CASE WHEN i / 10 % 2 = 0 THEN MOMENT END, MOMENT, MOMENT
    FROM SERIES";

const TASKS: &str = "INSERT INTO task (title, status, meeting_id, created_by_id, assigned_to_id,
        due_date, created_at, updated_at)
    SELECT 'Task ' || i % 1000, CASE WHEN i / 10 % 4 = 0 THEN 'completed' ELSE 'todo' END,
        PARENT, PARENTS_TRAVELLER, CASE WHEN i / 10 % 2 = 0 THEN PARENTS_TRAVELLER END,
        CASE WHEN i / 10 % 3 = 0 THEN DAY END, MOMENT, MOMENT
    FROM SERIES";

const PARTICIPANTS: &str = "INSERT INTO participant (meeting_id, user_id, created_at)
    SELECT i, TRAVELLER, MOMENT FROM SERIES";

const ANALYTICS: &str = "INSERT INTO analytics (meeting_id, analysis_status, created_at)
    SELECT i, CASE i / 10 % 10 WHEN 0 THEN 'pending' WHEN 1 THEN 'processing' WHEN 2 THEN 'error'
        ELSE 'completed' END, MOMENT
    FROM SERIES";

const MARKERS: &str =
    "INSERT INTO marker (session_id, user_id, type, content, timestamp, created_at)
    SELECT PARENTS_EXTERNAL_ID, PARENTS_TRAVELLER,
        CASE i % 4 WHEN 0 THEN 'decision' WHEN 1 THEN 'todo' WHEN 2 THEN 'risk'
            ELSE 'question' END,
        'Words ' || i, i, MOMENT
    FROM SERIES";

const SEGMENTS: &str = "INSERT INTO segment (session_id, text, start_ms, end_ms, created_at)
    SELECT PARENT, 'Words of ' || i, i, i + 1, MOMENT FROM SERIES";
