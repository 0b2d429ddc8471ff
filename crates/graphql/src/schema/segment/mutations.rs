//! Mutations of single segments.

use async_graphql::InputObject;
use entity::segment::Kind;
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use super::Segment;
use crate::{
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    schema::session::{Session, actions::CORRECT_SEGMENTS},
    write::input::Command,
    write::limit::{Declared, Limit},
    write::rows::not_found,
    write::transaction::{Abort, Transaction},
};

/// The mutations of segments.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<SegmentCorrectInput>()];

/// Corrects a segment's text or speaker. Later `segmentsAppend` calls can no longer change the
/// segment.
#[derive(InputObject)]
pub(crate) struct SegmentCorrectInput {
    /// The ID of the segment.
    #[graphql(directive = id_of::apply(Id::<Segment>::of()))]
    id: Id<Segment>,
    /// The corrected text. At most 16,384 bytes of UTF-8; must not be blank. At least one of `text`
    /// and `speaker` must be given.
    #[graphql(directive = Declared::apply(Limit::SPOKEN_TEXT))]
    text: Option<String>,
    /// The corrected speaker. At most 50 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
    speaker: Option<String>,
    /// The text that the user last saw. If the text has changed since, nothing is changed. If
    /// omitted, this check is skipped.
    expected_text: Option<String>,
}

impl Command for SegmentCorrectInput {
    const NAME: &'static str = "segmentCorrect";

    type Outcome = ObjectOutcome<Segment>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        // The session is locked first, as it is when segments are appended, to avoid deadlocks.
        let not_found = || not_found(&self.id);
        let seen = tx.find::<Segment>(self.id.database_id()).await?;
        let session_id = seen.ok_or_else(not_found)?.session_id;
        let session = tx
            .lock::<Session>(session_id)
            .await?
            .ok_or_else(not_found)?;
        tx.authorize(&CORRECT_SEGMENTS, &session, "id").await?;
        let segment = tx.lock::<Segment>(self.id.database_id()).await?;
        let segment = segment.ok_or_else(not_found)?;
        let expected = self.expected_text.as_ref();
        let is_unchanged = expected.is_none_or(|text| *text == segment.text);
        tx.expect_unchanged(is_unchanged, "expectedText");
        let (text, speaker) = (self.text.as_deref(), self.speaker.as_deref());
        if text.is_none() && speaker.is_none() {
            tx.add_problem(UserError::new(
                UserErrorCode::Blank,
                ["text"],
                "Give a corrected text or a corrected speaker.",
            ));
        }
        let mut segment = segment.into_active_model();
        tx.set_text(&mut segment.text, text, Limit::SPOKEN_TEXT, "text");
        if let Some(speaker) = speaker {
            segment.speaker = Set(Some(tx.text(speaker, Limit::SPEAKER, "speaker")));
        }
        tx.ensure_valid()?;
        segment.kind = Set(Some(Kind::Corrected));
        Ok(ObjectOutcome::new(tx.update(segment).await?))
    }
}
