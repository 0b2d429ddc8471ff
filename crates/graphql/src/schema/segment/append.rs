//! Appending to a transcript, in one go and as often as the client likes.

use async_graphql::{InputObject, SimpleObject};
use entity::segment::{self};

use super::{
    SPEAKER, Segment,
    enums::SegmentKind,
    versions::{Transcript, Version},
};
use crate::{
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::mutation_field::{MutationField, field},
    schema::session::{Session, actions::APPEND_SEGMENTS, mutations::LANGUAGE},
    write::input::{Command, Outcome},
    write::number::{check_length, check_position, check_share},
    write::text::{Limit, check_text},
    write::transaction::{Abort, Transaction},
};

/// The mutation that feeds a session.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<SegmentsAppendInput>()];

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

impl Outcome for Appended {}

impl Command for SegmentsAppendInput {
    const NAME: &'static str = "segmentsAppend";

    type Outcome = Appended;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = tx
            .lock_for(&APPEND_SEGMENTS, &self.session_id, "sessionId")
            .await?;
        tx.ensure_valid()?;
        let length = check_length(self.segments.len(), MOST_SEGMENTS, "segments");
        tx.check(length, ["segments"]);
        tx.ensure_valid()?;
        let call_key = match self.key.as_deref().map(|key| check_text(key, KEY)) {
            Some(Err(problem)) => return tx.reject(problem.at(["key"])),
            Some(Ok(key)) => Some(key),
            None => None,
        };
        let versions = self.check(tx, session.id, call_key.as_deref());
        let mut transcript = Transcript::load(tx, session.id, &versions).await?;
        for version in versions {
            if let Err(problem) = transcript.take(version) {
                tx.add_problem(problem);
            }
        }
        tx.ensure_valid_if(self.all_or_nothing)?;
        Ok(Appended {
            segments: transcript.store(tx).await?,
        })
    }
}

impl SegmentsAppendInput {
    /// The segments with which nothing is wrong; notes what is wrong with the others.
    fn check(&self, tx: &mut Transaction, session_id: i32, call_key: Option<&str>) -> Vec<Version> {
        let now = Some(tx.now());
        let mut versions = Vec::with_capacity(self.segments.len());
        for (index, input) in self.segments.iter().enumerate() {
            let mut problems = Vec::new();
            let key = input
                .key
                .as_deref()
                .map(|key| checked(key, KEY, "key", &mut problems));
            let row = segment::Model {
                id: 0,
                session_id,
                text: checked(&input.text, Limit::CONTENT, "text", &mut problems),
                confidence: input.confidence,
                start_ms: input.start_ms,
                end_ms: input.end_ms,
                speaker: input
                    .speaker
                    .as_deref()
                    .map(|text| checked(text, SPEAKER, "speaker", &mut problems)),
                language: input
                    .language
                    .as_deref()
                    .map(|text| checked(text, LANGUAGE, "language", &mut problems)),
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
