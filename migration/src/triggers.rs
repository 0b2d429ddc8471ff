//! The triggers of the newest schema, and the views that they read.
//!
//! The database loses them when another program disables them or, on SQLite, replaces a table by a
//! copy of it. `mina migrate check` compares the database with this list.

use sea_orm_migration::sea_orm::DbBackend;

use crate::{
    m20260101_000012_create_journal as journal, m20260101_000015_normalize_times as times,
    m20260101_000020_create_places as places, m20260101_000023_place_participants as participants,
    m20260101_000029_create_upload as upload, m20260101_000030_note_deletions as deletions,
    m20260101_000032_keep_orphans as orphans,
};

/// A trigger, a function of triggers, or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name, which is unique in the database.
    pub name: String,
    /// The statement that creates it, without the semicolon.
    pub sql: String,
}

/// All triggers; on SQLite the views too, and on PostgreSQL the functions, before the triggers. A migration that replaces or drops one has to change
/// this list.
#[must_use]
pub fn triggers(backend: DbBackend) -> Vec<Definition> {
    match backend {
        DbBackend::Postgres => {
            let functions = postgres().flat_map(|script| {
                let first = definitions(script, "CREATE FUNCTION ", "$$;");
                let newer = definitions(script, "CREATE OR REPLACE FUNCTION ", "$$;");
                first.into_iter().chain(newer)
            });
            let triggers =
                postgres().flat_map(|script| definitions(script, "CREATE TRIGGER ", ";"));
            let mut all = functions.fold(Vec::new(), with_newer);
            all.extend(triggers);
            all
        }
        _ => [journal::SQLITE, &times::all_triggers()]
            .into_iter()
            .chain(places::SQLITE)
            .chain([
                participants::SQLITE,
                upload::SQLITE,
                deletions::SQLITE,
                orphans::SQLITE,
            ])
            .flat_map(|script| {
                let views = definitions(script, "CREATE VIEW ", ";");
                let triggers = definitions(script, "CREATE TRIGGER ", "END;");
                views.into_iter().chain(triggers)
            })
            .fold(Vec::new(), with_newer),
    }
}

/// The scripts for PostgreSQL, in their order.
fn postgres() -> impl Iterator<Item = &'static str> {
    [journal::POSTGRES]
        .into_iter()
        .chain(places::POSTGRES)
        .chain([
            participants::POSTGRES,
            deletions::POSTGRES,
            orphans::POSTGRES,
        ])
}

/// The statements that give the functions of PostgreSQL their rights and settings, which a function
/// that is replaced loses.
#[must_use]
pub fn rights() -> Vec<String> {
    postgres()
        .flat_map(|script| definitions(script, "DO $$", "END $$;"))
        .map(|definition| definition.sql)
        .collect()
}

/// Adds a definition, in place of an older one with the same name.
fn with_newer(mut all: Vec<Definition>, newer: Definition) -> Vec<Definition> {
    match all.iter_mut().find(|it| it.name == newer.name) {
        Some(older) => *older = newer,
        None => all.push(newer),
    }
    all
}

/// The statements of a script that begin like this, up to the line that ends like that.
fn definitions(script: &str, beginning: &str, end: &str) -> Vec<Definition> {
    let mut definitions = Vec::new();
    let mut lines = script.lines();
    while let Some(first) = lines.next() {
        let first = first.trim_start();
        let Some(rest) = first.strip_prefix(beginning) else {
            continue;
        };
        let name = rest
            .split(|c: char| c.is_whitespace() || c == '(')
            .next()
            .unwrap_or_default()
            .to_owned();
        let mut sql = first.to_owned();
        while !sql.ends_with(end) {
            let Some(line) = lines.next() else { break };
            sql.push('\n');
            sql.push_str(line);
        }
        sql.truncate(sql.trim_end_matches(';').len());
        definitions.push(Definition { name, sql });
    }
    definitions
}
