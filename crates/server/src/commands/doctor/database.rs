//! The database: its version, its schema, its triggers and the places of rows.

use mina_graphql::counted;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult, Statement};

use super::report::Verdict;
use crate::{
    commands::migrate::{places, triggers},
    database::SchemaState,
};

/// The oldest version of PostgreSQL that Mina works with, as the server numbers it.
const OLDEST_POSTGRES: i32 = 130_000;

const FIX: &str = "run `mina migrate check --fix`";

/// The verdicts of a check, or the error that kept it from ending.
pub fn or_failed(result: Result<Vec<Verdict>, DbErr>) -> Vec<Verdict> {
    result.unwrap_or_else(|error| vec![Verdict::failed(&error)])
}

/// The one row of a statement. Its columns have the names of the fields.
pub async fn row<T: FromQueryResult>(database: &DatabaseConnection, sql: &str) -> Result<T, DbErr> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a statement has no row".to_owned()))?;
    T::from_query_result(&row, "")
}

/// Whether Mina works with this version.
pub async fn version(database: &DatabaseConnection) -> Vec<Verdict> {
    or_failed(try_version(database).await)
}

#[derive(FromQueryResult)]
struct Version {
    name: String,
    number: i32,
    encoding: String,
}

async fn try_version(database: &DatabaseConnection) -> Result<Vec<Verdict>, DbErr> {
    if database.get_database_backend() == DbBackend::Sqlite {
        let sql = "SELECT sqlite_version() AS name, 0 AS number, '' AS encoding";
        let version: Version = row(database, sql).await?;
        return Ok(vec![Verdict::ok(format!("SQLite {}", version.name))]);
    }
    let version: Version = row(
        database,
        "SELECT current_setting('server_version') AS name,
            current_setting('server_version_num')::integer AS number,
            current_setting('server_encoding') AS encoding",
    )
    .await?;
    let Version { name, encoding, .. } = &version;
    let mut verdicts = Vec::new();
    if version.number < OLDEST_POSTGRES {
        verdicts.push(Verdict::failure(
            format!("PostgreSQL {name} is too old"),
            "use PostgreSQL 13 or newer",
        ));
    }
    if encoding != "UTF8" {
        verdicts.push(Verdict::failure(
            format!("the encoding of the database is {encoding}, which lacks characters"),
            "create the database with `ENCODING 'UTF8'`",
        ));
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::ok(format!("PostgreSQL {name}")));
    }
    Ok(verdicts)
}

/// Whether the schema is that of this binary. The error is a verdict as well.
pub async fn schema(database: &DatabaseConnection) -> Result<Verdict, Verdict> {
    let state = SchemaState::read(database).await;
    let state = state.map_err(|error| Verdict::failed(&error))?;
    state
        .require_current()
        .map_err(|error| Verdict::failed(&error))?;
    let count = counted(state.migrations.len() as u64, "migration");
    Ok(Verdict::ok(format!("{count} applied, none pending")))
}

/// Whether all triggers do their work.
pub async fn triggers(database: &DatabaseConnection) -> Vec<Verdict> {
    let broken = triggers::broken(database).await.map(|broken| {
        if broken.is_empty() {
            let count = triggers::expected(database).len();
            return vec![Verdict::ok(format!("{count} are as defined"))];
        }
        let descriptions: Vec<String> = broken.iter().map(triggers::Broken::description).collect();
        vec![Verdict::failure(descriptions.join(", "), FIX)]
    });
    or_failed(broken)
}

/// Whether each row is in its workspace.
pub async fn places(database: &DatabaseConnection) -> Vec<Verdict> {
    or_failed(try_places(database).await)
}

async fn try_places(database: &DatabaseConnection) -> Result<Vec<Verdict>, DbErr> {
    let mut checked = 0;
    let mut verdicts = Vec::new();
    for table in &places::TABLES {
        let mut wrong = 0_u64;
        let mut after = i32::MIN;
        while let Some(slice) = table.slice(database, after).await? {
            wrong += table.problems(database, after, slice.last).await?.len() as u64;
            checked += slice.count;
            after = slice.last;
        }
        if wrong > 0 {
            let rows = table.rows;
            let message = format!("{} of the table {rows} are wrong", counted(wrong, "place"));
            verdicts.push(Verdict::failure(message, FIX));
        }
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::ok(format!("{checked} are right")));
    }
    Ok(verdicts)
}
