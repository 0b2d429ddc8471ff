//! What a database has: its tables, columns, foreign keys and indexes, from its own catalog.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};

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
}

/// An index.
pub struct FoundIndex {
    /// Its name.
    pub name: String,
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
        coalesce(pg_get_expr(adbin, adrelid), nullif(attidentity::text, '')) AS default_sql
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
        AND attnum > 0 AND NOT attisdropped
    ORDER BY relname, attnum";

const POSTGRES_KEYS: &str = "
    SELECT one.relname::text AS table_name, conname::text AS name, attname::text AS column_name,
        other.relname::text AS target,
        CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT'
            WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END AS on_delete
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
        coalesce(found.dflt_value, CASE WHEN found.pk > 0 THEN 'rowid' END) AS default_sql
    FROM sqlite_master, pragma_table_info(sqlite_master.name) AS found
    WHERE sqlite_master.type = 'table' AND sqlite_master.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY sqlite_master.name, found.cid";

const SQLITE_KEYS: &str = "
    SELECT sqlite_master.name AS table_name, '' AS name, found.\"from\" AS column_name,
        found.\"table\" AS target, found.on_delete AS on_delete
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
        let table = catalog.entry(row.try_get("", "table_name")?);
        table.or_default().columns.push(FoundColumn {
            name: row.try_get("", "name")?,
            sql_type: row.try_get("", "sql_type")?,
            is_required: row.try_get("", "is_required")?,
            default: row.try_get("", "default_sql")?,
        });
    }
    for row in rows(database, of_both(POSTGRES_KEYS, SQLITE_KEYS)).await? {
        let table: String = row.try_get("", "table_name")?;
        if let Some(table) = catalog.get_mut(&table) {
            table.keys.push(FoundKey {
                name: row.try_get("", "name")?,
                column: row.try_get("", "column_name")?,
                target: row.try_get("", "target")?,
                on_delete: row.try_get("", "on_delete")?,
            });
        }
    }
    for row in rows(database, of_both(POSTGRES_INDEXES, SQLITE_INDEXES)).await? {
        let table: String = row.try_get("", "table_name")?;
        if let Some(table) = catalog.get_mut(&table) {
            table.indexes.push(FoundIndex {
                name: row.try_get("", "name")?,
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
    } else {
        for row in rows(database, SQLITE_AUTOINCREMENT).await? {
            let table: String = row.try_get("", "name")?;
            if let Some(table) = catalog.get_mut(&table) {
                table.keeps_ids = true;
            }
        }
    }
    Ok(catalog)
}

/// The rows of a statement.
///
/// # Errors
/// If the database fails.
pub async fn rows(database: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_all_raw(statement).await
}
