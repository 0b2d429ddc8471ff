//! Every step of the schema can be taken back, and leaves nothing behind when it fails.

use std::collections::{BTreeSet, HashSet};

use chrono::Utc;
use entity::bookkeeping::change;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, Statement};

use crate::support::{
    Outcome, catalog, database::TestDatabase, lines::assert_same_lines, seed::Seed, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(names_ascend);
    suite.on_both_databases(reapplied);
    suite.on_both_databases(each_step);
    suite.on_both_databases(down);
    suite.on_both_databases(failed_step);
    suite.on_database(DbBackend::Sqlite, journal_survives);
    suite.on_database(DbBackend::Sqlite, suits_old_sqlite);
}

/// The steps that change nothing on PostgreSQL.
const SQLITE_ONLY: [&str; 2] = [
    "m20260101_000013_time_journal_on_old_sqlite",
    "m20260101_000015_normalize_times",
];

/// The steps that change nothing on SQLite.
const POSTGRES_ONLY: [&str; 1] = ["m20260101_000025_index_dependents"];

/// The steps that change no table, but add rows.
const ONLY_ROWS: [&str; 3] = [
    "m20260101_000021_fill_places",
    "m20260101_000024_fill_participant_places",
    "m20260101_000026_fill_positions",
];

/// The functions of SQLite that the schema calls. All are at least as old as 3.35.
const OLD_FUNCTIONS: [&str; 9] = [
    "coalesce",
    "datetime",
    "julianday",
    "length",
    "ltrim",
    "max",
    "round",
    "substr",
    "typeof",
];

/// What older versions do not know: `STRICT` is of 3.37, `->` and `'auto'` of 3.38, `IS DISTINCT
/// FROM` and the joins of 3.39, `'subsec'` of 3.42.
const NEW_SYNTAX: [&str; 7] = [
    "strict",
    "->",
    "'auto'",
    "distinct from",
    "right join",
    "full join",
    "subsec",
];

/// The migrator sorts the applied steps by name, so the order of the list has to be that of the
/// names.
async fn names_ascend() -> Outcome {
    let names: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    assert!(!names.is_empty());
    assert!(names.is_sorted_by(|left, right| left < right), "{names:#?}");
    Ok(())
}

/// Reverting and reapplying all migrations leaves the schema unchanged.
async fn reapplied(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let before = schema(connection).await?;
    assert!(!before.is_empty());
    Migrator::down(connection, None).await?;
    Migrator::up(connection, None).await?;
    assert_same_lines("The schema", &before, &schema(connection).await?)
}

/// Each step but a few changes something, takes exactly that back, and can be applied again.
async fn each_step(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    Migrator::down(connection, None).await?;
    for step in Migrator::migrations() {
        let before = schema(connection).await?;
        Migrator::up(connection, Some(1)).await?;
        let after = schema(connection).await?;
        let of_other: &[&str] = match connection.get_database_backend() {
            DbBackend::Postgres => &SQLITE_ONLY,
            _ => &POSTGRES_ONLY,
        };
        let is_empty = ONLY_ROWS.contains(&step.name()) || of_other.contains(&step.name());
        assert_eq!(before == after, is_empty, "{}", step.name());
        Migrator::down(connection, Some(1)).await?;
        let undone = schema(connection).await?;
        assert_same_lines(&format!("{} undone", step.name()), &before, &undone)?;
        Migrator::up(connection, Some(1)).await?;
        let again = schema(connection).await?;
        assert_same_lines(&format!("{} applied again", step.name()), &after, &again)?;
    }
    assert!(
        Migrator::get_pending_migrations(connection)
            .await?
            .is_empty()
    );
    Ok(())
}

/// Taking everything back leaves no table but that of the migrator.
async fn down(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    Migrator::down(connection, None).await?;
    let tables = catalog::tables(connection).await?;
    assert_eq!(tables, [Migrator::migration_table_name().to_string()]);
    Ok(())
}

/// A step that fails halfway leaves nothing, so that it can be run again once the cause is gone.
async fn failed_step(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let complete = schema(connection).await?;
    Migrator::down(connection, None).await?;
    let empty = schema(connection).await?;
    // The first step creates its table and then an index, whose name is taken here.
    connection
        .execute_unprepared("CREATE TABLE decoy (slug text)")
        .await?;
    connection
        .execute_unprepared("CREATE INDEX uq_workspace_slug ON decoy (slug)")
        .await?;
    let failed = Migrator::up(connection, None).await;
    assert!(failed.is_err(), "the name of the index is taken");
    connection.execute_unprepared("DROP TABLE decoy").await?;
    assert_same_lines("What is left", &empty, &schema(connection).await?)?;
    Migrator::up(connection, None).await?;
    assert_same_lines("The schema", &complete, &schema(connection).await?)
}

/// A new default of the journal keeps its rows, and never uses an id again.
async fn journal_survives(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    seed.meeting(&ada, "Planning").await?;
    seed.meeting(&ada, "Retrospective").await?;
    let before = change::Entity::find().all(connection).await?;
    let [.., last] = &before[..] else {
        return Err("nothing is in the journal".into());
    };
    let now = Utc::now().timestamp_millis();
    assert!((now - 60_000..=now).contains(&last.at_ms), "{before:#?}");
    let steps = u32::try_from(Migrator::migrations().len() - 12)?;
    for _ in 0..2 {
        Migrator::down(connection, Some(steps)).await?;
        assert_eq!(change::Entity::find().all(connection).await?, before);
        Migrator::up(connection, None).await?;
        assert_eq!(change::Entity::find().all(connection).await?, before);
    }
    change::Entity::delete_many().exec(connection).await?;
    Migrator::down(connection, Some(steps)).await?;
    Migrator::up(connection, None).await?;
    seed.meeting(&ada, "Review").await?;
    let after = change::Entity::find().all(connection).await?;
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].id, last.id + 1);
    Ok(())
}

/// Other programs write with the SQLite that they have, so whatever runs when they write must suit
/// every version from 3.35: triggers, defaults, checks and indexes.
async fn suits_old_sqlite(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let names = "SELECT DISTINCT lower(name) AS name FROM pragma_function_list";
    let functions = connection
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, names))
        .await?;
    let functions: HashSet<String> = functions
        .iter()
        .map(|row| row.try_get("", "name"))
        .collect::<Result<_, _>>()?;
    let mut called = BTreeSet::new();
    for sql in schema(connection).await? {
        let sql = sql.to_lowercase();
        for syntax in NEW_SYNTAX {
            assert!(!sql.contains(syntax), "{syntax} in {sql}");
        }
        for (position, _) in sql.match_indices('(') {
            let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
            let before = sql[..position].trim_end();
            let name = &before[before.trim_end_matches(is_of_name).len()..];
            if functions.contains(name) {
                called.insert(name.to_owned());
            }
        }
    }
    assert!(called.iter().eq(OLD_FUNCTIONS), "{called:?}");
    Ok(())
}

/// Everything that the catalog says about the schema, in the words of the database.
async fn schema(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            // A column that is dropped and added again keeps its place, but not its number.
            r"SELECT concat_ws(' ', 'column', a.attrelid::regclass,
                               row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
                               a.attname,
                               format_type(a.atttypid, a.atttypmod), a.attnotnull,
                               pg_get_expr(d.adbin, d.adrelid)) AS line
              FROM pg_attribute a
              JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'public'::regnamespace
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              WHERE a.attnum > 0 AND NOT a.attisdropped
              UNION ALL
              SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname,
                               pg_get_constraintdef(oid))
              FROM pg_constraint WHERE connamespace = 'public'::regnamespace
              UNION ALL
              SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
              ORDER BY 1"
        }
        _ => {
            r"SELECT sql AS line FROM sqlite_master
              WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 1"
        }
    };
    let rows = connection
        .query_all_raw(Statement::from_string(backend, sql))
        .await?;
    rows.iter()
        .map(|row| {
            let line: String = row.try_get("", "line")?;
            // SQLite keeps the text of each statement, and puts a column that is added again on the
            // line of the one before.
            let words: Vec<&str> = line.split_whitespace().collect();
            Ok(words.join(" ").replace(" )", ")"))
        })
        .collect()
}
