//! Mutations of segments: what transcribers hear, and what people correct.

use std::collections::HashMap;

use async_graphql::{InputObject, SimpleObject};
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

use super::{Segment, SegmentKind};
use crate::{
    error::Error,
    node::Id,
    session::{APPEND_SEGMENTS, CORRECT_SEGMENTS, Session},
    user_error::{UserError, UserErrorCode},
    value::is_any_of,
    write::{Change, Limit, Made, MutationField, One, Stop, Write, check_text, field},
};

/// The mutations of segments.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<SegmentsAppendInput>(),
    field::<SegmentCorrectInput>(),
];

/// How many segments one call takes. Each binds nine values, and SQLite takes at most 32,766 in a
/// statement.
const MOST_SEGMENTS: usize = 1000;

/// The longest key, in characters. What is made of the key of a call is a little longer.
const KEY: Limit = Limit::name(100);

/// Adds to the transcript of a session of the viewer's that is recording or being processed, in
/// the order of the list. It can be repeated: a segment whose key is known already is not added
/// again but brought up to date.
#[derive(InputObject)]
pub(crate) struct SegmentsAppendInput {
    /// Which session.
    session_id: Id<Session>,
    /// What was heard, at most 1000 segments.
    segments: Vec<SegmentInput>,
    /// A key of the client's making for this call, of at most 100 characters. It stands for the
    /// keys of those segments that have none: the key, `#`, and the place of the segment in the
    /// list. So a call that is repeated whole adds nothing twice.
    key: Option<String>,
    /// Whether nothing is stored if something is wrong with one of the segments; otherwise the
    /// rest is.
    #[graphql(default = true)]
    all_or_nothing: bool,
}

/// A stretch of speech.
#[derive(InputObject)]
pub(crate) struct SegmentInput {
    /// A key of the client's making, of at most 100 characters, the same for all versions of the
    /// segment: under it a final version takes the place of an interim one, and a corrected one
    /// that of both. An interim version that comes late changes nothing.
    key: Option<String>,
    /// What was said.
    text: String,
    /// Where it begins, in milliseconds from the start of the recording.
    start_ms: Option<i32>,
    /// Where it ends, not before it begins.
    end_ms: Option<i32>,
    /// How sure the transcriber is, from 0 to 1.
    confidence: Option<f64>,
    /// Who speaks. At most 50 characters.
    speaker: Option<String>,
    /// Language code as detected in this stretch. At most 10 characters.
    language: Option<String>,
    /// How settled the text is.
    #[graphql(default_with = "SegmentKind::Final")]
    kind: SegmentKind,
}

/// What became of the segments of a call.
#[derive(SimpleObject, Default)]
pub(crate) struct Appended {
    /// The segments as they are now, in the order of the input, without those with which something
    /// is wrong.
    segments: Vec<Segment>,
}

impl Made for Appended {}

impl Change for SegmentsAppendInput {
    type Outcome = Appended;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let session = write
            .act_on(&APPEND_SEGMENTS, &self.session_id, "sessionId")
            .await?;
        write.settled()?;
        if self.segments.len() > MOST_SEGMENTS {
            let message = format!(
                "The list has {} segments; at most {MOST_SEGMENTS} are allowed.",
                self.segments.len()
            );
            let mistake = UserError::new(UserErrorCode::TooLong, ["segments"], message);
            return write.refuse(mistake);
        }
        let call_key = match self.key.as_deref().map(|key| check_text(key, KEY)) {
            Some(Err(mistake)) => return write.refuse(mistake.at(["key"])),
            Some(Ok(key)) => Some(key),
            None => None,
        };
        let versions = self.check(write, session.id, call_key.as_deref());
        let mut transcript = Transcript::load(write, session.id, &versions).await?;
        for version in versions {
            if let Err(mistake) = transcript.take(version) {
                write.mistake(mistake);
            }
        }
        if self.all_or_nothing {
            write.settled()?;
        } else {
            write.keep_what_is_right();
        }
        Ok(Appended {
            segments: transcript.store(write).await?,
        })
    }
}

/// A version of a segment that the client has sent.
struct Version {
    /// Where it stands in the list.
    index: usize,
    key: Option<String>,
    row: segment::Model,
}

impl SegmentsAppendInput {
    /// The segments with which nothing is wrong; notes what is wrong with the others.
    fn check(&self, write: &mut Write, session_id: i32, call_key: Option<&str>) -> Vec<Version> {
        let now = Some(write.now());
        let mut versions = Vec::with_capacity(self.segments.len());
        for (index, input) in self.segments.iter().enumerate() {
            let mut mistakes = Vec::new();
            let key = input
                .key
                .as_deref()
                .map(|key| checked(key, KEY, "key", &mut mistakes));
            let row = segment::Model {
                id: 0,
                session_id,
                text: checked(&input.text, Limit::CONTENT, "text", &mut mistakes),
                confidence: input.confidence,
                start_ms: input.start_ms,
                end_ms: input.end_ms,
                speaker: input
                    .speaker
                    .as_deref()
                    .map(|text| checked(text, Limit::name(50), "speaker", &mut mistakes)),
                language: input
                    .language
                    .as_deref()
                    .map(|text| checked(text, Limit::name(10), "language", &mut mistakes)),
                kind: Some(input.kind.into()),
                created_at: now,
            };
            check_numbers(&row, &mut mistakes);
            if mistakes.is_empty() {
                let key = key.or_else(|| call_key.map(|key| format!("{key}#{index}")));
                versions.push(Version { index, key, row });
            }
            for mut mistake in mistakes {
                mistake
                    .path
                    .splice(0..0, ["segments".to_owned(), index.to_string()]);
                write.mistake(mistake);
            }
        }
        versions
    }
}

fn checked(text: &str, limit: Limit, field: &str, mistakes: &mut Vec<UserError>) -> String {
    check_text(text, limit).unwrap_or_else(|mistake| {
        mistakes.push(mistake.at([field]));
        String::new()
    })
}

fn check_numbers(row: &segment::Model, mistakes: &mut Vec<UserError>) {
    let mut wrong = |field: &str, message: &str| {
        mistakes.push(UserError::new(UserErrorCode::OutOfRange, [field], message));
    };
    if row
        .confidence
        .is_some_and(|confidence| !(0.0..=1.0).contains(&confidence))
    {
        wrong("confidence", "It must be from 0 to 1.");
    }
    if row.start_ms.is_some_and(|start| start < 0) {
        wrong("startMs", "It must not be negative.");
    }
    if row
        .end_ms
        .is_some_and(|end| end < row.start_ms.unwrap_or_default())
    {
        wrong("endMs", "The end must not be before the start.");
    }
}

/// The part of a transcript that a call is about.
struct Transcript {
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
    async fn load(write: &Write, session_id: i32, versions: &[Version]) -> Result<Self, Error> {
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
            .filter(is_any_of(column, ArrayType::String, keys, write.backend()))
            .all(write.transaction())
            .await?;
        let ids = known.iter().map(|known| known.segment_id.into()).collect();
        let column = Expr::col((segment::Entity, segment::Column::Id));
        let rows = segment::Entity::find()
            .filter(is_any_of(column, ArrayType::Int, ids, write.backend()))
            .all(write.transaction())
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
    fn take(&mut self, version: Version) -> Result<(), UserError> {
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
    async fn store(mut self, write: &Write) -> Result<Vec<Segment>, Error> {
        let transaction = write.transaction();
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

/// Corrects what a segment says. Who transcribes can no longer change it then.
#[derive(InputObject)]
pub(crate) struct SegmentCorrectInput {
    /// Which segment.
    id: Id<Segment>,
    /// What was really said.
    text: Option<String>,
    /// Who really spoke. At most 50 characters.
    speaker: Option<String>,
    /// The text that the user saw. If it has changed since, nothing is done.
    expected_text: Option<String>,
}

impl Change for SegmentCorrectInput {
    type Outcome = One<Segment>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        // The session comes first, as when segments are appended, so that no two wait for each
        // other.
        let not_found = || Error::NotFound {
            of: "Segment",
            id: self.id.to_string(),
        };
        let seen = write.see::<Segment>(self.id.database_id()).await?;
        let session_id = seen.ok_or_else(not_found)?.session_id;
        let session = write
            .lock::<Session>(session_id)
            .await?
            .ok_or_else(not_found)?;
        write.authorize(&CORRECT_SEGMENTS, &session, "id").await?;
        let segment = write.lock::<Segment>(self.id.database_id()).await?;
        let segment = segment.ok_or_else(not_found)?;
        if self
            .expected_text
            .as_ref()
            .is_some_and(|text| *text != segment.text)
        {
            write.mistake(UserError::new(
                UserErrorCode::Conflict,
                ["expectedText"],
                "Somebody has changed it in the meantime. Read it again, and repeat the change if \
                 it still makes sense.",
            ));
        }
        let text = self
            .text
            .as_deref()
            .map(|text| write.text(text, Limit::CONTENT, "text"));
        let speaker = self
            .speaker
            .as_deref()
            .map(|speaker| write.text(speaker, Limit::name(50), "speaker"));
        if text.is_none() && speaker.is_none() {
            write.mistake(UserError::new(
                UserErrorCode::Blank,
                ["text"],
                "Say what was really said, or who really spoke.",
            ));
        }
        write.settled()?;
        let mut segment = segment.into_active_model();
        if let Some(text) = text {
            segment.text = Set(text);
        }
        if let Some(speaker) = speaker {
            segment.speaker = Set(Some(speaker));
        }
        segment.kind = Set(Some(Kind::Corrected));
        Ok(One::new(segment.update(write.transaction()).await?))
    }
}
