//! The settings of connections to PostgreSQL: they hold, and none is left to others who get the
//! connection from a pooler.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use super::{explain_everything, plan_of};
use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server};

/// What the server must have set, as `current_setting` shows it.
const SETTINGS: [(&str, &str); 7] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_seqscan", "off"),
    ("statement_timeout", "30s"),
    ("lock_timeout", "1s"),
    ("idle_in_transaction_session_timeout", "30s"),
];

/// Stores the settings of whoever creates a meeting, and whether they are those of the start of the
/// session, to which a pooler resets a connection that is given back.
const RECORD: &str = "CREATE TABLE seen (name text, setting text, is_of_start boolean);
    CREATE FUNCTION record_settings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO seen
            SELECT name, current_setting(name), setting = reset_val FROM pg_settings;
        RETURN NULL;
    END $$;
    CREATE TRIGGER record AFTER INSERT ON meeting FOR EACH STATEMENT
        EXECUTE FUNCTION record_settings()";

/// A new connection has the settings from its start, and no statement changes them.
pub async fn hold_without_set(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    seed.user(workspace.id, "ada").await?;
    connection
        .execute_unprepared(r#"UPDATE "user" SET role = 'admin'"#)
        .await?;
    explain_everything(connection).await?;
    connection.execute_unprepared(RECORD).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let create = r#"mutation { meetingCreate(input: {title: "A"}) { meeting { id } } }"#;
    let created = server.ask_as(&token, create, json!({})).await?;
    assert!(created.data()?["meetingCreate"]["meeting"].is_object());
    let read = server
        .ask_as(&token, "{ meetings { nodes { id } } }", json!({}))
        .await?;
    read.data()?;

    // A writer.
    for (name, expected) in SETTINGS {
        let sql = format!("SELECT setting, is_of_start FROM seen WHERE name = '{name}'");
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        let row = connection.query_one_raw(statement).await?.unwrap();
        assert_eq!(row.try_get::<String>("", "setting")?, expected, "{name}");
        assert!(row.try_get::<bool>("", "is_of_start")?, "{name}");
    }

    // A reader: the settings that matter to plans are part of them.
    let lines = server.lines_of_all(std::slice::from_ref(&read), "plan:")?;
    let plan = lines[0].iter().find_map(plan_of).unwrap();
    for (name, expected) in &SETTINGS[..4] {
        assert_eq!(plan["Settings"][name], *expected, "{plan:#}");
    }

    let sent = server.log_lines_with("sqlx::query");
    assert!(!sent.is_empty(), "the statements are not logged");
    for line in sent {
        let line: Value = serde_json::from_str(&line).unwrap();
        let summary = line["summary"].as_str().unwrap_or_default();
        let is_local = ["SET LOCAL ", "SET TRANSACTION "];
        assert!(
            !summary.starts_with("SET ") || is_local.iter().any(|it| summary.starts_with(it)),
            "{summary}"
        );
        assert!(!summary.contains("set_config"), "{summary}");
    }
    Ok(())
}
