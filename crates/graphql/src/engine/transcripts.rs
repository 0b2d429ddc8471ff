//! Transcripts as files that are read page by page, each page by itself: nothing is kept between two
//! pages but the position.

use std::sync::Arc;

use entity::session;
use sea_orm::{
    ExprTrait,
    sea_query::{Asterisk, Expr},
};
use tokio::{task::yield_now, time::timeout};
use transcript::{OutputFormat, Writer};

use super::Engine;
use crate::{
    account::{
        link::LinkClaims,
        token::TokenError,
        viewer::{CurrentViewer, Viewer},
    },
    database::{model::model, usage::Usage},
    error::{Error, response::reject},
    global_id,
    guard::{cost::measure::Cost, document::LargeFields},
    read::{
        batch::{self, Batches},
        filter::ROOT_TABLE,
        loader::{Loaders, RowLoader},
        page::keyset::Position,
        row::Row,
        source::visible_rows,
    },
    schema::session::{
        Session,
        transcript::{
            about::{self, MAX_MARKERS, MAX_PARTICIPANTS},
            pages,
        },
    },
    shares::{Meter, Party},
};

/// How many segments a page has at most. The longest segments of a page fit into one answer.
const PAGE: u16 = 500;

/// How many bytes a part has, if no single segment needs more.
const PART_BYTES: usize = 256 * 1024;

/// How many bytes are written before others get a turn.
const TURN_BYTES: usize = 64 * 1024;

/// The columns of a segment that a file has.
const COLUMNS: u64 = 5;

/// The statements that find a session and what a file says about it.
const STATEMENTS_TO_BEGIN: u64 = 7;

/// The name of the operation in the log of slow statements.
const OPERATION: &str = "transcript";

/// A transcript that is being read as a file.
pub struct TranscriptFile {
    session: Session,
    party: Party,
    name: Option<String>,
    /// None once the file is complete.
    writer: Option<Writer>,
    /// What comes before the first segment.
    beginning: String,
    /// The position of the last segment that was written.
    after: Option<Position>,
    /// How many segments are read for the next part.
    page: u16,
    statements: u64,
    rows: u64,
}

/// A part of a file.
pub struct TranscriptPart {
    /// The text. It may be empty, also if others follow.
    pub text: String,
    /// Counts the memory of the text until this is dropped.
    pub meter: Meter,
}

/// Why a transcript cannot be read.
pub struct TranscriptError(Box<Error>);

impl TranscriptError {
    /// The response for the client. Details that the client must not see are logged.
    #[must_use]
    pub fn into_response(self) -> async_graphql::Response {
        reject(*self.0)
    }

    /// Whether trying again in a moment makes sense.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(*self.0, Error::AnswersFull)
    }

    /// Whether the session was deleted while its transcript was read, or is hidden now.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(*self.0, Error::Gone(_))
    }
}

impl From<Error> for TranscriptError {
    fn from(error: Error) -> Self {
        Self(Box::new(error))
    }
}

impl Engine {
    /// What a signed link says, as far as that can be told without the database.
    ///
    /// # Errors
    ///
    /// [`TokenError::Invalid`] if the link is not one of ours, or has expired.
    pub fn link_claims(&self, link: &str) -> Result<LinkClaims, TokenError> {
        self.tokens.link_claims(link).ok_or(TokenError::Invalid)
    }

    /// Begins to read the transcript of a session, which is named by its global id or its external
    /// id. With a link, it must be the session of the link. None if the viewer can see no such
    /// session.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn transcript(
        &self,
        viewer: &Viewer,
        session: &str,
        link: Option<&LinkClaims>,
        format: OutputFormat,
    ) -> Result<Option<TranscriptFile>, TranscriptError> {
        let workspace_id = viewer.user().workspace_id;
        if link.is_some_and(|link| link.workspace_id != workspace_id) {
            return Ok(None);
        }
        let Some(condition) = condition(session) else {
            return Ok(None);
        };
        let usage = self.usage_of(viewer);
        let begun = self.reading(viewer, &usage, async |loaders| {
            let statement = visible_rows::<Session>(viewer)
                .column((ROOT_TABLE, Asterisk))
                .and_where(condition)
                .take();
            let rows = self.database.query_all(&statement).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let session = Session(Arc::new(model(row)?));
            let about = about::about(&loaders, &session, format).await?;
            let meeting = about::meeting(&loaders, &session.0).await?;
            let name = meeting.map(|meeting| meeting.title.clone());
            Ok(Some((session, about, name)))
        });
        let Some((session, about, name)) = begun.await? else {
            return Ok(None);
        };
        if link.is_some_and(|link| link.session_id != session.0.id) {
            return Ok(None);
        }
        let mut writer = Writer::new(format, about);
        let mut beginning = String::new();
        writer.start(&mut beginning).map_err(not_written)?;
        Ok(Some(TranscriptFile {
            session,
            party: viewer.party(),
            name,
            writer: Some(writer),
            beginning,
            after: None,
            page: PAGE,
            statements: usage.statements(),
            rows: usage.rows(),
        }))
    }

    /// Reads the next part of a file for the viewer as stored right now. None after the last one.
    ///
    /// # Errors
    ///
    /// If the viewer is in another workspace than when the file was begun, the session was deleted
    /// since then, or the database fails.
    pub async fn transcript_part(
        &self,
        viewer: &Viewer,
        file: &mut TranscriptFile,
    ) -> Result<Option<TranscriptPart>, TranscriptError> {
        let Some(mut writer) = file.writer.take() else {
            return Ok(None);
        };
        if viewer.party() != file.party {
            return Err(Error::Unauthenticated.into());
        }
        let session_id = file.session.0.id;
        let (page, meter) = loop {
            let usage = self.usage_of(viewer);
            let (after, limit) = (file.after.clone(), file.page);
            let page = self.reading(viewer, &usage, async |loaders| {
                let is_later = after.is_some();
                let page = pages::page(&loaders, session_id, after, limit).await?;
                // The segments of a deleted session are gone as well, so that this looks like the end.
                if is_later && !page.more {
                    self.ensure_visible(viewer, session_id).await?;
                }
                Ok(page)
            });
            let page = page.await;
            file.statements += usage.statements();
            file.rows += usage.rows();
            match page {
                // With long texts, fewer of them fit into the memory of an answer.
                Err(Error::AnswerTooLong(_)) if file.page > 1 => {
                    file.page = Ord::max(file.page / 8, 1);
                }
                Err(error) => {
                    file.writer = Some(writer);
                    return Err(error.into());
                }
                Ok(page) => break (page, usage.meter().clone()),
            }
        };
        let mut text = std::mem::take(&mut file.beginning);
        let beginning = text.len();
        let mut turn_end = beginning + TURN_BYTES;
        let mut written = 0;
        for row in &page.rows {
            if text.len() - beginning >= PART_BYTES {
                break;
            }
            let cue = pages::spoken(row);
            writer.cue(&mut text, cue).map_err(not_written)?;
            written += 1;
            if text.len() >= turn_end {
                yield_now().await;
                turn_end = text.len() + TURN_BYTES;
            }
        }
        let is_cut = written < page.rows.len();
        if let Some(last) = page.rows[..written].last() {
            file.after = Some(pages::position(last));
        }
        // What was read and not written is read again, so the next page has no more than fits.
        if is_cut {
            file.page = u16::try_from(written).unwrap_or(PAGE);
        } else if text.len() - beginning < PART_BYTES / 2 {
            file.page = Ord::min(file.page.saturating_mul(2), PAGE);
        }
        if is_cut || page.more {
            file.writer = Some(writer);
        } else {
            writer.finish(&mut text).map_err(not_written)?;
        }
        drop(page);
        meter.settle(text.len());
        Ok(Some(TranscriptPart { text, meter }))
    }

    /// Fails if the viewer can no longer see a session.
    async fn ensure_visible(&self, viewer: &Viewer, session_id: i32) -> Result<(), Error> {
        let id = Expr::col((ROOT_TABLE, Session::ID));
        let statement = visible_rows::<Session>(viewer)
            .column((ROOT_TABLE, Session::ID))
            .and_where(id.eq(session_id))
            .take();
        let rows = self.database.query_all(&statement).await?;
        if rows.is_empty() {
            return Err(Error::Gone(Session::NAME));
        }
        Ok(())
    }

    pub(super) fn usage_of(&self, viewer: &Viewer) -> Arc<Usage> {
        let party = viewer.party();
        Usage::of(Some(OPERATION), party, self.answer_memory.meter(party))
    }

    /// Runs something that reads with loaders of its own, within the limits of a request.
    async fn reading<T, F: Future<Output = Result<T, Error>>>(
        &self,
        viewer: &Viewer,
        usage: &Arc<Usage>,
        read: impl FnOnce(Arc<Loaders>) -> F,
    ) -> Result<T, Error> {
        let batches = Batches::default();
        let loaders = RowLoader::loaders(
            self.database.clone(),
            CurrentViewer::new(Some(viewer.clone())),
            LargeFields::default(),
            None,
            &batches,
        );
        let read = batch::drive(batches, read(Arc::new(loaders)));
        let read = usage.scope(usage.meter().guard(read));
        match timeout(self.timeout, read).await {
            Err(_) => Err(Error::Timeout),
            Ok(Err(exhausted)) => Err(exhausted.into()),
            Ok(Ok(read)) => read,
        }
    }
}

impl TranscriptFile {
    /// What it costs to begin a file, with its first part.
    #[must_use]
    pub fn cost_to_begin() -> Cost {
        let part = cost_of_part(PAGE);
        Cost {
            statements: part.statements + STATEMENTS_TO_BEGIN,
            rows: part.rows + u64::from(2 * MAX_PARTICIPANTS + MAX_MARKERS),
            ..part
        }
    }

    /// What the next part costs: the same as such a page of segments.
    #[must_use]
    pub fn cost_of_next_part(&self) -> Cost {
        cost_of_part(self.page)
    }

    /// The title of the meeting, if there is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// For whom the file is read.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// Whether the last part was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.writer.is_none()
    }

    /// The SQL statements that were run and the rows that were read so far.
    #[must_use]
    pub fn used(&self) -> (u64, u64) {
        (self.statements, self.rows)
    }
}

/// What it costs to read a page of segments, and to look up the user before it and the session after
/// it.
fn cost_of_part(segments: u16) -> Cost {
    let rows = u64::from(segments);
    Cost {
        statements: 3,
        rows,
        fields: rows * COLUMNS,
        ..Cost::default()
    }
}

/// The condition that a session has this global id or this external id. None if it is neither.
pub(super) fn condition(id: &str) -> Option<Expr> {
    if let Ok(uuid) = uuid::Uuid::try_parse(id) {
        let external_id = Expr::col((ROOT_TABLE, session::Column::ExternalId));
        return Some(external_id.eq(uuid.to_string()));
    }
    let (name, id) = global_id::decode(id)?;
    let is_session = name == Session::NAME;
    is_session.then(|| Expr::col((ROOT_TABLE, Session::ID)).eq(id))
}

fn not_written(_: std::fmt::Error) -> Error {
    Error::Internal("a transcript could not be written".to_owned())
}
