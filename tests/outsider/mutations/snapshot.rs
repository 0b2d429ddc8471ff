//! Snapshots of the database, and the parts of them about rows that outsiders may not see.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::{Map, Value};

use crate::support::{Outcome, catalog};

use super::super::{
    none,
    world::{Rows, TABLES, World},
};

/// The prefix of the server's own tables.
const BOOKKEEPING: &str = "mina_";

/// The rows that no user of B may change or refer to.
struct Hidden {
    rows: Rows,
    /// The external ids of the sessions among them.
    external_ids: BTreeSet<String>,
}

impl Hidden {
    /// The rows of A and of no workspace, except the user without a workspace, who may change
    /// themself.
    fn of(world: &World) -> Self {
        let themself = world.orphans.only("User");
        Self {
            rows: world.all().without(&world.b).without(&themself),
            external_ids: world.hidden_uuids.clone(),
        }
    }

    /// The columns of a row that refer to one of these.
    fn targets<'a>(&self, row: &'a Map<String, Value>) -> Result<Vec<&'a str>, Failed> {
        let mut targets = Vec::new();
        for (column, value) in row {
            if self.is_target(column, value, row)? {
                targets.push(column.as_str());
            }
        }
        Ok(targets)
    }

    /// Whether a column of a row refers to one of these.
    fn is_target(
        &self,
        column: &str,
        value: &Value,
        row: &Map<String, Value>,
    ) -> Result<bool, Failed> {
        let target = match column {
            "id" | "external_id" => return Ok(false),
            "session_id" if value.is_string() => {
                let id = value.as_str().unwrap_or_default();
                return Ok(self.external_ids.contains(id));
            }
            "workspace_id" => "Workspace",
            "user_id" | "organizer_id" | "assigned_to_id" | "created_by_id" => "User",
            "meeting_id" => "Meeting",
            "session_id" => "Session",
            "segment_id" => "Segment",
            "task_id" | "depends_on_task_id" => "Task",
            "marker_id" => "Marker",
            "analytics_id" => "Analytics",
            "object_id" => {
                let mutation = row["mutation"].as_str().unwrap_or_default();
                let mut types = TABLES.iter().map(|(type_name, _)| *type_name);
                // Keys of imports hold the session that was imported into.
                let mutation = mutation.replace("TranscriptImport", "Session");
                types
                    .find(|type_name| mutation.starts_with(type_name))
                    .ok_or(format!("{mutation:?} creates rows of no known type"))?
            }
            _ if column.ends_with("_id") => {
                return Err(format!(
                    "Teach tests/outsider/mutations/snapshot.rs what {column} refers to"
                )
                .into());
            }
            _ => return Ok(false),
        };
        Ok(value.as_i64().is_some_and(|id| self.rows.has(target, id)))
    }
}

/// The rows of A and of no workspace at one moment.
pub struct Before {
    hidden: Hidden,
    rows: BTreeSet<String>,
    references: BTreeSet<String>,
}

impl Before {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Fails if the database does.
    pub async fn take(connection: &DatabaseConnection, world: &World) -> Result<Self, Failed> {
        let hidden = Hidden::of(world);
        let snapshot = Snapshot::take(connection).await?;
        Ok(Self {
            rows: snapshot.hidden(&hidden)?,
            references: snapshot.references(&hidden)?,
            hidden,
        })
    }

    /// Fails if they have changed, or if new rows refer to them.
    ///
    /// # Errors
    ///
    /// Fails with the changes.
    pub async fn check(&self, connection: &DatabaseConnection) -> Outcome {
        let after = Snapshot::take(connection).await?;
        let rows = after.hidden(&self.hidden)?;
        let changed = self.rows.symmetric_difference(&rows).cloned();
        none("Outsiders changed", &changed.collect::<Vec<_>>())?;
        let references = after.references(&self.hidden)?;
        let added = references.difference(&self.references).cloned();
        none(
            "Outsiders pointed to rows of A by",
            &added.collect::<Vec<_>>(),
        )
    }
}

/// The rows of all tables.
pub struct Snapshot(BTreeMap<String, Vec<Map<String, Value>>>);

impl Snapshot {
    /// Takes a snapshot.
    ///
    /// # Errors
    ///
    /// Fails if the database does.
    pub async fn take(connection: &DatabaseConnection) -> Result<Self, Failed> {
        let mut tables = BTreeMap::new();
        for table in catalog::written_tables(connection).await? {
            let backend = connection.get_database_backend();
            let row = if backend == DbBackend::Postgres {
                "row_to_json(t)::text".to_owned()
            } else {
                let columns = catalog::columns(connection, &table).await?;
                let columns = columns.iter().map(|column| {
                    let name = column.split(' ').next().unwrap_or_default();
                    format!(r#"'{name}', t."{name}""#)
                });
                format!("json_object({})", columns.collect::<Vec<_>>().join(", "))
            };
            let sql = format!(r#"SELECT {row} AS line FROM "{table}" AS t"#);
            let rows = connection
                .query_all_raw(Statement::from_string(backend, sql))
                .await?;
            let rows = rows.iter().map(|row| {
                let line: String = row.try_get("", "line")?;
                Ok::<_, Failed>(serde_json::from_str(&line)?)
            });
            tables.insert(table, rows.collect::<Result<_, _>>()?);
        }
        Ok(Self(tables))
    }

    /// Every row, as text.
    pub fn lines(&self) -> BTreeSet<String> {
        self.rows().map(|(table, row)| line(table, row)).collect()
    }

    /// The hidden rows, and the rows of the server's own tables about them, as text.
    ///
    /// # Errors
    ///
    /// Fails if a table has none, or has an unknown column.
    fn hidden(&self, hidden: &Hidden) -> Result<BTreeSet<String>, Failed> {
        let mut lines = BTreeSet::new();
        for (table, rows) in &self.0 {
            let row_type = row_type(table);
            let before = lines.len();
            for row in rows {
                let is_hidden = match row_type {
                    Some(of) => hidden.rows.has(of, row["id"].as_i64().unwrap_or_default()),
                    None => !hidden.targets(row)?.is_empty(),
                };
                if is_hidden {
                    lines.insert(line(table, row));
                }
            }
            let is_of_rows = row_type.is_some() || table.starts_with(BOOKKEEPING);
            if is_of_rows && lines.len() == before {
                return Err(format!("{table} has nothing that could be changed").into());
            }
        }
        Ok(lines)
    }

    /// The rows that refer to hidden ones.
    ///
    /// # Errors
    ///
    /// Fails if the name of a column does not show what it refers to.
    fn references(&self, hidden: &Hidden) -> Result<BTreeSet<String>, Failed> {
        let mut references = BTreeSet::new();
        for (table, row) in self.rows() {
            // In the server's own tables, only the whole row distinguishes one row from another.
            let name = match row_type(table) {
                Some(_) => format!("{table} {}", row["id"]),
                None => line(table, row),
            };
            for column in hidden.targets(row)? {
                references.insert(format!("{column} {} of {name}", row[column]));
            }
        }
        Ok(references)
    }

    fn rows(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        self.0
            .iter()
            .flat_map(|(table, rows)| rows.iter().map(move |row| (table.as_str(), row)))
    }
}

/// The type of the rows of a table, if it is one of the nine.
fn row_type(table: &str) -> Option<&'static str> {
    let mut tables = TABLES.iter();
    let found = tables.find(|(_, name)| name.trim_matches('"') == table);
    found.map(|(type_name, _)| *type_name)
}

fn line(table: &str, row: &Map<String, Value>) -> String {
    format!("{table} {}", Value::Object(row.clone()))
}
