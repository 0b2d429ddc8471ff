//! Structures that Mina could not work with are found before anything is written, and those that an
//! option names are changed.

use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use super::{
    adopted::{disconnect, everything_works},
    apply, load, migrated, number, rejected,
};
use crate::support::{Outcome, database::TestDatabase, server::Server};

async fn execute(database: &TestDatabase, statements: &[&str]) -> Outcome {
    for sql in statements {
        database.connection().execute_unprepared(sql).await?;
    }
    Ok(())
}

/// `adopt --apply` is rejected with these texts, and nothing is written.
async fn assert_blocked(database: &TestDatabase, options: &[&str], expected: &[&str]) -> Outcome {
    let text = rejected(database, &apply(database, options))?;
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let tables = match database.backend() {
        DbBackend::Postgres => "SELECT count(*) FROM pg_class WHERE relname LIKE 'mina%'",
        _ => "SELECT count(*) FROM sqlite_master WHERE name LIKE 'mina%' OR name LIKE 'seaql%'",
    };
    assert_eq!(number(database, tables).await?, 0);
    Ok(())
}

/// Takes the foreign keys away, as SQLite without `PRAGMA foreign_keys` does.
async fn without_keys(database: &TestDatabase) -> Outcome {
    if database.backend() != DbBackend::Postgres {
        return execute(database, &["PRAGMA foreign_keys = OFF"]).await;
    }
    let drop = "DO $$ DECLARE it record; BEGIN
        FOR it IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
            WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', it.place, it.conname); END LOOP;
    END $$";
    execute(database, &[drop]).await
}

/// Asserts that the database refuses a statement, with its foreign keys.
pub async fn assert_refused(database: &TestDatabase, sql: &str) {
    let keys = match database.backend() {
        DbBackend::Postgres => "",
        _ => "PRAGMA foreign_keys = ON; ",
    };
    let sql = format!("{keys}{sql}");
    let outcome = database.connection().execute_unprepared(&sql).await;
    assert!(outcome.is_err(), "{sql}");
}

/// Rows whose parents do not exist are adopted, and nobody sees them.
pub async fn orphans(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    without_keys(database).await?;
    let orphans = "PRAGMA foreign_keys = OFF;
        INSERT INTO segment (session_id, text) VALUES (77, 'lost'), (77, 'lost too');
        INSERT INTO task (title, meeting_id, created_by_id) VALUES ('lost', 77, 1);
        INSERT INTO task (title, meeting_id, created_by_id) VALUES ('of nobody', 2, 77);
        INSERT INTO participant (meeting_id, user_id) VALUES (77, 1), (2, 77);
        INSERT INTO analytics (meeting_id) VALUES (77);
        INSERT INTO marker (session_id, user_id, type, content) VALUES ('gone', 77, 'todo', 'x');
        INSERT INTO meeting (title, workspace_id, organizer_id) VALUES ('lost', 77, 1);
        INSERT INTO meeting (title, workspace_id, organizer_id) VALUES ('of nobody', 1, 77);
        INSERT INTO session (external_id, user_id) VALUES ('lost', 77)";
    let orphans = match database.backend() {
        DbBackend::Postgres => orphans.trim_start_matches("PRAGMA foreign_keys = OFF;"),
        _ => orphans,
    };
    execute(database, &[orphans]).await?;
    let text = migrated(database, &apply(database, &[]))?;
    let expected = "segment.session_id: 2 rows (id 4, 5): reference to a row that `session` does \
                    not have, so nobody sees the row";
    assert!(text.contains(expected), "{text}");
    let positions = "SELECT count(*) FROM mina_segment_position WHERE session_id = 77";
    assert_eq!(number(database, positions).await?, 2);
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let lists = "{
        meetings(first: 100) { nodes { title organizer { username }
            participants { nodes { user { username } } } } }
        tasks(first: 100) { nodes { title createdBy { username } } }
        sessions { nodes { externalId } }
    }";
    let data = server.read(&token, lists).await?;
    let text = data.to_string();
    assert!(text.contains("of nobody"), "{text}");
    assert!(!text.contains("lost"), "{text}");
    // The other program writes on, and the session comes later than its segments.
    let later = "INSERT INTO segment (session_id, text) VALUES (77, 'third'), (78, 'first');
        INSERT INTO session (id, external_id, user_id) VALUES (77, 'found', 1);
        DELETE FROM segment WHERE session_id = 78;
        INSERT INTO segment (session_id, text) VALUES (78, 'second')";
    let later = match database.backend() {
        DbBackend::Postgres => later.to_owned(),
        _ => format!("PRAGMA foreign_keys = OFF; {later}"),
    };
    execute(database, &[&later]).await?;
    let found = "{ sessions { nodes { externalId segments { nodes { text } } } } }";
    let data = server.read(&token, found).await?;
    assert!(data.to_string().contains("lost too"), "{data}");
    // A session that is deleted leaves its segments, if the database has no keys.
    let last = "DELETE FROM session WHERE id = 77;
        INSERT INTO segment (session_id, text) VALUES (77, 'fourth')";
    let last = match database.backend() {
        DbBackend::Postgres => last.to_owned(),
        _ => format!("PRAGMA foreign_keys = OFF; {last}"),
    };
    execute(database, &[&last]).await?;
    assert_eq!(number(database, positions).await?, 4);
    assert!(migrated(database, &["check"])?.contains("none wrong"));
    Ok(())
}

/// Rows without the id of a row that Mina needs are refused before anything is written, or set aside.
pub async fn without_parents(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let allow = match database.backend() {
        DbBackend::Postgres => {
            "ALTER TABLE participant ALTER COLUMN user_id DROP NOT NULL;
             ALTER TABLE segment ALTER COLUMN session_id DROP NOT NULL"
        }
        _ => {
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_master SET sql = replace(sql, 'user_id INTEGER NOT NULL', 'user_id INTEGER')
             WHERE name = 'participant';
             UPDATE sqlite_master SET sql = replace(sql, 'session_id INTEGER NOT NULL', 'session_id INTEGER')
             WHERE name = 'segment';
             PRAGMA writable_schema = RESET"
        }
    };
    // In one call, because another connection of the pool might still know the former columns.
    let script = format!(
        "{allow};
        INSERT INTO participant (meeting_id, user_id) VALUES (2, NULL);
        INSERT INTO segment (session_id, text) VALUES (NULL, 'x')"
    );
    execute(database, &[&script]).await?;
    assert_blocked(
        database,
        &[],
        &[
            "participant.user_id: 1 row (id 2): without the id of another row that Mina needs \
             [--fix orphans]",
            "segment.session_id: 1 row (id 4): without the id of another row",
        ],
    )
    .await?;
    migrated(database, &apply(database, &["--fix", "orphans"]))?;
    let aside = "SELECT count(*) FROM set_aside_segment WHERE text = 'x'";
    assert_eq!(number(database, aside).await?, 1);
    // The other program can go on to write them.
    execute(
        database,
        &[
            "INSERT INTO participant (meeting_id, user_id) VALUES (3, NULL);
           INSERT INTO segment (session_id, text) VALUES (NULL, 'x')",
        ],
    )
    .await?;
    assert!(migrated(database, &["check"])?.contains("participant: 2 checked, none wrong"));
    let delete = "DELETE FROM participant WHERE user_id IS NULL";
    execute(database, &[delete]).await?;
    everything_works(database).await
}

/// Names that Mina needs are looked for before anything is written.
pub async fn taken_names(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    execute(
        database,
        &[
            "CREATE TABLE invoice (id integer PRIMARY KEY, meeting_id integer, due date)",
            "CREATE INDEX ix_task_meeting_id_id ON invoice (meeting_id)",
            "CREATE UNIQUE INDEX ix_meeting_workspace_id_organizer_id_id ON invoice (due)",
            "CREATE TABLE mina_speaker (id integer PRIMARY KEY)",
        ],
    )
    .await?;
    let text = rejected(database, &apply(database, &[]))?;
    for expected in [
        "ix_task_meeting_id_id: is an index of `invoice`, but Mina needs the name for its own \
         [--fix index-names]",
        "ix_meeting_workspace_id_organizer_id_id: is an index of `invoice`",
        "mina_speaker: is a table, but Mina needs the name for its own: rename it",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(migrated(database, &["status"])?.contains("tables that mina did not create"));
    execute(database, &["DROP TABLE mina_speaker"]).await?;
    assert_blocked(database, &[], &["2 differences block"]).await?;
    migrated(database, &apply(database, &["--fix", "index-names"]))?;
    let kept = match database.backend() {
        DbBackend::Postgres => {
            "SELECT count(*) FROM pg_indexes WHERE tablename = 'invoice' AND indexname LIKE '%_of_app'"
        }
        _ => {
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'invoice'
             AND name LIKE '%_of_app'"
        }
    };
    assert_eq!(number(database, kept).await?, 2);
    everything_works(database).await
}

/// The list of these names is complete: after the migrations, each is in the database, and no other
/// index of a table of the data contract.
pub async fn needed_names(database: &TestDatabase) -> Outcome {
    let backend = database.backend();
    for (step, name) in migration::index_names(backend) {
        let sql = match backend {
            DbBackend::Postgres => {
                format!("SELECT count(*) FROM pg_indexes WHERE indexname = '{name}'")
            }
            _ => format!("SELECT count(*) FROM sqlite_master WHERE name = '{name}'"),
        };
        // A later migration replaces two.
        let is_replaced =
            step == "m20260101_000010_index_paged_lists" && name.contains("created_at_id");
        assert_eq!(
            number(database, &sql).await?,
            i64::from(!is_replaced),
            "{name}"
        );
    }
    let names: Vec<String> = migration::index_names(backend)
        .into_iter()
        .map(|(_, name)| format!("'{name}'"))
        .collect();
    let list = names.join(", ");
    let sql = match backend {
        DbBackend::Postgres => format!(
            "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()
             AND indexname NOT LIKE '%mina%' AND indexname NOT LIKE '%_pkey'
             AND indexname NOT IN ({list})"
        ),
        _ => format!(
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
             AND name NOT LIKE '%mina%' AND name NOT IN ({list})"
        ),
    };
    // Those that come with the tables.
    let with_tables = 23;
    assert_eq!(number(database, &sql).await?, with_tables);
    Ok(())
}

/// Enums, 64-bit ids, UUIDs and times with time zones are reported, and converted if that is asked for.
pub async fn native_types(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    execute(
        database,
        &[
            "CREATE TYPE meetingstatus AS ENUM ('DRAFT', 'SCHEDULED', 'LIVE', 'COMPLETED', 'CANCELLED')",
            "CREATE TYPE taskstatus AS ENUM ('todo', 'in_progress', 'completed', 'cancelled')",
            "ALTER TABLE meeting ALTER COLUMN status DROP DEFAULT,
                ALTER COLUMN status TYPE meetingstatus USING upper(status)::meetingstatus",
            "ALTER TABLE meeting ALTER COLUMN status SET DEFAULT 'DRAFT'",
            "ALTER TABLE task ALTER COLUMN status DROP DEFAULT,
                ALTER COLUMN status TYPE taskstatus USING status::taskstatus,
                ALTER COLUMN id TYPE bigint, ALTER COLUMN meeting_id TYPE bigint,
                ALTER COLUMN depends_on_task_id TYPE bigint",
            "ALTER TABLE meeting ALTER COLUMN id TYPE bigint, ALTER COLUMN session_id TYPE uuid USING session_id::uuid,
                ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC'",
            "ALTER TABLE session ALTER COLUMN external_id TYPE uuid USING external_id::uuid",
            "ALTER TABLE segment ALTER COLUMN confidence TYPE numeric(5, 2)",
        ],
    )
    .await?;
    assert_blocked(
        database,
        &[],
        &[
            "meeting.status: is the enum `meetingstatus`, but the contract says `varchar(20)` \
             [--fix types]",
            "task.id: is `bigint`, but the contract says `integer` [--fix types]",
            "meeting.created_at: is `timestamp with time zone`",
            "session.external_id: is `uuid`",
            "meeting.status: 12 rows (id 1, 2, 3, 4, 5, …): in another letter case",
        ],
    )
    .await?;
    execute(
        database,
        &["CREATE VIEW live AS SELECT title FROM meeting WHERE status = 'LIVE'"],
    )
    .await?;
    assert_blocked(
        database,
        &["--fix", "types"],
        &["live: is a view that reads columns of `meeting`"],
    )
    .await?;
    execute(database, &["DROP VIEW live"]).await?;
    disconnect(database).await?;
    migrated(
        database,
        &apply(database, &["--fix", "types", "--fix", "enum-case"]),
    )?;
    let text = migrated(database, &["adopt"])?;
    for gone in ["bigint", "uuid", "enum", "time zone`"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    // Its defaults are kept.
    execute(
        database,
        &[
            "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('x', 2, 1);
           DELETE FROM task WHERE title = 'x'",
        ],
    )
    .await?;
    let filters = "{
        meetings(where: {status: {eq: DRAFT}}, orderBy: {field: STATUS}) { totalCount }
        tasks(where: {status: {in: [TODO]}}) { totalCount }
    }";
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let data = server.read(&token, filters).await?;
    let expected = json!({"meetings": {"totalCount": 12}, "tasks": {"totalCount": 3}});
    assert_eq!(data, expected);
    drop(server);
    everything_works(database).await
}

/// Ids that Mina cannot work with are refused with the difference; what new rows lack can be given.
pub async fn ids(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    if database.backend() == DbBackend::Sqlite {
        execute(
            database,
            &["PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;
               CREATE TABLE other (id BIGINT NOT NULL PRIMARY KEY, session_id VARCHAR(36) NOT NULL,
                   user_id INTEGER NOT NULL, type VARCHAR(20) NOT NULL, content TEXT NOT NULL,
                   timestamp INTEGER, speaker VARCHAR(50), created_at DATETIME);
               INSERT INTO other SELECT * FROM marker; DROP TABLE marker;
               ALTER TABLE other RENAME TO marker"],
        )
        .await?;
        let expected = "marker.id: is not `INTEGER PRIMARY KEY`, so SQLite does not number new rows \
                        [--rebuild]";
        assert_blocked(database, &[], &[expected]).await?;
        migrated(database, &apply(database, &["--rebuild"]))?;
        return everything_works(database).await;
    }
    execute(
        database,
        &[
            "ALTER TABLE task ALTER COLUMN id DROP DEFAULT",
            "DROP SEQUENCE task_id_seq",
            "ALTER SEQUENCE meeting_id_seq OWNED BY NONE",
            "SELECT setval('meeting_id_seq', 3)",
            "ALTER TABLE segment ALTER COLUMN id DROP DEFAULT",
            "ALTER TABLE segment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (START WITH 100)",
            "ALTER TABLE analytics DROP CONSTRAINT analytics_pkey",
        ],
    )
    .await?;
    assert_blocked(
        database,
        &["--fix", "ids"],
        &["analytics.id: has no primary key or unique constraint of its own"],
    )
    .await?;
    execute(database, &["ALTER TABLE analytics ADD UNIQUE (id)"]).await?;
    assert_blocked(
        database,
        &[],
        &[
            "task.id: has no default, so rows that Mina adds get none [--fix ids]",
            "meeting.id: is numbered by meeting_id_seq, which is at 3 although the highest id is 12",
            "2 differences block",
        ],
    )
    .await?;
    migrated(database, &apply(database, &["--fix", "ids"]))?;
    everything_works(database).await
}

/// UUIDs as ids are refused with the difference.
pub async fn uuid_ids(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let (sql_type, change) = match database.backend() {
        DbBackend::Postgres => (
            "uuid",
            "ALTER TABLE marker DROP CONSTRAINT marker_pkey;
             ALTER TABLE marker ALTER COLUMN id DROP DEFAULT;
             ALTER TABLE marker ALTER COLUMN id TYPE uuid
                 USING '6f0d1d5c-6a33-4c5e-9a83-0d6f6c3a4e01'::uuid;
             ALTER TABLE marker ADD PRIMARY KEY (id)",
        ),
        _ => (
            "char(32)",
            "PRAGMA legacy_alter_table = ON;
             CREATE TABLE other (id CHAR(32) NOT NULL PRIMARY KEY, session_id VARCHAR(36) NOT NULL,
                 user_id INTEGER NOT NULL, type VARCHAR(20) NOT NULL, content TEXT NOT NULL,
                 timestamp INTEGER, speaker VARCHAR(50), created_at DATETIME);
             INSERT INTO other SELECT * FROM marker; DROP TABLE marker;
             ALTER TABLE other RENAME TO marker",
        ),
    };
    execute(database, &[change]).await?;
    let expected = format!(
        "marker.id: is `{sql_type}`, but the contract says `integer`: ids cannot be converted"
    );
    for options in [&[][..], &["--fix", "types", "--fix", "ids", "--rebuild"]] {
        assert_blocked(database, options, &[&expected]).await?;
    }
    Ok(())
}

/// Tables in another schema than that of the connection are not missed.
pub async fn other_schema(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let sql = "CREATE SCHEMA app; DO $$ DECLARE it record; BEGIN
        FOR it IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
        LOOP EXECUTE format('ALTER TABLE public.%I SET SCHEMA app', it.tablename); END LOOP;
    END $$";
    execute(database, &[sql]).await?;
    let expected = "app: is a schema with such tables, but it is not the one of this connection: add \
                    `?options=-csearch_path%3Dapp` to the URL";
    assert_blocked(database, &[], &[expected]).await
}

/// `--rebuild` keeps everything that Mina does not know.
pub async fn rebuild_keeps(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let is_postgres = database.backend() == DbBackend::Postgres;
    if is_postgres {
        execute(
            database,
            &["ALTER TABLE task DROP CONSTRAINT task_meeting_id_fkey,
                   ADD CONSTRAINT of_meeting FOREIGN KEY (meeting_id) REFERENCES meeting (id)
                       ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"],
        )
        .await?;
    }
    let stored = "GENERATED ALWAYS AS (substr(title, 1, 2)) STORED";
    let rebuilt = format!(
        "CREATE TABLE copied (
            id INTEGER NOT NULL PRIMARY KEY, title VARCHAR(255) NOT NULL CHECK (title <> 'a, b'),
            description TEXT, status VARCHAR(20) DEFAULT ('to' || 'do'), priority VARCHAR(20),
            meeting_id INTEGER NOT NULL REFERENCES meeting (id) ON UPDATE CASCADE,
            assigned_to_id INTEGER, created_by_id INTEGER NOT NULL, due_date DATE,
            completed_at DATETIME, depends_on_task_id INTEGER, created_at DATETIME,
            updated_at DATETIME, labels TEXT DEFAULT 'none' COLLATE NOCASE, begin TEXT {stored},
            UNIQUE (title, meeting_id))"
    );
    let statements: Vec<&str> = if is_postgres {
        vec![
            "ALTER TABLE task ADD COLUMN labels text DEFAULT 'none'",
            "ALTER TABLE task ADD COLUMN begin text GENERATED ALWAYS AS (substr(title, 1, 2)) STORED",
            "ALTER TABLE task ADD CONSTRAINT odd CHECK (title <> 'a, b')",
            "ALTER TABLE task ADD UNIQUE (title, meeting_id)",
            "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO audited (task_id) VALUES (NEW.id); RETURN NULL; END $$",
        ]
    } else {
        vec![
            "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON",
            &rebuilt,
            "INSERT INTO copied (id, title, description, status, priority, meeting_id,
                 assigned_to_id, created_by_id, due_date, depends_on_task_id, created_at, updated_at)
             SELECT id, title, description, status, priority, meeting_id, assigned_to_id,
                 created_by_id, due_date, depends_on_task_id, created_at, updated_at FROM task",
            "DROP TABLE task",
            "ALTER TABLE copied RENAME TO task",
            "PRAGMA legacy_alter_table = OFF",
        ]
    };
    execute(database, &[&statements.join(";\n")]).await?;
    execute(
        database,
        &[
            "CREATE TABLE audited (task_id INTEGER REFERENCES task (id) ON DELETE CASCADE)",
            "CREATE INDEX ix_open ON task (lower(title)) WHERE status <> 'completed'",
            "CREATE VIEW open_tasks AS SELECT title, labels FROM task WHERE status = 'todo'",
            if is_postgres {
                "CREATE TRIGGER audit AFTER INSERT ON task FOR EACH ROW EXECUTE FUNCTION audit()"
            } else {
                "CREATE TRIGGER audit AFTER INSERT ON task BEGIN
                     INSERT INTO audited (task_id) VALUES (NEW.id); END"
            },
        ],
    )
    .await?;
    disconnect(database).await?;
    migrated(database, &apply(database, &["--rebuild"]))?;
    execute(
        database,
        &["INSERT INTO task (title, meeting_id, created_by_id) VALUES ('New', 2, 1)"],
    )
    .await?;
    assert_kept(database).await?;
    everything_works(database).await
}

/// What the database had before, and a task that was added after it was rebuilt.
async fn assert_kept(database: &TestDatabase) -> Outcome {
    let is_postgres = database.backend() == DbBackend::Postgres;
    for (sql, expected) in [
        ("SELECT count(*) FROM audited", 1),
        ("SELECT count(*) FROM open_tasks WHERE labels = 'none'", 4),
        ("SELECT count(*) FROM task WHERE begin = 'Ne'", 1),
        (
            "SELECT count(*) FROM task WHERE status = 'todo' AND title = 'New'",
            1,
        ),
    ] {
        assert_eq!(number(database, sql).await?, expected, "{sql}");
    }
    for refused in [
        "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('a, b', 2, 1)",
        "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('New', 2, 1)",
        "INSERT INTO audited (task_id) VALUES (777)",
    ] {
        assert_refused(database, refused).await;
    }
    let index = if is_postgres {
        "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_open' AND indexdef LIKE '%WHERE%'"
    } else {
        "SELECT count(*) FROM sqlite_master WHERE name = 'ix_open' AND sql LIKE '%WHERE%'"
    };
    assert_eq!(number(database, index).await?, 1);
    if is_postgres {
        let key = "SELECT count(*) FROM pg_constraint WHERE conname = 'of_meeting'
            AND condeferred AND confdeltype = 'c' AND confupdtype = 'c' AND convalidated";
        assert_eq!(number(database, key).await?, 1);
    }
    Ok(())
}
