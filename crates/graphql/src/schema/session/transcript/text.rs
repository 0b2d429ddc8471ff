//! `Session.transcriptText`: a transcript as a file in the answer.

use async_graphql::Context;
use tokio::task::yield_now;
use transcript::Writer;

use super::{TranscriptFormat, about::about, pages};
use crate::{
    database::usage,
    error::Error,
    read::context::{ContextExt, WAITING_BYTES},
    schema::session::Session,
};

/// How many segments a text has at most if the client does not say.
pub(crate) const DEFAULT_SEGMENTS: u16 = 1000;

/// The most segments that a client can request at once.
pub(crate) const MAX_SEGMENTS: u16 = 10_000;

/// How much memory a text may take before it is counted.
const UNCOUNTED_BYTES: usize = 64 * 1024;

/// The number of SQL statements: the segments, and what [`about`] reads.
pub(crate) const STATEMENTS: i32 = 6;

/// The rows other than segments.
pub(crate) const OTHER_ROWS: i32 = 904;

/// The whole transcript of a session, unless it has more than `first` segments.
pub(crate) async fn text(
    ctx: &Context<'_>,
    session: &Session,
    format: TranscriptFormat,
    first: Option<i32>,
) -> Result<String, Error> {
    let limit = limit(first)?;
    if !usage::admits(WAITING_BYTES) {
        return Err(Error::AnswersFull);
    }
    let format = format.into();
    let loaders = ctx.loaders();
    let page = pages::page(loaders, session.0.id, None, limit).await?;
    if page.more {
        return Err(Error::BadUserInput(format!(
            "The transcript has more than {limit} segments. Request more with `first`, at most \
             {MAX_SEGMENTS}, or download it."
        )));
    }
    let about = about(loaders, session, format).await?;
    let mut writer = Writer::new(format, about);
    let mut out = String::new();
    let mut counted = 0;
    let failed = |_| Error::Internal("a text could not be written".into());
    writer.start(&mut out).map_err(failed)?;
    for row in &page.rows {
        writer.cue(&mut out, pages::spoken(row)).map_err(failed)?;
        if out.len() - counted > UNCOUNTED_BYTES {
            if !usage::admits(out.len() - counted) {
                return Err(Error::AnswersFull);
            }
            counted = out.len();
            // Others get a turn, and what takes long moves to the background.
            yield_now().await;
        }
    }
    writer.finish(&mut out).map_err(failed)?;
    if !usage::admits(out.len() - counted) {
        return Err(Error::AnswersFull);
    }
    Ok(out)
}

fn limit(first: Option<i32>) -> Result<u16, Error> {
    let Some(first) = first else {
        return Ok(DEFAULT_SEGMENTS);
    };
    let limit = u16::try_from(first).ok().filter(|it| *it <= MAX_SEGMENTS);
    limit.ok_or_else(|| {
        Error::BadUserInput(format!(
            "`first` is {first}; it must be from 0 to {MAX_SEGMENTS}."
        ))
    })
}
