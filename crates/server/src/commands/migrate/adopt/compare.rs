//! Compares a database with the data contract.

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::{
    Options,
    catalog::{Catalog, FoundColumn, FoundTable, rows},
    names::{Names, plural_of},
    needs::{self, is_number},
    report::{Finding, Level, Report},
    types::conversion,
    values::{self, Place},
};
use crate::database::contract::{Column, Kind, OnDelete, TABLES, Table};

/// Prefixes of the server's own tables, and those of the migrators.
const OTHER_TABLES: [&str; 3] = ["mina_", "seaql_migrations", "alembic_version"];

/// Compares all tables.
///
/// # Errors
/// If the database fails.
pub async fn compare(
    database: &DatabaseConnection,
    catalog: &Catalog,
    names: &Names,
    options: &Options,
) -> Result<Report, DbErr> {
    let mut differences = Vec::new();
    for unknown in &names.unknown {
        let message = "is mapped, but the database does not have it";
        differences.push(Finding::of_table(Level::Blocks, unknown, message));
    }
    for table in &TABLES {
        let name = names.table(table);
        match catalog.get(name) {
            Some(found) => {
                let compared = Compared {
                    table,
                    name,
                    found,
                    catalog,
                    names,
                    options,
                    backend: database.get_database_backend(),
                };
                differences.extend(needs::ids(database, name, found, options).await?);
                differences.extend(compared.structure());
                differences.extend(compared.views(database).await?);
                differences.extend(compared.rows(database).await?);
            }
            None => differences.push(missing(table, catalog)),
        }
    }
    for name in catalog.keys() {
        let is_known = TABLES.iter().any(|table| names.table(table) == name)
            || OTHER_TABLES.iter().any(|prefix| name.starts_with(prefix));
        if !is_known {
            let message = "is not in the contract, and is left alone";
            differences.push(Finding::of_table(Level::Notes, name, message));
        }
    }
    Ok(Report { differences })
}

fn missing(table: &Table, catalog: &Catalog) -> Finding {
    match plural_of(table, catalog) {
        Some(plural) => Finding::of_table(
            Level::Blocks,
            &plural,
            format!("is called `{}` in the contract", table.name),
        )
        .with_option("--rename-tables"),
        None => Finding::of_table(Level::Adds, table.name, "is missing"),
    }
}

struct Compared<'a> {
    table: &'static Table,
    /// The name of the table in the database.
    name: &'a str,
    found: &'a FoundTable,
    catalog: &'a Catalog,
    names: &'a Names,
    options: &'a Options,
    backend: DbBackend,
}

impl Compared<'_> {
    fn structure(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let id = self.found.column("id");
        if let Some(id) = id.filter(|id| self.is_convertible(Kind::Integer, id)) {
            findings.push(self.conversion(Kind::Integer, id));
        }
        if self.name != self.table.name {
            let message = format!("is renamed to `{}`", self.table.name);
            findings.push(Finding::of_table(Level::Adds, self.name, message));
        }
        if !self.found.keeps_ids && !self.options.rebuild {
            let message = "has no AUTOINCREMENT: the id of a deleted row is given to a new one, \
                           so a global id can come to name another object";
            let finding = Finding::of_table(Level::Notes, self.name, message);
            findings.push(finding.with_option("--rebuild"));
        }
        for column in self.table.columns {
            let name = self.names.column(self.table, column.name);
            match self.found.column(name) {
                Some(found) => findings.extend(self.column(column, found)),
                None => findings.push(self.missing_column(column)),
            }
        }
        for column in &self.found.columns {
            let is_known = column.name == "id"
                || self
                    .table
                    .columns
                    .iter()
                    .any(|known| self.names.column(self.table, known.name) == column.name);
            if !is_known {
                findings.push(self.extra_column(column));
            }
        }
        for (terms, is_unique) in self.table.indexes {
            if !self.has_index(terms, *is_unique) {
                let kind = if *is_unique { "unique index" } else { "index" };
                let message = format!("has no {kind} on ({terms})");
                findings.push(Finding::of_table(Level::Adds, self.name, message));
            }
        }
        findings
    }

    fn has_index(&self, terms: &str, is_unique: bool) -> bool {
        let of_database: Vec<String> = terms
            .split(", ")
            .map(|term| {
                let (name, direction) = term.split_once(' ').unwrap_or((term, ""));
                let name = self.names.column(self.table, name);
                format!("{name} {direction}").trim().to_owned()
            })
            .collect();
        let terms = of_database.join(", ");
        self.found.indexes.iter().any(|index| {
            // PostgreSQL quotes the names that are also keywords.
            index.terms.replace('"', "") == terms && (index.is_unique || !is_unique)
        })
    }

    fn missing_column(&self, column: &Column) -> Finding {
        let (level, message) = if column.is_required {
            (
                Level::Blocks,
                "is missing, and the contract requires a value in each row: add it, or map another \
                 column with --map",
            )
        } else {
            (Level::Adds, "is missing")
        };
        Finding::of_column(level, self.name, column.name, message)
    }

    fn extra_column(&self, column: &FoundColumn) -> Finding {
        if column.is_required && column.default.is_none() {
            let message = "is not in the contract, and requires a value that Mina does not know: \
                           give it a default";
            return Finding::of_column(Level::Blocks, self.name, &column.name, message);
        }
        let message = "is not in the contract, and is left alone";
        Finding::of_column(Level::Notes, self.name, &column.name, message)
    }

    fn column(&self, column: &Column, found: &FoundColumn) -> Vec<Finding> {
        let mut findings = Vec::new();
        let of_column =
            |level, message: String| Finding::of_column(level, self.name, &found.name, message);
        if found.name != column.name {
            let message = format!("is renamed to `{}`", column.name);
            findings.push(of_column(Level::Adds, message));
        }
        match suits(column.kind, &found.sql_type, self.backend) {
            Suits::Yes => {}
            Suits::Mostly(message) => findings.push(of_column(Level::Notes, message)),
            Suits::No if self.is_convertible(column.kind, found) => {
                findings.push(self.conversion(column.kind, found));
            }
            Suits::No => {
                let expected = column.kind.sql(self.backend);
                let message = format!(
                    "is `{}`, but the contract says `{expected}`: change its type",
                    found.sql_type
                );
                findings.push(of_column(Level::Blocks, message));
            }
        }
        if found.is_generated {
            let message = "is computed by the database, so Mina cannot write it";
            findings.push(of_column(Level::Blocks, message.to_owned()));
        }
        let has_time = ["created_at", "updated_at"].contains(&column.name);
        let has_default = column.default.is_some() || has_time;
        if column.is_required && !found.is_required {
            findings.push(of_column(Level::Notes, "allows NULL".to_owned()));
        } else if !column.is_required && found.is_required && !has_default && !self.options.rebuild
        {
            let message = "does not allow NULL, so Mina cannot leave it empty";
            let finding = Finding::of_column(Level::Blocks, self.name, &found.name, message);
            findings.push(finding.with_option("--rebuild"));
        }
        if has_default && found.default.is_none() {
            let message = "has no default in the database; Mina sets the value itself";
            findings.push(Finding::of_column(
                Level::Notes,
                self.name,
                &found.name,
                message,
            ));
        }
        findings.extend(self.key(column, found));
        findings
    }

    /// Whether `--fix types` converts a column.
    fn is_convertible(&self, kind: Kind, found: &FoundColumn) -> bool {
        self.backend == DbBackend::Postgres && conversion(kind, found).is_some()
    }

    /// A column that has to be converted, or that is if the option is given.
    fn conversion(&self, kind: Kind, found: &FoundColumn) -> Finding {
        let expected = kind.sql(self.backend);
        let (sql_type, what) = (
            &found.sql_type,
            if found.is_enum { "the enum " } else { "" },
        );
        if self.options.fixes_types() {
            let message = format!("is {what}`{sql_type}`, and is converted to `{expected}`");
            return Finding::of_column(Level::Adds, self.name, &found.name, message);
        }
        let message = format!("is {what}`{sql_type}`, but the contract says `{expected}`");
        Finding::of_column(Level::Blocks, self.name, &found.name, message)
            .with_option("--fix types")
    }

    /// The views that read what has to be converted.
    async fn views(&self, database: &DatabaseConnection) -> Result<Vec<Finding>, DbErr> {
        let converted = needs::converted(self.table, self.found, self.names);
        let columns: Vec<&str> = converted.iter().map(|(it, _, _)| &*it.name).collect();
        needs::views_in_the_way(database, self.name, &columns).await
    }

    /// Whether the values of a column can be looked at: they are of its type, or can be converted.
    fn is_readable(&self, column: &Column, found: &FoundColumn) -> bool {
        let suits = suits(column.kind, &found.sql_type, self.backend);
        !matches!(suits, Suits::No) || self.is_convertible(column.kind, found)
    }

    fn key(&self, column: &Column, found: &FoundColumn) -> Option<Finding> {
        let target = column.target?;
        let table = TABLES.iter().find(|it| it.name == target);
        let expected = table.map_or(target, |it| self.names.table(it));
        if let Some(key) = self.found.key(&found.name)
            && key.target != expected
        {
            // Otherwise, its rows would belong to whoever gets the same id in the other table.
            let other = &key.target;
            let message = format!(
                "refers to `{other}` and not to `{expected}`; if that is the table, give \
                 `--map {other}={target}`"
            );
            let level = Level::Blocks;
            return Some(Finding::of_column(level, self.name, &found.name, message));
        }
        if self.options.rebuild {
            return None;
        }
        let expected = column.on_delete.sql();
        let message = match self.found.key(&found.name) {
            None => "has no foreign key".to_owned(),
            Some(key) if key.on_delete == expected => return None,
            Some(_) if column.on_delete == OnDelete::NoAction => return None,
            Some(key) => format!(
                "has ON DELETE {} in place of {expected}; Mina deletes what depends on a row itself",
                key.on_delete
            ),
        };
        let finding = Finding::of_column(Level::Notes, self.name, &found.name, message);
        Some(finding.with_option("--rebuild"))
    }

    async fn rows(&self, database: &DatabaseConnection) -> Result<Vec<Finding>, DbErr> {
        let mut findings = Vec::new();
        let has_ids = |found: &FoundTable| found.column("id").is_some_and(is_number);
        if !has_ids(self.found) {
            return Ok(findings);
        }
        for column in self.table.columns {
            let name = self.names.column(self.table, column.name);
            let found = self.found.column(name);
            if !found.is_some_and(|found| self.is_readable(column, found)) {
                continue;
            }
            let target = TABLES.iter().find(|it| Some(it.name) == column.target);
            let target = target.map(|it| self.names.table(it));
            let place = Place {
                table: self.name,
                name,
                column,
                target: target.filter(|it| self.catalog.get(*it).is_some_and(has_ids)),
            };
            findings.extend(values::check(database, &place, self.options).await?);
        }
        for (terms, is_unique) in self.table.indexes {
            if *is_unique && !self.has_index(terms, true) {
                findings.extend(self.duplicates(database, terms).await?);
            }
        }
        if self.table.name == "user" {
            findings.extend(self.similar_addresses(database).await?);
        }
        Ok(findings)
    }

    /// Rows that a unique index does not allow.
    async fn duplicates(
        &self,
        database: &DatabaseConnection,
        terms: &str,
    ) -> Result<Option<Finding>, DbErr> {
        let columns: Vec<&str> = terms
            .split(", ")
            .map(|term| self.names.column(self.table, term))
            .collect();
        if columns.iter().any(|it| self.found.column(it).is_none()) {
            return Ok(None);
        }
        let is_same: Vec<String> = columns
            .iter()
            .map(|column| format!(r#"other."{column}" = one."{column}""#))
            .collect();
        let message = format!("same ({terms}) as in another row, which must be unique");
        self.pairs(database, &is_same.join(" AND "), Level::Blocks, message)
            .await
    }

    /// Email addresses that differ only in their letter case.
    async fn similar_addresses(
        &self,
        database: &DatabaseConnection,
    ) -> Result<Option<Finding>, DbErr> {
        let email = self.names.column(self.table, "email");
        if self.found.column(email).is_none() {
            return Ok(None);
        }
        let condition = format!(
            r#"lower(other."{email}") = lower(one."{email}") AND other."{email}" <> one."{email}""#
        );
        let message = "email address that differs from another one in letter case alone: sign in with the \
                       exact spelling";
        self.pairs(database, &condition, Level::Notes, message.to_owned())
            .await
    }

    /// Rows for which there is another one.
    async fn pairs(
        &self,
        database: &DatabaseConnection,
        condition: &str,
        level: Level,
        message: String,
    ) -> Result<Option<Finding>, DbErr> {
        let table = self.name;
        let sql = format!(
            r#"SELECT CAST(one.id AS bigint) AS id, count(*) OVER () AS total FROM "{table}" AS one
               WHERE EXISTS (
                   SELECT 1 FROM "{table}" AS other WHERE other.id <> one.id AND {condition})
               ORDER BY one.id LIMIT 5"#
        );
        let found = rows(database, &sql).await?;
        let Some(first) = found.first() else {
            return Ok(None);
        };
        let ids: Result<_, DbErr> = found.iter().map(|row| row.try_get("", "id")).collect();
        Ok(Some(Finding {
            rows: Some(first.try_get("", "total")?),
            ids: ids?,
            ..Finding::of_table(level, table, message)
        }))
    }
}

/// Whether Mina can read and write a column of another type.
enum Suits {
    Yes,
    /// It can, with a difference.
    Mostly(String),
    No,
}

fn suits(kind: Kind, found: &str, backend: DbBackend) -> Suits {
    if backend == DbBackend::Sqlite {
        // Types of columns are hints there.
        let parts: &[&str] = match kind {
            Kind::Integer => &["int"],
            Kind::Varchar(_) | Kind::Text => &["char", "text", "clob", "enum"],
            Kind::Float => &["double", "float", "real", "numeric", "decimal"],
            Kind::Boolean => &["bool", "int"],
            Kind::Json => &["json", "text", "char"],
            Kind::Date => &["date"],
            Kind::Time => &["date", "time"],
        };
        let suits = parts.iter().any(|part| found.contains(part));
        return if suits { Suits::Yes } else { Suits::No };
    }
    let expected = kind.sql(backend);
    let found = found.replace("character varying", "varchar");
    match kind {
        _ if found == expected => Suits::Yes,
        Kind::Varchar(length) => match found.strip_prefix("varchar(") {
            Some(rest) if is_below(rest.trim_end_matches(')'), length) => {
                Suits::Mostly(format!("is `{found}`: longer texts are rejected"))
            }
            Some(_) => Suits::Yes,
            None if found == "text" || found == "varchar" => Suits::Yes,
            None => Suits::No,
        },
        Kind::Text if found.starts_with("varchar") => {
            Suits::Mostly(format!("is `{found}`: longer texts are rejected"))
        }
        Kind::Json if found == "json" => {
            Suits::Mostly("is `json` in place of `jsonb`, which makes no difference".to_owned())
        }
        Kind::Time if found.starts_with("timestamp(") && found.ends_with("without time zone") => {
            Suits::Yes
        }
        _ => Suits::No,
    }
}

fn is_below(number: &str, limit: u32) -> bool {
    number.parse::<u32>().is_ok_and(|number| number < limit)
}
