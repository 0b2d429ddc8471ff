//! Merging the versions of segments that are sent repeatedly into one transcript.

use std::collections::HashMap;

use entity::{
    bookkeeping::segment_key,
    segment::{self, Kind},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{ArrayType, Expr},
};

use super::Segment;
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    quota::Stored,
    value::is_any_of,
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
        let keys: Vec<_> = versions
            .iter()
            .filter_map(|version| version.key.clone())
            .map(Into::into)
            .collect();
        let mut transcript = Self {
            entries: Vec::new(),
            requested: Vec::new(),
            by_key: HashMap::new(),
        };
        if keys.is_empty() {
            return Ok(transcript);
        }
        let column = Expr::col((segment_key::Entity, segment_key::Column::Key));
        let known = segment_key::Entity::find()
            .filter(segment_key::Column::SessionId.eq(session_id))
            .filter(is_any_of(column, ArrayType::String, keys, tx.backend()))
            .all(tx.connection())
            .await?;
        let ids = known.iter().map(|known| known.segment_id.into()).collect();
        let column = Expr::col((segment::Entity, segment::Column::Id));
        let rows = segment::Entity::find()
            .filter(is_any_of(column, ArrayType::Int, ids, tx.backend()))
            .all(tx.connection())
            .await?;
        let mut rows: HashMap<i32, segment::Model> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        for known in known {
            if let Some(row) = rows.remove(&known.segment_id) {
                transcript
                    .by_key
                    .insert(known.key, transcript.entries.len());
                transcript.entries.push(Entry {
                    row,
                    change: Change::None,
                    new_key: None,
                });
            }
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
        let transaction = tx.connection();
        let (mut new, mut keys) = (Vec::new(), Vec::new());
        for (index, entry) in self.entries.iter().enumerate() {
            match entry.change {
                Change::None => {}
                Change::Insert => new.push(index),
                Change::Update => {
                    let row = entry.row.clone().into_active_model().reset_all();
                    row.update(transaction).await?;
                }
            }
        }
        if !new.is_empty() {
            let rows = new.iter().map(|index| segment::ActiveModel {
                id: NotSet,
                ..self.entries[*index]
                    .row
                    .clone()
                    .into_active_model()
                    .reset_all()
            });
            let mut rows = segment::Entity::insert_many(rows)
                .exec_with_returning(transaction)
                .await?;
            // Ids are assigned in the order of the rows, but the database may return them in
            // another.
            rows.sort_unstable_by_key(|row| row.id);
            for (index, row) in new.iter().zip(rows) {
                let entry = &mut self.entries[*index];
                if let Some(key) = entry.new_key.take() {
                    keys.push(segment_key::ActiveModel {
                        session_id: Set(row.session_id),
                        key: Set(key),
                        segment_id: Set(row.id),
                    });
                }
                entry.row = row;
            }
        }
        if !keys.is_empty() {
            segment_key::Entity::insert_many(keys)
                .exec_without_returning(transaction)
                .await?;
        }
        let segments: Vec<Segment> = self
            .entries
            .into_iter()
            .map(|entry| Segment(entry.row.into()))
            .collect();
        Ok(self
            .requested
            .iter()
            .map(|index| segments[*index].clone())
            .collect())
    }
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
