//! The schema is the data contract: every column, default, key, index and closed set of it.

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait,
    prelude::DateTime,
};

use crate::support::{
    Outcome, catalog, database::TestDatabase, lines::assert_same_lines, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(tables);
    suite.on_both_databases(columns);
    suite.on_both_databases(indexes);
    suite.on_both_databases(index_names);
    suite.on_both_databases(closed_sets);
    suite.on_both_databases(defaults_are_utc);
}

/// A table of the contract.
struct Table {
    name: &'static str,
    /// One column a line: its name, type and constraints.
    columns: &'static str,
    /// One index a line, unique ones marked, primary keys left out.
    indexes: &'static str,
    /// The keyset indexes of paged lists beyond the contract, on both databases.
    keysets: &'static str,
    /// Those that only PostgreSQL needs, because each index of SQLite ends in the id by itself.
    postgres_keysets: &'static str,
}

static CONTRACT: &[Table] = &[
    Table {
        name: "user",
        columns: "
            id             Integer      PK, Auto
            username       String(64)   Unique, Not Null
            email          String(120)  Unique, Not Null
            password_hash  String(256)
            workspace_id   Integer      FK(workspace.id)
            role           String(20)   Default='member'
            is_active      Boolean      Default=True
            created_at     DateTime     Default=now()",
        indexes: "
            username (unique)
            email (unique)
            workspace_id",
        keysets: "",
        postgres_keysets: "
            workspace_id, id",
    },
    Table {
        name: "workspace",
        columns: "
            id          Integer      PK, Auto
            name        String(128)  Not Null
            slug        String(64)   Unique, Not Null
            settings    JSON         Default={}
            created_at  DateTime     Default=now()",
        indexes: "
            slug (unique)",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "meeting",
        columns: "
            id               Integer      PK, Auto
            title            String(255)  Not Null
            description      Text
            status           String(20)   Default='draft'
            workspace_id     Integer      FK(workspace.id), Not Null
            organizer_id     Integer      FK(user.id), Not Null
            session_id       String(36)   Unique
            scheduled_start  DateTime
            scheduled_end    DateTime
            created_at       DateTime     Default=now()
            updated_at       DateTime     Default=now()",
        indexes: "
            workspace_id, status, created_at DESC
            workspace_id, scheduled_start
            organizer_id
            session_id (unique)",
        keysets: "
            workspace_id, id
            workspace_id, organizer_id, id
            workspace_id, created_at_or_default DESC, id DESC
            workspace_id, created_at_or_default DESC, id DESC of_drafts
            workspace_id, status, created_at_or_default DESC, id DESC",
        postgres_keysets: "
            workspace_id, scheduled_start, id
            organizer_id, id",
    },
    Table {
        name: "session",
        columns: "
            id           Integer     PK, Auto
            external_id  String(36)  Unique, Not Null
            status       String(20)  Default='pending'
            user_id      Integer     FK(user.id)
            language     String(10)  Default='en'
            vad_enabled  Boolean     Default=True
            started_at   DateTime
            ended_at     DateTime
            created_at   DateTime    Default=now()",
        indexes: "
            external_id (unique)
            user_id
            status, started_at DESC",
        keysets: "",
        postgres_keysets: "
            user_id, id",
    },
    Table {
        name: "segment",
        columns: "
            id          Integer     PK, Auto
            session_id  Integer     FK(session.id) ON DELETE CASCADE, Not Null
            text        Text        Not Null
            confidence  Float
            start_ms    Integer
            end_ms      Integer
            speaker     String(50)
            language    String(10)
            kind        String(20)  Default='final'
            created_at  DateTime    Default=now()",
        indexes: "
            session_id, start_ms
            kind",
        keysets: "",
        postgres_keysets: "
            session_id, start_ms, id",
    },
    Table {
        name: "task",
        columns: "
            id                  Integer      PK, Auto
            title               String(255)  Not Null
            description         Text
            status              String(20)   Default='todo'
            priority            String(20)   Default='medium'
            meeting_id          Integer      FK(meeting.id) ON DELETE CASCADE, Not Null
            assigned_to_id      Integer      FK(user.id)
            created_by_id       Integer      FK(user.id), Not Null
            due_date            Date
            completed_at        DateTime
            depends_on_task_id  Integer      FK(task.id) ON DELETE SET NULL
            created_at          DateTime     Default=now()
            updated_at          DateTime     Default=now()",
        indexes: "
            assigned_to_id, status, due_date
            meeting_id, status
            created_by_id
            depends_on_task_id",
        keysets: "
            meeting_id, id
            assigned_to_id, id",
        postgres_keysets: "
            created_by_id, id
            depends_on_task_id, id",
    },
    Table {
        name: "participant",
        columns: "
            id          Integer     PK, Auto
            meeting_id  Integer     FK(meeting.id) ON DELETE CASCADE, Not Null
            user_id     Integer     FK(user.id), Not Null
            role        String(20)  Default='participant'
            status      String(20)  Default='invited'
            joined_at   DateTime
            left_at     DateTime
            created_at  DateTime    Default=now()",
        indexes: "
            meeting_id, user_id (unique)
            user_id",
        keysets: "
            meeting_id, id",
        postgres_keysets: "
            user_id, id",
    },
    Table {
        name: "analytics",
        columns: "
            id                           Integer     PK, Auto
            meeting_id                   Integer     FK(meeting.id) ON DELETE CASCADE, Unique
            analysis_status              String(20)  Default='pending'
            meeting_effectiveness_score  Float
            overall_engagement_score     Float
            overall_sentiment_score      Float
            key_topics                   JSON
            action_items_summary         JSON
            decisions_made               JSON
            created_at                   DateTime    Default=now()
            updated_at                   DateTime    Default=now()",
        indexes: "
            meeting_id (unique)
            analysis_status, created_at DESC",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "marker",
        columns: "
            id          Integer     PK, Auto
            session_id  String(36)  Not Null
            user_id     Integer     FK(user.id), Not Null
            type        String(20)  Not Null
            content     Text        Not Null
            timestamp   Integer
            speaker     String(50)
            created_at  DateTime    Default=now()",
        indexes: "
            session_id, timestamp
            user_id",
        keysets: "
            session_id, id",
        postgres_keysets: "
            session_id, timestamp, id
            user_id, id",
    },
];

/// The server's own tables, which are not part of the contract.
static BOOKKEEPING: &[Table] = &[
    Table {
        name: "mina_idempotency_key",
        columns: "
            user_id      Integer      PK, FK(user.id) ON DELETE CASCADE
            mutation     String(64)   PK
            key          String(128)  PK
            fingerprint  String(43)   Not Null
            object_id    Integer
            created_at   DateTime     Not Null",
        indexes: "
            user_id, created_at",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_segment_key",
        columns: "
            session_id  Integer      PK, FK(session.id) ON DELETE CASCADE
            key         String(128)  PK
            segment_id  Integer      FK(segment.id) ON DELETE CASCADE, Not Null",
        indexes: "
            segment_id",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_speaker",
        columns: "
            session_id  Integer     PK, FK(session.id) ON DELETE CASCADE
            name        String(50)  PK
            user_id     Integer     FK(user.id) ON DELETE CASCADE, Not Null",
        indexes: "
            user_id",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_retention",
        columns: "
            workspace_id     Integer  PK, FK(workspace.id) ON DELETE CASCADE
            transcript_days  Integer  Not Null",
        indexes: "",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_upload",
        columns: "
            session_id  Integer   PK, FK(session.id) ON DELETE CASCADE
            touched_at  DateTime  Not Null",
        indexes: "",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_segment_deletion",
        columns: "
            session_id  Integer  PK, FK(session.id) ON DELETE CASCADE
            position    Integer  PK
            segment_id  Integer  Not Null
            at_ms       bigint   Not Null",
        indexes: "
            at_ms",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_analysis_lease",
        columns: "
            analytics_id  Integer     PK, FK(analytics.id) ON DELETE CASCADE
            token         String(36)  Not Null
            expires_at    DateTime    Not Null",
        indexes: "",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_marker_task",
        columns: "
            marker_id  Integer  PK, FK(marker.id) ON DELETE CASCADE
            task_id    Integer  FK(task.id) ON DELETE CASCADE, Unique, Not Null",
        indexes: "
            task_id (unique)",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_token_generation",
        columns: "
            user_id            Integer     PK, FK(user.id) ON DELETE CASCADE
            generation         Integer     Not Null
            renewed_hash       String(16)
            token_fingerprint  String(16)",
        indexes: "",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_transcript",
        columns: "
            session_id  Integer  PK
            position    Integer  Not Null",
        indexes: "",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_segment_position",
        columns: "
            segment_id  Integer  PK, FK(segment.id) ON DELETE CASCADE
            session_id  Integer  Not Null
            position    Integer  Not Null",
        indexes: "
            session_id, position (unique)",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_session_place",
        columns: "
            id            Integer   PK, FK(session.id) ON UPDATE CASCADE ON DELETE CASCADE
            workspace_id  Integer
            status        String(20) Not Null
            started_at    DateTime
            created_at    DateTime  Not Null",
        indexes: "
            workspace_id, id
            workspace_id, status, id
            workspace_id, status, started_at, id
            workspace_id, started_at, id
            workspace_id, created_at, id",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_task_place",
        columns: "
            id            Integer   PK, FK(task.id) ON UPDATE CASCADE ON DELETE CASCADE
            workspace_id  Integer
            created_by_id   Integer   Not Null
            assigned_to_id  Integer
            due_date      Date
            created_at    DateTime  Not Null",
        indexes: "
            workspace_id, id
            workspace_id, created_by_id, id
            workspace_id, assigned_to_id, id
            workspace_id, due_date, id
            workspace_id, created_at, id",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_analytics_place",
        columns: "
            id            Integer   PK, FK(analytics.id) ON UPDATE CASCADE ON DELETE CASCADE
            workspace_id  Integer
            analysis_status String(20) Not Null
            created_at    DateTime  Not Null",
        indexes: "
            workspace_id, id
            workspace_id, analysis_status, id
            workspace_id, analysis_status, created_at, id
            workspace_id, created_at, id",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_marker_place",
        columns: "
            id            Integer   PK, FK(marker.id) ON UPDATE CASCADE ON DELETE CASCADE
            workspace_id  Integer
            user_id       Integer   Not Null
            created_at    DateTime  Not Null",
        indexes: "
            workspace_id, id
            workspace_id, user_id, id
            workspace_id, created_at, id",
        keysets: "",
        postgres_keysets: "",
    },
    Table {
        name: "mina_participant_place",
        columns: "
            id            Integer   PK, FK(participant.id) ON UPDATE CASCADE ON DELETE CASCADE
            workspace_id  Integer
            user_id       Integer   Not Null",
        indexes: "
            workspace_id, user_id, id",
        keysets: "",
        postgres_keysets: "",
    },
];

/// How long a name can be on PostgreSQL, in bytes.
const POSTGRES_NAME_LENGTH: usize = 63;

/// Every table but that of the migrator.
fn all_tables() -> impl Iterator<Item = &'static Table> {
    CONTRACT.iter().chain(BOOKKEEPING)
}

/// The closed sets of the contract: table, column and the values it lists.
const CLOSED_SETS: &[(&str, &str, &str)] = &[
    ("user", "role", "admin/organizer/member"),
    (
        "meeting",
        "status",
        "draft/scheduled/live/completed/cancelled",
    ),
    (
        "session",
        "status",
        "pending/recording/processing/completed/error",
    ),
    ("segment", "kind", "interim/final/corrected"),
    ("task", "status", "todo/in_progress/completed/cancelled"),
    ("task", "priority", "low/medium/high/critical"),
    ("participant", "role", "organizer/presenter/participant"),
    (
        "participant",
        "status",
        "invited/accepted/declined/attended",
    ),
    (
        "analytics",
        "analysis_status",
        "pending/processing/completed/error",
    ),
    ("marker", "type", "decision/todo/risk/question"),
];

/// There are the tables of the contract, those of the bookkeeping, that of the migrator, the
/// journal, and no other.
async fn tables(database: &TestDatabase) -> Outcome {
    let mut expected: Vec<String> = all_tables().map(|table| table.name.to_owned()).collect();
    expected.push(Migrator::migration_table_name().to_string());
    // The journal, which says on PostgreSQL in a column of its own which transaction it was.
    expected.push("mina_change".to_owned());
    // How triggers wait for each other, or take note of rows that are replaced.
    expected.push(match database.backend() {
        DbBackend::Postgres => "mina_external_id_lock".to_owned(),
        _ => "mina_replaced".to_owned(),
    });
    expected.sort_unstable();
    let actual = catalog::tables(database.connection()).await?;
    assert_same_lines("The list of tables", &expected, &actual)
}

/// Each table has the columns of the contract, in its order.
async fn columns(database: &TestDatabase) -> Outcome {
    let mut expected = Vec::new();
    let mut actual = Vec::new();
    for table in all_tables() {
        let columns = catalog::columns(database.connection(), table.name).await?;
        expected.extend(of_table(table, &lines(table.columns)));
        actual.extend(of_table(table, &columns));
    }
    assert_same_lines("The list of columns", &expected, &actual)
}

/// Each table has the indexes of the contract and the keyset indexes, and each only once.
async fn indexes(database: &TestDatabase) -> Outcome {
    let mut expected = Vec::new();
    let mut actual = Vec::new();
    for table in all_tables() {
        expected.extend(of_table(table, &lines(table.indexes)));
        expected.extend(of_table(table, &lines(table.keysets)));
        if database.backend() == DbBackend::Postgres {
            expected.extend(of_table(table, &lines(table.postgres_keysets)));
        }
        let indexes = catalog::indexes(database.connection(), table.name).await?;
        let indexes: Vec<String> = indexes.iter().map(catalog::Index::description).collect();
        actual.extend(of_table(table, &indexes));
    }
    expected.sort_unstable();
    actual.sort_unstable();
    assert_same_lines("The list of indexes", &expected, &actual)
}

/// The name of an index says its table and columns, so that a query plan can be read.
async fn index_names(database: &TestDatabase) -> Outcome {
    for table in all_tables() {
        for index in catalog::indexes(database.connection(), table.name).await? {
            let prefix = if index.is_unique { "uq" } else { "ix" };
            let columns = index.columns.replace(" DESC", "").replace([',', ' '], "_");
            let columns = columns.replace("__", "_");
            let mut name = format!("{prefix}_{}_{columns}", table.name);
            name.truncate(POSTGRES_NAME_LENGTH);
            assert_eq!(index.name, name);
        }
    }
    Ok(())
}

/// A closed set takes the values that the contract lists and rejects another.
async fn closed_sets(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    insert_one_row_each(connection).await?;
    for (table, column, values) in CLOSED_SETS {
        let update = |value: &str| format!(r#"UPDATE "{table}" SET "{column}" = '{value}'"#);
        for value in values.split('/') {
            let updated = connection.execute_unprepared(&update(value)).await?;
            assert_eq!(updated.rows_affected(), 1, "{table}.{column} = {value}");
        }
        let error = connection
            .execute_unprepared(&update("unlisted"))
            .await
            .expect_err("a value that is not listed is rejected")
            .to_string();
        let constraint = format!("ck_{table}_{column}");
        assert!(error.contains(&constraint), "{error} names {constraint}");
    }
    Ok(())
}

/// A time that the database fills in is in UTC, whatever the time zone of the connection.
async fn defaults_are_utc(database: &TestDatabase) -> Outcome {
    let transaction = database.connection().begin().await?;
    if database.backend() == DbBackend::Postgres {
        transaction
            .execute_unprepared("SET LOCAL TIME ZONE 'Asia/Tokyo'")
            .await?;
    }
    let insert = "INSERT INTO workspace (name, slug) VALUES ('Acme', 'acme') RETURNING created_at";
    let row = transaction
        .query_one_raw(Statement::from_string(database.backend(), insert))
        .await?
        .ok_or("the insert returned no row")?;
    let created_at: DateTime = row.try_get("", "created_at")?;
    let age = chrono::Utc::now().naive_utc() - created_at;
    assert!(age.num_seconds().abs() < 60, "the row is {age} old");
    Ok(())
}

/// The lines with the name of the table before each.
fn of_table(table: &Table, lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| format!("{}: {line}", table.name))
        .collect()
}

/// The lines of a text of the contract, with runs of spaces made one.
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect()
}

/// Fills each table with one row that names only the columns without a default.
async fn insert_one_row_each(connection: &DatabaseConnection) -> Result<(), DbErr> {
    for insert in [
        "workspace (name, slug) VALUES ('Acme', 'acme')",
        r#""user" (username, email) VALUES ('ada', 'ada@example.com')"#,
        "meeting (title, workspace_id, organizer_id) VALUES ('Planning', 1, 1)",
        "session (external_id) VALUES ('7f0c1a52-7f1b-4f0e-9a4e-0d6c5a1b2c3d')",
        "segment (session_id, text) VALUES (1, 'Good morning.')",
        "task (title, meeting_id, created_by_id) VALUES ('Write the plan', 1, 1)",
        "participant (meeting_id, user_id) VALUES (1, 1)",
        "analytics (meeting_id) VALUES (1)",
        "marker (session_id, user_id, type, content) VALUES ('7f0c1a52', 1, 'risk', 'Late')",
    ] {
        connection
            .execute_unprepared(&format!("INSERT INTO {insert}"))
            .await?;
    }
    Ok(())
}
