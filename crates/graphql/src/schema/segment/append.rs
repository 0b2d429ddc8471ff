//! Appending segments to a transcript, with calls that can be repeated.

use async_graphql::{InputObject, SimpleObject};
use entity::segment::{self};

use super::{
    Segment,
    enums::SegmentKind,
    versions::{Transcript, Version},
};
use crate::{
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::mutation_field::{MutationField, field},
    schema::session::{Session, actions::APPEND_SEGMENTS},
    write::input::{Command, Outcome},
    write::limit::{Declared, Limit, ListLimit},
    write::number::{check_length, check_position, check_share},
    write::text::check_text,
    write::transaction::{Abort, Transaction},
};

/// The mutation that appends segments.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<SegmentsAppendInput>()];

/// Appends segments, in the order of the list, to the transcript of a session that the viewer owns
/// and that is recording or being processed. The call can be repeated: a segment with a known key
/// is updated instead of added again.
#[derive(InputObject)]
pub(crate) struct SegmentsAppendInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// The segments to append. At most 1000.
    #[graphql(directive = Declared::apply(ListLimit::SEGMENTS))]
    segments: Vec<SegmentInput>,
    /// Key for this call, chosen by the client, up to 100 characters. A segment without a key of
    /// its own gets one made of this key, `#` and the segment's index in the list, so that
    /// repeating the whole call adds nothing twice.
    #[graphql(directive = Declared::apply(Limit::SEGMENT_KEY))]
    key: Option<String>,
    /// If true, nothing is stored if any segment has a problem. If false, the other segments are
    /// still stored.
    #[graphql(default = true)]
    all_or_nothing: bool,
}

/// A segment to append.
#[derive(InputObject)]
pub(crate) struct SegmentInput {
    /// Key chosen by the client, up to 100 characters, the same for all versions of the segment: a
    /// final version replaces an interim one, and a corrected version replaces both. An interim
    /// version that arrives late is ignored.
    #[graphql(directive = Declared::apply(Limit::SEGMENT_KEY))]
    key: Option<String>,
    /// The spoken text. At most 16,384 bytes of UTF-8; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPOKEN_TEXT))]
    text: String,
    /// Where the segment starts, in milliseconds from the start of the recording.
    start_ms: Option<i32>,
    /// Where the segment ends, in milliseconds from the start of the recording. Must not be before
    /// the start of the segment.
    end_ms: Option<i32>,
    /// The transcriber's confidence in the text, from 0 to 1.
    confidence: Option<f64>,
    /// The speaker. At most 50 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
    speaker: Option<String>,
    /// The language detected in this segment, as a language code such as `en`. At most 10
    /// characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::LANGUAGE))]
    language: Option<String>,
    /// How final the text is.
    #[graphql(default_with = "SegmentKind::Final")]
    kind: SegmentKind,
}

/// The outcome of appending segments.
#[derive(SimpleObject, Default)]
pub(crate) struct Appended {
    /// The segments after this mutation, in the order of the input, without those that have a
    /// problem.
    segments: Vec<Segment>,
}

impl Outcome for Appended {}

impl Command for SegmentsAppendInput {
    const NAME: &'static str = "segmentsAppend";

    type Outcome = Appended;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = tx
            .lock_for(&APPEND_SEGMENTS, &self.session_id, "sessionId")
            .await?;
        tx.ensure_valid()?;
        let length = check_length(self.segments.len(), ListLimit::SEGMENTS);
        tx.check(length, ["segments"]);
        tx.ensure_valid()?;
        let call_key = match self
            .key
            .as_deref()
            .map(|key| check_text(key, Limit::SEGMENT_KEY))
        {
            Some(Err(problem)) => return tx.reject(problem.at(["key"])),
            Some(Ok(key)) => Some(key),
            None => None,
        };
        let versions = self.check(tx, session.id, call_key.as_deref());
        let mut transcript = Transcript::load(tx, session.id, &versions).await?;
        for version in versions {
            if let Err(problem) = transcript.merge(version) {
                tx.add_problem(problem);
            }
        }
        tx.ensure_valid_if(self.all_or_nothing)?;
        tx.grow(transcript.growth())?;
        Ok(Appended {
            segments: transcript.store(tx).await?,
        })
    }
}

impl SegmentsAppendInput {
    /// The valid segments. Adds the problems of the others.
    fn check(&self, tx: &mut Transaction, session_id: i32, call_key: Option<&str>) -> Vec<Version> {
        let now = Some(tx.now());
        let mut versions = Vec::with_capacity(self.segments.len());
        for (index, input) in self.segments.iter().enumerate() {
            let mut problems = Vec::new();
            let key = input
                .key
                .as_deref()
                .map(|key| checked(key, Limit::SEGMENT_KEY, "key", &mut problems));
            let row = segment::Model {
                id: 0,
                session_id,
                text: checked(&input.text, Limit::SPOKEN_TEXT, "text", &mut problems),
                confidence: input.confidence,
                start_ms: input.start_ms,
                end_ms: input.end_ms,
                speaker: input
                    .speaker
                    .as_deref()
                    .map(|text| checked(text, Limit::SPEAKER, "speaker", &mut problems)),
                language: input
                    .language
                    .as_deref()
                    .map(|text| checked(text, Limit::LANGUAGE, "language", &mut problems)),
                kind: Some(input.kind.into()),
                created_at: now,
            };
            check_numbers(&row, &mut problems);
            if problems.is_empty() {
                let key = key.or_else(|| call_key.map(|key| format!("{key}#{index}")));
                versions.push(Version { index, key, row });
            }
            for mut problem in problems {
                problem
                    .path
                    .splice(0..0, ["segments".to_owned(), index.to_string()]);
                tx.add_problem(problem);
            }
        }
        versions
    }
}

fn checked(text: &str, limit: Limit, field: &str, problems: &mut Vec<UserError>) -> String {
    check_text(text, limit).unwrap_or_else(|problem| {
        problems.push(problem.at([field]));
        String::new()
    })
}

fn check_numbers(row: &segment::Model, problems: &mut Vec<UserError>) {
    let mut note = |checked: Result<(), UserError>, field| {
        problems.extend(checked.err().map(|problem| problem.at([field])));
    };
    note(check_share(row.confidence), "confidence");
    note(check_position(row.start_ms), "startMs");
    if row
        .end_ms
        .is_some_and(|end| end < row.start_ms.unwrap_or_default())
    {
        let message = "The end must not be before the start.";
        let problem = UserError::new(UserErrorCode::OutOfRange, [], message);
        note(Err(problem), "endMs");
    }
}
