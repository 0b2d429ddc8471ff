//! Snapshots of the whole database, and the effect of each trial.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use serde_json::{Map, Value};

use crate::support::catalog;

/// A row as it is stored, by column.
type Row = Map<String, Value>;
/// The table, and the primary key in JSON.
type Key = (String, String);

/// The rows of all tables.
pub struct Snapshot(BTreeMap<Key, Row>);

/// A link from a row to one that it depends on.
type Link = (&'static str, &'static str, String);

/// A table and the id of a row, which stands for all rows that depend on it.
pub type Anchor = (&'static str, i32);

impl Snapshot {
    /// Reads all tables.
    ///
    /// # Errors
    ///
    /// Fails if the database cannot be read.
    pub async fn take(connection: &DatabaseConnection) -> Result<Self, Failed> {
        let mut rows = BTreeMap::new();
        for table in catalog::written_tables(connection).await? {
            for text in rows_of(connection, &table).await? {
                let row: Row = serde_json::from_str(&text)?;
                let keys = primary_key(&table).iter();
                let key: Vec<&Value> = keys.filter_map(|column| row.get(*column)).collect();
                let key = (table.clone(), serde_json::to_string(&key)?);
                assert!(rows.insert(key, row).is_none(), "{table} has no such key");
            }
        }
        Ok(Self(rows))
    }
}

fn primary_key(table: &str) -> &'static [&'static str] {
    match table {
        "mina_analysis_lease" => &["analytics_id"],
        "mina_idempotency_key" => &["user_id", "mutation", "key"],
        "mina_marker_task" => &["marker_id"],
        "mina_retention" => &["workspace_id"],
        "mina_segment_key" => &["session_id", "key"],
        "mina_speaker" => &["session_id", "name"],
        "mina_token_generation" => &["user_id"],
        "mina_upload" => &["session_id"],
        "seaql_migrations" => &["version"],
        _ => &["id"],
    }
}

/// The members of a JSON object of the columns of a table. SQLite has numbers for booleans.
const SQLITE_MEMBERS: &str = r#"
    SELECT format('''%w'', ', name) || format(
        CASE lower(type)
            WHEN 'boolean' THEN 'json(CASE "%w" WHEN 1 THEN ''true'' WHEN 0 THEN ''false'' END)'
            ELSE '"%w"'
        END, name) AS text
    FROM pragma_table_info"#;

/// The rows of a table in JSON, with every value as it is stored.
async fn rows_of(connection: &DatabaseConnection, table: &str) -> Result<Vec<String>, DbErr> {
    let backend = connection.get_database_backend();
    let read = async |sql: String| -> Result<Vec<String>, DbErr> {
        let statement = Statement::from_string(backend, sql);
        let rows = connection.query_all_raw(statement).await?;
        rows.iter().map(|row| row.try_get("", "text")).collect()
    };
    let row = if backend == DbBackend::Postgres {
        "to_jsonb(t)::text".to_owned()
    } else {
        let members = read(format!("{SQLITE_MEMBERS}('{table}')")).await?;
        format!("json_object({})", members.join(", "))
    };
    read(format!(r#"SELECT {row} AS text FROM "{table}" AS t"#)).await
}

/// The effect of one trial on the rows that depend on its anchor.
#[derive(Default)]
pub struct Effect {
    /// `+ table` and `- table`.
    rows: Vec<String>,
    /// `table.column`, with the current value.
    columns: BTreeMap<String, Value>,
    /// All current values of `table.column`, changed or not.
    present: BTreeMap<String, BTreeSet<String>>,
}

/// The effect of each trial between two snapshots, by its place among the anchors; and in words,
/// the changes of rows that depend on no anchor.
pub fn effects(
    before: &Snapshot,
    after: &Snapshot,
    anchors: &[Anchor],
) -> (Vec<Effect>, Vec<String>) {
    let homes = Homes::new(before, after, anchors);
    let mut effects: Vec<Effect> = anchors.iter().map(|_| Effect::default()).collect();
    let mut strays = Vec::new();
    let keys: BTreeSet<&Key> = before.0.keys().chain(after.0.keys()).collect();
    for key in keys {
        let (old, new) = (before.0.get(key), after.0.get(key));
        let (table, _) = key;
        let Some(row) = new.or(old) else { continue };
        let Some(home) = homes.of(table, row) else {
            if old != new {
                strays.push(format!("{table}: {old:?} became {new:?}"));
            }
            continue;
        };
        let effect = &mut effects[home];
        match (old, new) {
            (None, _) => effect.rows.push(format!("+ {table}")),
            (_, None) => effect.rows.push(format!("- {table}")),
            (Some(old), Some(new)) => effect.compare(table, old, new),
        }
    }
    (effects, strays)
}

impl Effect {
    fn compare(&mut self, table: &str, old: &Row, new: &Row) {
        for (column, value) in new {
            let name = format!("{table}.{column}");
            if old.get(column) != Some(value) {
                self.columns.insert(name.clone(), value.clone());
            }
            self.present.entry(name).or_default().insert(text(value));
        }
    }

    /// The difference from the pattern, if there is one.
    pub fn difference(&self, pattern: &[&str]) -> Option<String> {
        let is_row = |line: &&str| line.starts_with(['+', '-']);
        let mut rows: Vec<&str> = pattern.iter().copied().filter(is_row).collect();
        rows.sort_unstable();
        let mut actual = self.rows.clone();
        actual.sort_unstable();
        let columns: BTreeMap<&str, &str> = pattern
            .iter()
            .filter_map(|line| line.split_once(" = "))
            .collect();
        let is_expected = |name: &String| columns.contains_key(name.as_str());
        let fits = rows == actual
            && self.columns.keys().all(is_expected)
            && columns.iter().all(|(name, value)| self.has(name, value));
        (!fits).then(|| {
            let columns = self.columns.iter();
            let columns = columns.map(|(name, value)| format!("{name} = {}", text(value)));
            let actual: Vec<String> = actual.into_iter().chain(columns).collect();
            format!("did {actual:?}, not {pattern:?}")
        })
    }

    /// Whether a column now has a value, changed or not.
    fn has(&self, name: &str, value: &str) -> bool {
        let changed = self.columns.get(name);
        let present = self.present.get(name);
        match value {
            "any" => true,
            "new" => changed.is_some_and(|value| !value.is_null()),
            "set" => present.is_some_and(|values| !values.contains("null")),
            value => match changed {
                Some(changed) => text(changed) == value,
                None => present.is_some_and(|values| values.contains(value)),
            },
        }
    }
}

/// A value as the patterns write it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Finds the trial that a row belongs to: the one whose anchor the row depends on.
struct Homes<'a> {
    anchors: HashMap<(String, String), usize>,
    /// Rows by the keys that others refer to, as they are now or, if they are deleted, as they
    /// were.
    rows: HashMap<(&'a str, &'static str, String), &'a Row>,
}

impl<'a> Homes<'a> {
    fn new(before: &'a Snapshot, after: &'a Snapshot, anchors: &[Anchor]) -> Self {
        let mut rows = HashMap::new();
        for snapshot in [before, after] {
            for ((table, _), row) in &snapshot.0 {
                for column in ["id", "external_id", "session_id"] {
                    if let Some(value) = row.get(column) {
                        rows.insert((table.as_str(), column, text(value)), row);
                    }
                }
            }
        }
        let anchors = anchors.iter().enumerate();
        Self {
            anchors: anchors
                .map(|(index, (table, id))| (((*table).to_owned(), id.to_string()), index))
                .collect(),
            rows,
        }
    }

    fn of(&self, table: &str, row: &Row) -> Option<usize> {
        let id = row.get("id").map(text).unwrap_or_default();
        let anchor = self.anchors.get(&(table.to_owned(), id)).copied();
        anchor.or_else(|| {
            links(table, row).into_iter().find_map(|link| {
                let (table, _, _) = link;
                self.of(table, self.rows.get(&link)?)
            })
        })
    }
}

/// The rows that a row depends on, the decisive one first.
fn links(table: &str, row: &Row) -> Vec<Link> {
    let to = |parent, column, name: &str| {
        let value = row.get(name).filter(|value| !value.is_null());
        value.map(|value| (parent, column, text(value)))
    };
    let links = match table {
        "user" | "meeting" | "mina_retention" => [to("workspace", "id", "workspace_id"), None],
        "session" => [
            to("meeting", "session_id", "external_id"),
            to("user", "id", "user_id"),
        ],
        "participant" | "task" | "analytics" => [to("meeting", "id", "meeting_id"), None],
        "segment" | "mina_segment_key" | "mina_speaker" => {
            [to("session", "id", "session_id"), None]
        }
        "marker" => [to("session", "external_id", "session_id"), None],
        "mina_analysis_lease" => [to("analytics", "id", "analytics_id"), None],
        "mina_marker_task" => [to("marker", "id", "marker_id"), None],
        "mina_token_generation" | "mina_idempotency_key" => [to("user", "id", "user_id"), None],
        _ => [None, None],
    };
    links.into_iter().flatten().collect()
}
