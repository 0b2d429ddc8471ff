//! What a database has: its tables, columns, foreign keys and indexes, from its own catalog.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};

use crate::database::contract::TABLES;

/// A table of the database.
#[derive(Default)]
pub struct FoundTable {
    /// Its columns, in their order.
    pub columns: Vec<FoundColumn>,
    /// Its foreign keys with one column.
    pub keys: Vec<FoundKey>,
    /// Its indexes over all rows.
    pub indexes: Vec<FoundIndex>,
    /// Whether a deleted id is never used again.
    pub keeps_ids: bool,
    /// Whether `id` is the key that SQLite itself gives to rows. PostgreSQL has no such key.
    pub has_row_ids: bool,
    /// The sequence of the id on PostgreSQL, if it has one.
    pub sequence: Option<FoundSequence>,
}

/// The sequence that ids come from.
pub struct FoundSequence {
    /// Its name, quoted where that is necessary.
    pub name: String,
    /// The last id that it gave.
    pub last: i64,
}

/// A column of a table.
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// Its type, in lower case.
    pub sql_type: String,
    /// Whether it is `NOT NULL`.
    pub is_required: bool,
    /// Its default as SQL. An id has one, too.
    pub default: Option<String>,
    /// Whether its type is an enum that somebody created on PostgreSQL.
    pub is_enum: bool,
    /// Whether the database computes it.
    pub is_generated: bool,
}

/// A foreign key.
pub struct FoundKey {
    /// The name of the constraint, on PostgreSQL.
    pub name: String,
    /// The column.
    pub column: String,
    /// The table that it refers to.
    pub target: String,
    /// What happens when the row that it refers to is deleted, such as `CASCADE`.
    pub on_delete: String,
    /// The key as SQL, on PostgreSQL.
    pub definition: String,
}

/// An index.
pub struct FoundIndex {
    /// Its terms, such as `status, created_at DESC`.
    pub terms: String,
    /// Whether it is unique.
    pub is_unique: bool,
}

impl FoundTable {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&FoundColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The foreign key of this column.
    pub fn key(&self, column: &str) -> Option<&FoundKey> {
        self.keys.iter().find(|key| key.column == column)
    }
}

/// All tables, by their names.
pub type Catalog = BTreeMap<String, FoundTable>;

/// The columns of all tables.
const POSTGRES_COLUMNS: &str = "
    SELECT relname::text AS table_name, attname::text AS name,
        format_type(atttypid, atttypmod) AS sql_type,
        attnotnull AS is_required,
        coalesce(pg_get_expr(adbin, adrelid), nullif(attidentity::text, '')) AS default_sql,
        typtype = 'e' AS is_enum, attgenerated <> '' AS is_generated
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    JOIN pg_type ON pg_type.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
        AND attnum > 0 AND NOT attisdropped
    ORDER BY relname, attnum";

const POSTGRES_KEYS: &str = "
    SELECT one.relname::text AS table_name, conname::text AS name, attname::text AS column_name,
        other.relname::text AS target,
        CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT'
            WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END AS on_delete,
        pg_get_constraintdef(pg_constraint.oid) AS definition
    FROM pg_constraint
    JOIN pg_class AS one ON one.oid = conrelid
    JOIN pg_class AS other ON other.oid = confrelid
    JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND array_length(conkey, 1) = 1
        AND connamespace = current_schema()::regnamespace
    ORDER BY conname";

const POSTGRES_INDEXES: &str = "
    SELECT tables.relname::text AS table_name, indexes.relname::text AS name,
        indisunique AS is_unique,
        (SELECT string_agg(pg_get_indexdef(indexrelid, number, true)
            || CASE WHEN indoption[number - 1] & 1 = 1 THEN ' DESC' ELSE '' END, ', '
            ORDER BY number)
         FROM generate_series(1, indnkeyatts) AS number) AS terms
    FROM pg_index
    JOIN pg_class AS indexes ON indexes.oid = indexrelid
    JOIN pg_class AS tables ON tables.oid = indrelid
    WHERE indpred IS NULL AND indisvalid AND tables.relnamespace = current_schema()::regnamespace
    ORDER BY indexes.relname";

const SQLITE_COLUMNS: &str = "
    SELECT sqlite_master.name AS table_name, found.name AS name, lower(found.type) AS sql_type,
        found.\"notnull\" AS is_required,
        coalesce(found.dflt_value, CASE WHEN found.pk > 0 THEN 'rowid' END) AS default_sql,
        false AS is_enum, found.hidden IN (2, 3) AS is_generated
    FROM sqlite_master, pragma_table_xinfo(sqlite_master.name) AS found
    WHERE found.hidden <> 1 AND sqlite_master.type = 'table' AND sqlite_master.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY sqlite_master.name, found.cid";

const SQLITE_KEYS: &str = "
    SELECT sqlite_master.name AS table_name, '' AS name, found.\"from\" AS column_name,
        found.\"table\" AS target, found.on_delete AS on_delete,
        '' AS definition
    FROM sqlite_master, pragma_foreign_key_list(sqlite_master.name) AS found
    WHERE sqlite_master.type = 'table'";

const SQLITE_INDEXES: &str = "
    SELECT tables.name AS table_name, indexes.name AS name, indexes.\"unique\" AS is_unique,
        (SELECT group_concat(term, ', ') FROM (
            SELECT coalesce(name, '(expression)') || CASE \"desc\" WHEN 1 THEN ' DESC' ELSE '' END
                AS term
            FROM pragma_index_xinfo(indexes.name) WHERE \"key\" = 1 ORDER BY seqno)) AS terms
    FROM sqlite_master AS tables, pragma_index_list(tables.name) AS indexes
    WHERE tables.type = 'table' AND indexes.partial = 0
    ORDER BY indexes.name";

/// The sequences of ids: those of identities, and those that defaults name, whoever owns them.
const POSTGRES_SEQUENCES: &str = "
    SELECT tables.relname::text AS table_name, pg_class.oid::regclass::text AS name,
        coalesce(pg_sequence_last_value(pg_class.oid), seqstart - 1) AS last
    FROM pg_class AS tables
    JOIN pg_attribute ON attrelid = tables.oid AND attname = 'id'
    LEFT JOIN pg_attrdef ON adrelid = tables.oid AND adnum = attnum
    JOIN pg_depend ON (classid = 'pg_attrdef'::regclass AND objid = pg_attrdef.oid
            AND refclassid = 'pg_class'::regclass)
        OR (refclassid = 'pg_class'::regclass AND refobjid = tables.oid
            AND refobjsubid = attnum AND classid = 'pg_class'::regclass AND deptype = 'i')
    JOIN pg_class ON pg_class.relkind = 'S'
        AND pg_class.oid = CASE WHEN classid = 'pg_class'::regclass THEN objid ELSE refobjid END
    JOIN pg_sequence ON seqrelid = pg_class.oid
    WHERE tables.relkind IN ('r', 'p') AND tables.relnamespace = current_schema()::regnamespace";

/// The tables whose `id` is the key of the row, with what their rows are stored by.
const SQLITE_ROW_IDS: &str = "
    SELECT sqlite_master.name AS name
    FROM sqlite_master, pragma_table_list(sqlite_master.name) AS list
    WHERE sqlite_master.type = 'table' AND list.schema = 'main' AND list.wr = 0
        AND (SELECT count(*) FROM pragma_table_info(sqlite_master.name) WHERE pk > 0) = 1
        AND EXISTS (SELECT 1 FROM pragma_table_info(sqlite_master.name)
            WHERE pk = 1 AND lower(name) = 'id' AND lower(type) = 'integer')";

/// The tables whose deleted ids are not used again.
const SQLITE_AUTOINCREMENT: &str = "
    SELECT name FROM sqlite_master WHERE type = 'table' AND upper(sql) LIKE '%AUTOINCREMENT%'";

/// Reads the catalog of a database.
///
/// # Errors
/// If the database fails.
pub async fn read(database: &DatabaseConnection) -> Result<Catalog, DbErr> {
    let backend = database.get_database_backend();
    let is_postgres = backend == DbBackend::Postgres;
    let of_both = |postgres, sqlite| if is_postgres { postgres } else { sqlite };
    let mut catalog = Catalog::new();
    for row in rows(database, of_both(POSTGRES_COLUMNS, SQLITE_COLUMNS)).await? {
        let table = catalog.entry(table_name(backend, row.try_get("", "table_name")?));
        table.or_default().columns.push(FoundColumn {
            name: column_name(backend, row.try_get("", "name")?),
            sql_type: row.try_get("", "sql_type")?,
            is_required: row.try_get("", "is_required")?,
            default: row.try_get("", "default_sql")?,
            is_enum: row.try_get("", "is_enum")?,
            is_generated: row.try_get("", "is_generated")?,
        });
    }
    for row in rows(database, of_both(POSTGRES_KEYS, SQLITE_KEYS)).await? {
        let table = table_name(backend, row.try_get("", "table_name")?);
        if let Some(table) = catalog.get_mut(&table) {
            table.keys.push(FoundKey {
                name: row.try_get("", "name")?,
                column: column_name(backend, row.try_get("", "column_name")?),
                target: table_name(backend, row.try_get("", "target")?),
                on_delete: row.try_get("", "on_delete")?,
                definition: row.try_get("", "definition")?,
            });
        }
    }
    for row in rows(database, of_both(POSTGRES_INDEXES, SQLITE_INDEXES)).await? {
        let table = table_name(backend, row.try_get("", "table_name")?);
        if let Some(table) = catalog.get_mut(&table) {
            table.indexes.push(FoundIndex {
                terms: row.try_get("", "terms")?,
                is_unique: row.try_get("", "is_unique")?,
            });
        }
    }
    if is_postgres {
        // A sequence does not go back.
        for table in catalog.values_mut() {
            table.keeps_ids = true;
        }
        for row in rows(database, POSTGRES_SEQUENCES).await? {
            let table = table_name(backend, row.try_get("", "table_name")?);
            if let Some(table) = catalog.get_mut(&table) {
                table.sequence = Some(FoundSequence {
                    name: row.try_get("", "name")?,
                    last: row.try_get("", "last")?,
                });
            }
        }
        return Ok(catalog);
    }
    for name in names(database, SQLITE_AUTOINCREMENT).await? {
        if let Some(table) = catalog.get_mut(&table_name(backend, name)) {
            table.keeps_ids = true;
        }
    }
    for name in names(database, SQLITE_ROW_IDS).await? {
        if let Some(table) = catalog.get_mut(&table_name(backend, name)) {
            table.has_row_ids = true;
        }
    }
    Ok(catalog)
}

/// The name of a table as in the contract, if it is one of it. SQLite does not distinguish letter case.
fn table_name(backend: DbBackend, name: String) -> String {
    let known = TABLES.iter().map(|table| table.name);
    known_name(backend, name, known)
}

/// The same for a column of any table.
fn column_name(backend: DbBackend, name: String) -> String {
    let columns = TABLES.iter().flat_map(|table| table.columns);
    known_name(
        backend,
        name,
        columns.map(|column| column.name).chain(["id"]),
    )
}

fn known_name(
    backend: DbBackend,
    name: String,
    mut known: impl Iterator<Item = &'static str>,
) -> String {
    match known.find(|known| known.eq_ignore_ascii_case(&name)) {
        Some(known) if backend == DbBackend::Sqlite => known.to_owned(),
        _ => name,
    }
}

/// The rows of a statement.
///
/// # Errors
/// If the database fails.
pub async fn rows(database: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_all_raw(statement).await
}

/// The column `name` of the rows of a statement.
///
/// # Errors
/// If the database fails.
pub async fn names(database: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = rows(database, sql).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}
