//! The data contract: the nine tables that other programs share with Mina.
//!
//! `mina migrate adopt` compares a database of another program with it. A test checks that a
//! database that Mina created has no difference.

use sea_orm::DbBackend;

/// A table of the contract.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The migration that creates it.
    pub step: &'static str,
    /// Its columns, except for the id.
    pub columns: &'static [Column],
    /// Its indexes: the terms, such as `status, created_at DESC`, and whether they are unique.
    pub indexes: &'static [(&'static str, bool)],
}

/// A column of the contract.
#[derive(Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is `NOT NULL`.
    pub is_required: bool,
    /// Its default as SQL, unless that is the time.
    pub default: Option<&'static str>,
    /// The values of a closed set, in lower case.
    pub values: &'static [&'static str],
    /// The table whose `id` it refers to.
    pub target: Option<&'static str>,
    /// What is done when the row that it refers to is deleted.
    pub on_delete: OnDelete,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    /// Text of at most so many characters.
    Varchar(u32),
    Text,
    Float,
    Boolean,
    Json,
    Date,
    Time,
}

/// What a foreign key does when the row that it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    NoAction,
    Cascade,
    SetNull,
}

impl OnDelete {
    /// The end of a foreign key.
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
        }
    }
}

impl Kind {
    /// The type of a column.
    pub fn sql(self, backend: DbBackend) -> String {
        let is_postgres = backend == DbBackend::Postgres;
        let of_both = |postgres: &str, sqlite: &str| {
            let name = if is_postgres { postgres } else { sqlite };
            name.to_owned()
        };
        match self {
            Self::Integer => "integer".to_owned(),
            Self::Varchar(length) => format!("varchar({length})"),
            Self::Text => "text".to_owned(),
            Self::Float => of_both("double precision", "double"),
            Self::Boolean => "boolean".to_owned(),
            Self::Json => of_both("jsonb", "jsonb_text"),
            Self::Date => of_both("date", "date_text"),
            Self::Time => of_both("timestamp without time zone", "datetime_text"),
        }
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        is_required: false,
        default: None,
        values: &[],
        target: None,
        on_delete: OnDelete::NoAction,
    }
}

impl Column {
    const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    const fn refers_to(self, target: &'static str, on_delete: OnDelete) -> Self {
        Self {
            target: Some(target),
            on_delete,
            ..self
        }
    }
}

const fn closed_set(name: &'static str, values: &'static [&'static str]) -> Column {
    Column {
        values,
        ..column(name, Kind::Varchar(20))
    }
}

const CREATED_AT: Column = column("created_at", Kind::Time);
const UPDATED_AT: Column = column("updated_at", Kind::Time);

/// The tables, in the order in which they refer to each other.
pub static TABLES: [Table; 9] = [
    Table {
        name: "workspace",
        step: "m20260101_000001_create_workspace",
        columns: &[
            column("name", Kind::Varchar(128)).required(),
            column("slug", Kind::Varchar(64)).required(),
            column("settings", Kind::Json).or("'{}'"),
            CREATED_AT,
        ],
        indexes: &[("slug", true)],
    },
    Table {
        name: "user",
        step: "m20260101_000002_create_user",
        columns: &[
            column("username", Kind::Varchar(64)).required(),
            column("email", Kind::Varchar(120)).required(),
            column("password_hash", Kind::Varchar(256)),
            column("workspace_id", Kind::Integer).refers_to("workspace", OnDelete::NoAction),
            closed_set("role", &["admin", "organizer", "member"]).or("'member'"),
            column("is_active", Kind::Boolean).or("TRUE"),
            CREATED_AT,
        ],
        indexes: &[("username", true), ("email", true), ("workspace_id", false)],
    },
    Table {
        name: "meeting",
        step: "m20260101_000003_create_meeting",
        columns: &[
            column("title", Kind::Varchar(255)).required(),
            column("description", Kind::Text),
            closed_set(
                "status",
                &["draft", "scheduled", "live", "completed", "cancelled"],
            )
            .or("'draft'"),
            column("workspace_id", Kind::Integer)
                .required()
                .refers_to("workspace", OnDelete::NoAction),
            column("organizer_id", Kind::Integer)
                .required()
                .refers_to("user", OnDelete::NoAction),
            column("session_id", Kind::Varchar(36)),
            column("scheduled_start", Kind::Time),
            column("scheduled_end", Kind::Time),
            CREATED_AT,
            UPDATED_AT,
        ],
        indexes: &[
            ("workspace_id, status, created_at DESC", false),
            ("workspace_id, scheduled_start", false),
            ("organizer_id", false),
            ("session_id", true),
        ],
    },
    Table {
        name: "session",
        step: "m20260101_000004_create_session",
        columns: &[
            column("external_id", Kind::Varchar(36)).required(),
            closed_set(
                "status",
                &["pending", "recording", "processing", "completed", "error"],
            )
            .or("'pending'"),
            column("user_id", Kind::Integer).refers_to("user", OnDelete::NoAction),
            column("language", Kind::Varchar(10)).or("'en'"),
            column("vad_enabled", Kind::Boolean).or("TRUE"),
            column("started_at", Kind::Time),
            column("ended_at", Kind::Time),
            CREATED_AT,
        ],
        indexes: &[
            ("external_id", true),
            ("user_id", false),
            ("status, started_at DESC", false),
        ],
    },
    Table {
        name: "segment",
        step: "m20260101_000005_create_segment",
        columns: &[
            column("session_id", Kind::Integer)
                .required()
                .refers_to("session", OnDelete::Cascade),
            column("text", Kind::Text).required(),
            column("confidence", Kind::Float),
            column("start_ms", Kind::Integer),
            column("end_ms", Kind::Integer),
            column("speaker", Kind::Varchar(50)),
            column("language", Kind::Varchar(10)),
            closed_set("kind", &["interim", "final", "corrected"]).or("'final'"),
            CREATED_AT,
        ],
        indexes: &[("session_id, start_ms", false), ("kind", false)],
    },
    Table {
        name: "task",
        step: "m20260101_000006_create_task",
        columns: &[
            column("title", Kind::Varchar(255)).required(),
            column("description", Kind::Text),
            closed_set("status", &["todo", "in_progress", "completed", "cancelled"]).or("'todo'"),
            closed_set("priority", &["low", "medium", "high", "critical"]).or("'medium'"),
            column("meeting_id", Kind::Integer)
                .required()
                .refers_to("meeting", OnDelete::Cascade),
            column("assigned_to_id", Kind::Integer).refers_to("user", OnDelete::NoAction),
            column("created_by_id", Kind::Integer)
                .required()
                .refers_to("user", OnDelete::NoAction),
            column("due_date", Kind::Date),
            column("completed_at", Kind::Time),
            column("depends_on_task_id", Kind::Integer).refers_to("task", OnDelete::SetNull),
            CREATED_AT,
            UPDATED_AT,
        ],
        indexes: &[
            ("assigned_to_id, status, due_date", false),
            ("meeting_id, status", false),
            ("created_by_id", false),
            ("depends_on_task_id", false),
        ],
    },
    Table {
        name: "participant",
        step: "m20260101_000007_create_participant",
        columns: &[
            column("meeting_id", Kind::Integer)
                .required()
                .refers_to("meeting", OnDelete::Cascade),
            column("user_id", Kind::Integer)
                .required()
                .refers_to("user", OnDelete::NoAction),
            closed_set("role", &["organizer", "presenter", "participant"]).or("'participant'"),
            closed_set("status", &["invited", "accepted", "declined", "attended"]).or("'invited'"),
            column("joined_at", Kind::Time),
            column("left_at", Kind::Time),
            CREATED_AT,
        ],
        indexes: &[("meeting_id, user_id", true), ("user_id", false)],
    },
    Table {
        name: "analytics",
        step: "m20260101_000008_create_analytics",
        columns: &[
            column("meeting_id", Kind::Integer).refers_to("meeting", OnDelete::Cascade),
            closed_set(
                "analysis_status",
                &["pending", "processing", "completed", "error"],
            )
            .or("'pending'"),
            column("meeting_effectiveness_score", Kind::Float),
            column("overall_engagement_score", Kind::Float),
            column("overall_sentiment_score", Kind::Float),
            column("key_topics", Kind::Json),
            column("action_items_summary", Kind::Json),
            column("decisions_made", Kind::Json),
            CREATED_AT,
            UPDATED_AT,
        ],
        indexes: &[
            ("meeting_id", true),
            ("analysis_status, created_at DESC", false),
        ],
    },
    Table {
        name: "marker",
        step: "m20260101_000009_create_marker",
        columns: &[
            column("session_id", Kind::Varchar(36)).required(),
            column("user_id", Kind::Integer)
                .required()
                .refers_to("user", OnDelete::NoAction),
            closed_set("type", &["decision", "todo", "risk", "question"]).required(),
            column("content", Kind::Text).required(),
            column("timestamp", Kind::Integer),
            column("speaker", Kind::Varchar(50)),
            CREATED_AT,
        ],
        indexes: &[("session_id, timestamp", false), ("user_id", false)],
    },
];
