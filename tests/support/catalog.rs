//! Reads the catalog of a database and says it in the words of the data contract.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult, Statement};

/// A column as the catalog has it.
#[derive(FromQueryResult)]
struct Column {
    name: String,
    sql_type: String,
    not_null: bool,
    primary_key: bool,
    auto_increment: bool,
    sql_default: Option<String>,
}

/// A foreign key of one column.
#[derive(FromQueryResult)]
struct ForeignKey {
    column_name: String,
    target: String,
    on_update: String,
    on_delete: String,
}

/// An index other than that of the primary key.
#[derive(FromQueryResult)]
pub struct Index {
    /// The name.
    pub name: String,
    /// Whether it is unique.
    pub is_unique: bool,
    /// The columns, such as `status, started_at DESC`. The only expressions are times of creation
    /// with their default, and the only partial index is that of the drafts.
    pub columns: String,
}

impl Index {
    /// The index as the contract writes it, such as `external_id (unique)`.
    pub fn description(&self) -> String {
        let unique = if self.is_unique { " (unique)" } else { "" };
        format!("{}{unique}", self.columns)
    }
}

/// The names of all tables, in alphabetical order.
///
/// # Errors
///
/// Fails if the catalog cannot be read.
pub async fn tables(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let sql = match connection.get_database_backend() {
        DbBackend::Postgres => {
            r"SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        }
        _ => {
            r"SELECT name FROM sqlite_master
              WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 1"
        }
    };
    let rows = connection
        .query_all_raw(Statement::from_string(
            connection.get_database_backend(),
            sql,
        ))
        .await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}

/// The same without those that triggers fill: what is in them follows from the others.
///
/// # Errors
///
/// Fails if the catalog cannot be read.
pub async fn written_tables(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    const BY_TRIGGERS: &[&str] = &[
        "mina_analytics_place",
        "mina_change",
        "mina_external_id_lock",
        "mina_marker_place",
        "mina_participant_place",
        "mina_replaced",
        "mina_segment_deletion",
        "mina_segment_position",
        "mina_session_place",
        "mina_task_place",
        "mina_transcript",
    ];
    let mut tables = tables(connection).await?;
    tables.retain(|table| !BY_TRIGGERS.contains(&table.as_str()));
    Ok(tables)
}

/// The columns of `table` in their order, each as `name type constraints` in the words of the
/// contract, such as `email String(120) Unique, Not Null`.
///
/// # Errors
///
/// Fails if the catalog cannot be read.
pub async fn columns(connection: &DatabaseConnection, table: &str) -> Result<Vec<String>, DbErr> {
    let foreign_keys: Vec<ForeignKey> = rows(
        connection,
        table,
        r#"SELECT "from" AS column_name, "table" || '.' || "to" AS target, on_update, on_delete
           FROM pragma_foreign_key_list($1)"#,
        r"SELECT a.attname::text AS column_name,
                 concat(t.relname, '.', f.attname) AS target,
                 CASE c.confupdtype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE'
                     ELSE c.confupdtype::text END AS on_update,
                 CASE c.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE'
                     WHEN 'n' THEN 'SET NULL' ELSE c.confdeltype::text END AS on_delete
          FROM pg_constraint c
          CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (attnum, target_attnum)
          JOIN pg_class t ON t.oid = c.confrelid
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
          JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.target_attnum
          WHERE c.contype = 'f' AND c.conrelid = to_regclass(quote_ident($1))",
    )
    .await?;
    let indexes = indexes(connection, table).await?;
    let columns: Vec<Column> = rows(
        connection,
        table,
        r#"SELECT name, type AS sql_type, "notnull" <> 0 AS not_null, pk <> 0 AS primary_key,
                  pk <> 0 AND EXISTS (SELECT 1 FROM sqlite_master
                                      WHERE name = $1 AND sql LIKE '%AUTOINCREMENT%')
                      AS auto_increment,
                  dflt_value AS sql_default
           FROM pragma_table_xinfo($1) ORDER BY cid"#,
        r"SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS sql_type,
                 a.attnotnull AS not_null, p.indexrelid IS NOT NULL AS primary_key,
                 s.sequence IS NOT NULL AS auto_increment,
                 CASE WHEN s.sequence IS NULL THEN pg_get_expr(d.adbin, d.adrelid) END
                     AS sql_default
          FROM pg_attribute a
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          LEFT JOIN pg_index p ON p.indrelid = a.attrelid AND p.indisprimary
                              AND a.attnum = ANY (p.indkey)
          CROSS JOIN LATERAL pg_get_serial_sequence(quote_ident($1), a.attname) AS s (sequence)
          WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped
          ORDER BY a.attnum",
    )
    .await?;
    Ok(columns
        .iter()
        .map(|column| {
            let constraints = column.constraints(&foreign_keys, &indexes);
            let column_type = column.contract_type();
            format!("{} {column_type} {constraints}", column.name)
                .trim_end()
                .to_owned()
        })
        .collect())
}

/// The indexes of `table` but for that of the primary key, in alphabetical order of their names.
///
/// # Errors
///
/// Fails if the catalog cannot be read.
pub async fn indexes(connection: &DatabaseConnection, table: &str) -> Result<Vec<Index>, DbErr> {
    rows(
        connection,
        table,
        r#"SELECT l.name, l."unique" <> 0 AS is_unique,
                  group_concat(coalesce(x.name, 'created_at_or_default') || iif(x."desc", ' DESC', ''), ', '
                               ORDER BY x.seqno) || iif(l.partial, ' of_drafts', '') AS columns
           FROM pragma_index_list($1) l JOIN pragma_index_xinfo(l.name) x ON x.key
           WHERE l.origin <> 'pk' GROUP BY l.name ORDER BY l.name"#,
        // Option 3 is DESC with its default, NULLS FIRST. Anything else is shown as its number.
        r"SELECT c.relname::text AS name, i.indisunique AS is_unique,
                 string_agg(coalesce(a.attname, 'created_at_or_default') ||
                            CASE k.option WHEN 0 THEN '' WHEN 3 THEN ' DESC'
                                ELSE ' option ' || k.option END, ', ' ORDER BY k.position) ||
                     CASE WHEN i.indpred IS NULL THEN '' ELSE ' of_drafts' END AS columns
          FROM pg_index i
          JOIN pg_class c ON c.oid = i.indexrelid
          CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indoption::int2[])
              WITH ORDINALITY AS k (attnum, option, position)
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
          WHERE i.indrelid = to_regclass(quote_ident($1)) AND NOT i.indisprimary
          GROUP BY c.relname, i.indisunique, i.indpred, i.indrelid ORDER BY c.relname",
    )
    .await
}

/// Runs the statement of the database at hand with the name of the table as `$1`.
async fn rows<R: FromQueryResult>(
    connection: &DatabaseConnection,
    table: &str,
    sqlite: &str,
    postgres: &str,
) -> Result<Vec<R>, DbErr> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => postgres,
        _ => sqlite,
    };
    R::find_by_statement(Statement::from_sql_and_values(backend, sql, [table.into()]))
        .all(connection)
        .await
}

impl Column {
    /// The type in the words of the contract, or in those of the database where it has none.
    fn contract_type(&self) -> String {
        // SQLite capitalizes the names of some types and keeps others as they were declared.
        let sql_type = self.sql_type.to_lowercase();
        let length = sql_type
            .strip_prefix("character varying(")
            .or_else(|| sql_type.strip_prefix("varchar("));
        if let Some(length) = length {
            return format!("String({length}");
        }
        match sql_type.as_str() {
            "integer" => "Integer",
            "text" => "Text",
            "boolean" => "Boolean",
            "double" | "double precision" => "Float",
            "date" | "date_text" => "Date",
            "timestamp without time zone" | "datetime_text" => "DateTime",
            "jsonb" | "jsonb_text" => "JSON",
            other => other,
        }
        .to_owned()
    }

    /// The default in the words of the contract, or in those of the database where it has none.
    fn contract_default(&self) -> Option<String> {
        let sql = self.sql_default.as_deref()?;
        let text = sql
            .strip_suffix("::character varying")
            .or_else(|| sql.strip_suffix("::jsonb"))
            .unwrap_or(sql);
        Some(match text {
            "TRUE" | "true" => "True".to_owned(),
            "CURRENT_TIMESTAMP" | "timezone('utc'::text, now())" => "now()".to_owned(),
            "'{}'" => "{}".to_owned(),
            other => other.to_owned(),
        })
    }

    fn constraints(&self, foreign_keys: &[ForeignKey], indexes: &[Index]) -> String {
        let mut constraints = Vec::new();
        if self.primary_key {
            constraints.push("PK".to_owned());
        }
        if self.auto_increment {
            constraints.push("Auto".to_owned());
        }
        for key in foreign_keys {
            if key.column_name == self.name {
                constraints.push(key.description());
            }
        }
        if indexes
            .iter()
            .any(|index| index.is_unique && index.columns == self.name)
        {
            constraints.push("Unique".to_owned());
        }
        if self.not_null && !self.primary_key {
            constraints.push("Not Null".to_owned());
        }
        if let Some(default) = self.contract_default() {
            constraints.push(format!("Default={default}"));
        }
        constraints.join(", ")
    }
}

impl ForeignKey {
    /// The key as the contract writes it, with its actions unless they are the usual ones.
    fn description(&self) -> String {
        let mut words = vec![format!("FK({})", self.target)];
        for (event, action) in [("UPDATE", &self.on_update), ("DELETE", &self.on_delete)] {
            if action != "NO ACTION" {
                words.push(format!("ON {event} {action}"));
            }
        }
        words.join(" ")
    }
}
