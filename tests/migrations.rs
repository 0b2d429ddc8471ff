//! Every step of the schema can be taken back, and leaves nothing behind when it fails.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::support::{
    Outcome, catalog, database::TestDatabase, lines::assert_same_lines, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(names_ascend);
    suite.on_both_databases(up_again);
    suite.on_both_databases(each_step);
    suite.on_both_databases(down);
    suite.on_both_databases(failed_step);
}

/// The steps that change nothing on PostgreSQL.
const SQLITE_ONLY: [&str; 1] = ["m20260101_000015_normalize_times"];

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

/// Taking everything back and applying it again leaves the schema as it was.
async fn up_again(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let before = schema(connection).await?;
    assert!(!before.is_empty());
    Migrator::down(connection, None).await?;
    Migrator::up(connection, None).await?;
    assert_same_lines("The schema", &before, &schema(connection).await?)
}

/// Each step changes something, takes exactly that back, and can be applied again.
async fn each_step(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    Migrator::down(connection, None).await?;
    for step in Migrator::migrations() {
        let before = schema(connection).await?;
        Migrator::up(connection, Some(1)).await?;
        let after = schema(connection).await?;
        let is_for_both = !SQLITE_ONLY.contains(&step.name());
        if is_for_both || connection.get_database_backend() == DbBackend::Sqlite {
            assert_ne!(before, after, "{} does nothing", step.name());
        }
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
    rows.iter().map(|row| row.try_get("", "line")).collect()
}
