//! Merging the versions of segments that are sent repeatedly into one transcript.

use std::collections::{HashMap, HashSet};

use entity::{
    bookkeeping::segment_key,
    segment::{self, Column, Kind},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value, sea_query::ArrayType};

use super::Segment;
use crate::{
    database::model::model,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    quota::Stored,
    write::transaction::Transaction,
};

/// A version of a segment, as sent by the client.
pub(super) struct Version {
    /// The index in the list that was sent.
    pub(super) index: usize,
    pub(super) key: Option<String>,
    pub(super) row: segment::Model,
}

/// The part of a transcript that a call affects.
pub(super) struct Transcript {
    /// The segments, each with the change to store.
    entries: Vec<Entry>,
    /// The indexes of the entries that the call contains, in its order.
    requested: Vec<usize>,
    /// The index of the entry with each key.
    by_key: HashMap<String, usize>,
}

struct Entry {
    row: segment::Model,
    change: Change,
    /// The key, if it must be stored.
    new_key: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Update,
    Insert,
}

impl Transcript {
    /// Loads the segments of a session that have the same keys as the versions.
    pub(super) async fn load(
        tx: &Transaction,
        session_id: i32,
        versions: &[Version],
    ) -> Result<Self, Error> {
        let keys = versions.iter().filter_map(|version| version.key.as_deref());
        let keys: HashSet<_> = keys.collect();
        let mut transcript = Self {
            entries: Vec::new(),
            requested: Vec::new(),
            by_key: HashMap::new(),
        };
        if keys.is_empty() {
            return Ok(transcript);
        }
        let statement = with_keys(session_id, keys, tx.backend());
        for row in tx.connection().query_all_raw(statement).await? {
            let index = transcript.entries.len();
            transcript.by_key.insert(row.try_get("", KEY)?, index);
            transcript.entries.push(Entry {
                row: model(&row)?,
                change: Change::None,
                new_key: None,
            });
        }
        Ok(transcript)
    }

    /// Merges a version into the transcript, unless it conflicts with what is stored.
    pub(super) fn merge(&mut self, version: Version) -> Result<(), UserError> {
        let known = version.key.as_ref().and_then(|key| self.by_key.get(key));
        let Some(&index) = known else {
            self.requested.push(self.entries.len());
            if let Some(key) = &version.key {
                self.by_key.insert(key.clone(), self.entries.len());
            }
            self.entries.push(Entry {
                row: version.row,
                change: Change::Insert,
                new_key: version.key,
            });
            return Ok(());
        };
        let entry = &mut self.entries[index];
        let (old, new) = (finality(&entry.row), finality(&version.row));
        let version_row = segment::Model {
            id: entry.row.id,
            created_at: entry.row.created_at,
            ..version.row
        };
        if new < old || entry.row == version_row {
            self.requested.push(index);
            return Ok(());
        }
        if new == old && new != finality_of(Kind::Interim) {
            return Err(UserError::new(
                UserErrorCode::Conflict,
                ["segments", &version.index.to_string(), "key"],
                "A segment with this key already exists with different content. To correct the \
                 segment, use `segmentCorrect`.",
            ));
        }
        entry.row = version_row;
        if entry.change == Change::None {
            entry.change = Change::Update;
        }
        self.requested.push(index);
        Ok(())
    }

    /// What the changes add to what is stored. The texts that new versions replace are not
    /// subtracted.
    pub(super) fn growth(&self) -> Stored {
        let changed = self.entries.iter();
        let changed = changed.filter(|entry| entry.change != Change::None);
        changed.fold(Stored::default(), |sum, entry| {
            let rows = usize::from(entry.change == Change::Insert);
            sum + Stored::rows(rows).with_text(Some(&entry.row.text))
        })
    }

    /// Stores the changes, and returns the segments that the call contains.
    pub(super) async fn store(mut self, tx: &Transaction) -> Result<Vec<Segment>, Error> {
        let updated = self.rows(Change::Update);
        tx.update_all::<Segment>(&updated, VERSIONED).await?;
        let inserted = self.rows(Change::Insert);
        let inserted = tx.insert_all::<Segment>(inserted).await?;
        let mut keys = Vec::new();
        let new = self.entries.iter_mut();
        let new = new.filter(|entry| entry.change == Change::Insert);
        for (entry, row) in new.zip(inserted) {
            keys.extend(entry.new_key.take().map(|key| segment_key::Model {
                session_id: row.session_id,
                key,
                segment_id: row.id,
            }));
            entry.row = row;
        }
        tx.insert_keyed(&keys).await?;
        let segments = self.entries.into_iter();
        let segments: Vec<_> = segments.map(|entry| Segment(entry.row.into())).collect();
        let requested = self.requested.iter();
        Ok(requested.map(|index| segments[*index].clone()).collect())
    }

    /// The rows with a kind of change.
    fn rows(&self, change: Change) -> Vec<segment::Model> {
        let entries = self.entries.iter();
        let changed = entries.filter(|entry| entry.change == change);
        changed.map(|entry| entry.row.clone()).collect()
    }
}

/// The columns that a new version of a segment changes.
const VERSIONED: &[Column] = &[
    Column::Text,
    Column::Confidence,
    Column::StartMs,
    Column::EndMs,
    Column::Speaker,
    Column::Language,
    Column::Kind,
];

/// The column with the key of a segment.
const KEY: &str = "segment_key";

/// The select of the segments of a session with some keys.
///
/// Each key is looked up in the index by itself. With a condition on a list of keys instead,
/// PostgreSQL reads all keys of the session while it has no statistics of a new table yet.
fn with_keys(session_id: i32, keys: HashSet<&str>, backend: DbBackend) -> Statement {
    if backend == DbBackend::Postgres {
        let keys: Vec<Value> = keys.into_iter().map(Into::into).collect();
        let keys = Value::Array(ArrayType::String, Some(Box::new(keys)));
        let sql = r"SELECT found.* FROM unnest($1) AS asked (key)
            CROSS JOIN LATERAL (
                SELECT segment.*, known.key AS segment_key
                FROM mina_segment_key AS known
                JOIN segment ON segment.id = known.segment_id
                WHERE known.session_id = $2 AND known.key = asked.key
                LIMIT 1
            ) AS found";
        return Statement::from_sql_and_values(backend, sql, [keys, session_id.into()]);
    }
    let keys: serde_json::Value = keys.into_iter().collect();
    // A CROSS JOIN makes SQLite read the tables in this order.
    let sql = r"SELECT segment.*, known.key AS segment_key FROM json_each(?) AS asked
        CROSS JOIN mina_segment_key AS known
            ON known.session_id = ? AND known.key = asked.value
        CROSS JOIN segment ON segment.id = known.segment_id";
    Statement::from_sql_and_values(backend, sql, [keys.to_string().into(), session_id.into()])
}

/// How final a segment is. A version never replaces a more final one.
fn finality(row: &segment::Model) -> u8 {
    finality_of(row.kind.unwrap_or_default())
}

const fn finality_of(kind: Kind) -> u8 {
    match kind {
        Kind::Interim => 0,
        Kind::Final => 1,
        Kind::Corrected => 2,
    }
}
