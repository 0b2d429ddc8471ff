//! What Mina's own tables, triggers and indexes need of a database before anything is written: ids of
//! a certain kind, and names that nothing else has.

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::{
    Options,
    catalog::{Catalog, FoundColumn, FoundTable, names, rows},
    names::Names,
    report::{Finding, Level},
    types::conversion,
};
use crate::database::contract::{Kind, TABLES, Table};

/// The prefixes of names that only Mina gives.
const OWN_PREFIXES: [&str; 5] = ["mina_", "ix_mina_", "uq_mina_", "fk_mina_", "pk_mina_"];

/// A table that adoption itself creates before the migrations.
const ADOPTED: &str = "mina_adopted_step";

/// The migration that creates the first of Mina's own tables.
const FIRST_OWN_STEP: &str = "m20260101_000011_create_bookkeeping";

/// What is wrong with the ids of a table.
///
/// # Errors
/// If the database fails.
pub async fn ids(
    database: &DatabaseConnection,
    name: &str,
    found: &FoundTable,
    options: &Options,
) -> Result<Vec<Finding>, DbErr> {
    let Some(id) = found.column("id") else {
        let message = "has no column `id`";
        return Ok(vec![Finding::of_table(Level::Blocks, name, message)]);
    };
    let mut findings = Vec::new();
    let mut add = |level, message: String, option: Option<&'static str>| {
        let finding = Finding::of_column(level, name, "id", message);
        findings.push(Finding { option, ..finding });
    };
    if !is_number(id) {
        let message = format!(
            "is `{}`, but the contract says `integer`: ids cannot be converted",
            id.sql_type
        );
        add(Level::Blocks, message, None);
        return Ok(findings);
    }
    if database.get_database_backend() == DbBackend::Sqlite {
        if !found.has_row_ids && !options.rebuild {
            let message = "is not `INTEGER PRIMARY KEY`, so SQLite does not number new rows";
            add(Level::Blocks, message.to_owned(), Some("--rebuild"));
        }
    } else {
        let has_key = |index: &super::catalog::FoundIndex| index.is_unique && index.terms == "id";
        if !found.indexes.iter().any(has_key) {
            let message = "has no primary key or unique constraint of its own, which Mina's tables \
                           refer to";
            add(Level::Blocks, message.to_owned(), None);
        }
        if let Some(finding) = numbering(database, name, found, id, options).await? {
            add(finding.0, finding.1, Some("--fix ids"));
        }
    }
    let range = r"id IS NULL OR id NOT BETWEEN -2147483648 AND 2147483647";
    let odd = match database.get_database_backend() {
        // A copy numbers rows without an id.
        DbBackend::Sqlite if options.rebuild => {
            "typeof(id) NOT IN ('integer', 'null') OR id NOT BETWEEN -2147483648 AND 2147483647"
                .to_owned()
        }
        DbBackend::Sqlite => format!("typeof(id) <> 'integer' OR {range}"),
        _ => range.to_owned(),
    };
    let sql = format!(r#"SELECT count(*) AS total FROM "{name}" WHERE {odd}"#);
    let row = rows(database, &sql).await?.into_iter().next();
    let total: i64 = row.map_or(Ok(0), |row| row.try_get("", "total"))?;
    if total > 0 {
        let message = format!("{total} rows have none, or one beyond 32 bits");
        findings.push(Finding::of_column(Level::Blocks, name, "id", message));
    }
    Ok(findings)
}

/// Whether rows that Mina adds to a table of PostgreSQL get an id that no row has.
async fn numbering(
    database: &DatabaseConnection,
    name: &str,
    found: &FoundTable,
    id: &FoundColumn,
    options: &Options,
) -> Result<Option<(Level, String)>, DbErr> {
    if id.default.is_none() {
        let message = "has no default, so rows that Mina adds get none";
        return Ok((!options.fixes_ids()).then(|| (Level::Blocks, message.to_owned())));
    }
    let Some(sequence) = &found.sequence else {
        return Ok(None);
    };
    let sql = format!(r#"SELECT CAST(max(id) AS bigint) AS highest FROM "{name}""#);
    let row = rows(database, &sql).await?.into_iter().next();
    let highest: Option<i64> = row.map_or(Ok(None), |row| row.try_get("", "highest"))?;
    let is_behind = highest.is_some_and(|highest| highest > sequence.last);
    Ok((is_behind && !options.fixes_ids()).then(|| {
        let message = format!(
            "is numbered by {}, which is at {} although the highest id is {}: rows that are added \
             get ids that there are",
            sequence.name,
            sequence.last,
            highest.unwrap_or_default()
        );
        (Level::Blocks, message)
    }))
}

/// Whether a column can hold ids of Mina, perhaps after its conversion.
pub fn is_number(column: &FoundColumn) -> bool {
    column.sql_type.contains("int") && !column.sql_type.contains("interval")
}

/// An index of another program, with a name that a migration needs.
pub struct Taken {
    /// The name.
    pub name: String,
    /// The name that it gets with `--fix index-names`.
    pub new_name: String,
}

/// The name of something in the database, with its kind and its table.
struct Relation {
    name: String,
    kind: String,
    table: String,
}

const POSTGRES_RELATIONS: &str = "
    SELECT pg_class.relname::text AS name,
        CASE pg_class.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'v' THEN 'view'
            WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
        coalesce(tables.relname::text, '') AS place
    FROM pg_class
    LEFT JOIN pg_index ON indexrelid = pg_class.oid
    LEFT JOIN pg_class AS tables ON tables.oid = indrelid
    WHERE pg_class.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT DISTINCT proname::text, 'function', '' FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace
    ORDER BY 1";

const SQLITE_RELATIONS: &str =
    "SELECT name, type AS kind, tbl_name AS place FROM sqlite_master ORDER BY 1";

/// The names that the pending migrations give, but that something else has.
///
/// # Errors
/// If the database fails.
pub async fn taken_names(
    database: &DatabaseConnection,
    catalog: &Catalog,
    pending: &[String],
    given: &Names,
    options: &Options,
) -> Result<(Vec<Finding>, Vec<Taken>), DbErr> {
    let backend = database.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => POSTGRES_RELATIONS,
        _ => SQLITE_RELATIONS,
    };
    let mut relations = Vec::new();
    for row in rows(database, sql).await? {
        relations.push(Relation {
            name: row.try_get("", "name")?,
            kind: row.try_get("", "kind")?,
            table: row.try_get("", "place")?,
        });
    }
    let mut wanted: Vec<String> = migration::index_names(backend)
        .into_iter()
        .filter(|(step, _)| pending.iter().any(|it| it == step))
        .map(|(_, name)| name)
        .collect();
    // The tables that migrations create, with their indexes.
    for table in &TABLES {
        if pending.iter().any(|it| it == table.step) && !catalog.contains_key(given.table(table)) {
            wanted.extend(index_names(table));
        }
    }
    let owns_prefixes = pending.iter().any(|it| it == FIRST_OWN_STEP);
    let is_own = |name: &str| {
        owns_prefixes
            && !name.contains(ADOPTED)
            && OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut findings = Vec::new();
    let mut taken = Vec::new();
    for Relation { name, kind, table } in &relations {
        let is_wanted = wanted.iter().any(|it| it == name);
        if !is_wanted && !is_own(name) {
            continue;
        }
        if kind == "index" {
            let mut new_name = format!("{}_of_app", name.chars().take(55).collect::<String>());
            while relations.iter().any(|it| it.name == new_name) {
                new_name.insert(0, 'x');
            }
            if options.fixes_names() {
                let message = format!("is an index of `{table}`, and is renamed to `{new_name}`");
                findings.push(Finding::of_table(Level::Adds, name, message));
            } else {
                let message =
                    format!("is an index of `{table}`, but Mina needs the name for its own");
                let finding = Finding::of_table(Level::Blocks, name, message);
                findings.push(finding.with_option("--fix index-names"));
            }
            let name = name.clone();
            taken.push(Taken { name, new_name });
        } else if kind != "trigger" || is_own(name) {
            let message = format!("is a {kind}, but Mina needs the name for its own: rename it");
            findings.push(Finding::of_table(Level::Blocks, name, message));
        }
    }
    Ok((findings, taken))
}

/// The names of the indexes of a table that a migration creates.
pub fn index_names(table: &Table) -> impl Iterator<Item = String> {
    table.indexes.iter().map(|(terms, is_unique)| {
        let prefix = if *is_unique { "uq" } else { "ix" };
        let columns = terms.replace(" DESC", "").replace(", ", "_");
        format!("{prefix}_{}_{columns}", table.name)
    })
}

/// The tables of the contract that are in another schema than the one that is connected to.
///
/// # Errors
/// If the database fails.
pub async fn other_schema(
    database: &DatabaseConnection,
    catalog: &Catalog,
) -> Result<Option<Finding>, DbErr> {
    let has_some = TABLES.iter().any(|table| {
        let plural = format!("{}s", table.name);
        catalog.contains_key(table.name) || catalog.contains_key(&plural)
    });
    if database.get_database_backend() != DbBackend::Postgres || has_some {
        return Ok(None);
    }
    let sql = "SELECT nspname::text AS name
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND nspname <> ALL (ARRAY['pg_catalog', 'information_schema'])
            AND relname IN ('meeting', 'meetings', 'workspace', 'workspaces')
        GROUP BY nspname ORDER BY count(*) DESC";
    let schemas = names(database, sql).await?;
    Ok(schemas.first().map(|schema| {
        let message = format!(
            "is a schema with such tables, but it is not the one of this connection: add \
             `?options=-csearch_path%3D{schema}` to the URL"
        );
        Finding::of_table(Level::Blocks, schema, message)
    }))
}

/// The views that read a column whose type is converted. PostgreSQL does not convert such a column.
///
/// # Errors
/// If the database fails.
pub async fn views_in_the_way(
    database: &DatabaseConnection,
    name: &str,
    columns: &[&str],
) -> Result<Vec<Finding>, DbErr> {
    if database.get_database_backend() != DbBackend::Postgres || columns.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = columns.iter().map(|it| format!("'{it}'")).collect();
    let list = list.join(", ");
    let sql = format!(
        "SELECT DISTINCT ev_class::regclass::text AS name
         FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
         JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
         WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass
             AND refobjid = '\"{name}\"'::regclass AND attname IN ({list}) AND ev_class <> refobjid"
    );
    let views = names(database, &sql).await?;
    let finding = |view: String| {
        let message = format!(
            "is a view that reads columns of `{name}` whose types have to be converted: drop it, and \
             create it again afterwards"
        );
        Finding::of_table(Level::Blocks, &view, message)
    };
    Ok(views.into_iter().map(finding).collect())
}

/// The columns of a table that have to be converted, among them the id.
pub fn converted<'a>(
    table: &'static Table,
    found: &'a FoundTable,
    names: &'a Names,
) -> Vec<(&'a FoundColumn, Kind, String)> {
    let id = ("id", Kind::Integer);
    let columns = table.columns.iter();
    let columns = columns.map(|it| (names.column(table, it.name), it.kind));
    let found = std::iter::once(id)
        .chain(columns)
        .filter_map(|(name, kind)| {
            let column = found.column(name)?;
            Some((column, kind, conversion(kind, column)?))
        });
    found.collect()
}
