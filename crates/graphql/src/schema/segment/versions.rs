//! How versions of segments that come again and again are made one transcript.

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
    value::is_any_of,
    write::transaction::Transaction,
};

/// A version of a segment that the client has sent.
pub(super) struct Version {
    /// Where it stands in the list.
    pub(super) index: usize,
    pub(super) key: Option<String>,
    pub(super) row: segment::Model,
}

/// The part of a transcript that a call is about.
pub(super) struct Transcript {
    /// The segments with what becomes of them.
    entries: Vec<Entry>,
    /// The places among the entries that the call has named, in its order.
    named: Vec<usize>,
    /// The place of the segment with a key among the entries.
    by_key: HashMap<String, usize>,
}

struct Entry {
    row: segment::Model,
    fate: Fate,
    /// The key, if it is to be stored.
    new_key: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Changes,
    Begins,
}

impl Transcript {
    /// The segments of a session whose keys are among those of the versions.
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
            named: Vec::new(),
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
                    fate: Fate::Stays,
                    new_key: None,
                });
            }
        }
        Ok(transcript)
    }

    /// Takes a version in, or says why it cannot.
    pub(super) fn take(&mut self, version: Version) -> Result<(), UserError> {
        let known = version.key.as_ref().and_then(|key| self.by_key.get(key));
        let Some(&place) = known else {
            self.named.push(self.entries.len());
            if let Some(key) = &version.key {
                self.by_key.insert(key.clone(), self.entries.len());
            }
            self.entries.push(Entry {
                row: version.row,
                fate: Fate::Begins,
                new_key: version.key,
            });
            return Ok(());
        };
        let entry = &mut self.entries[place];
        let (old, new) = (settledness(&entry.row), settledness(&version.row));
        let version_row = segment::Model {
            id: entry.row.id,
            created_at: entry.row.created_at,
            ..version.row
        };
        if new < old || entry.row == version_row {
            self.named.push(place);
            return Ok(());
        }
        if new == old && new != settledness_of(Kind::Interim) {
            return Err(UserError::new(
                UserErrorCode::Conflict,
                ["segments", &version.index.to_string(), "key"],
                "A segment with this key is stored already, with other content. To correct it, \
                 use segmentCorrect.",
            ));
        }
        entry.row = version_row;
        if entry.fate == Fate::Stays {
            entry.fate = Fate::Changes;
        }
        self.named.push(place);
        Ok(())
    }

    /// Stores what is new, and gives the segments that the call has named.
    pub(super) async fn store(mut self, tx: &Transaction) -> Result<Vec<Segment>, Error> {
        let transaction = tx.connection();
        let (mut new, mut keys) = (Vec::new(), Vec::new());
        for (place, entry) in self.entries.iter().enumerate() {
            match entry.fate {
                Fate::Stays => {}
                Fate::Begins => new.push(place),
                Fate::Changes => {
                    let row = entry.row.clone().into_active_model().reset_all();
                    row.update(transaction).await?;
                }
            }
        }
        if !new.is_empty() {
            let rows = new.iter().map(|place| segment::ActiveModel {
                id: NotSet,
                ..self.entries[*place]
                    .row
                    .clone()
                    .into_active_model()
                    .reset_all()
            });
            let mut rows = segment::Entity::insert_many(rows)
                .exec_with_returning(transaction)
                .await?;
            // Ids are given in the order of the rows; the answer of the database may have another.
            rows.sort_unstable_by_key(|row| row.id);
            for (place, row) in new.iter().zip(rows) {
                let entry = &mut self.entries[*place];
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
            .named
            .iter()
            .map(|place| segments[*place].clone())
            .collect())
    }
}

/// How settled a segment is: a version that is less settled never takes the place of it.
fn settledness(row: &segment::Model) -> u8 {
    settledness_of(row.kind.unwrap_or_default())
}

const fn settledness_of(kind: Kind) -> u8 {
    match kind {
        Kind::Interim => 0,
        Kind::Final => 1,
        Kind::Corrected => 2,
    }
}
