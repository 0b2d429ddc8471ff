//! The migrations that were recorded without being applied, because another program had already
//! created their tables. They are never reverted, which would drop the tables of that program.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::schema::has_table;

/// A table beside those of the migrations, which only adopted databases have.
const TABLE: &str = "mina_adopted_step";

/// Notes such a migration.
///
/// # Errors
/// If the database fails.
pub async fn record(database: &impl ConnectionTrait, step: &str) -> Result<(), DbErr> {
    for sql in [
        format!("CREATE TABLE IF NOT EXISTS {TABLE} (name varchar(200) PRIMARY KEY)"),
        format!("INSERT INTO {TABLE} (name) VALUES ('{step}') ON CONFLICT DO NOTHING"),
    ] {
        database.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// All such migrations.
///
/// # Errors
/// If the database fails.
pub async fn steps(database: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    if !has_table(database, TABLE).await? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT name FROM {TABLE}");
    let select = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(select).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}
