//! The body of a download. Each part is read in a task of its own, because the future of a body is not
//! polled while its client does not read, and would keep its place and its connection meanwhile.

use std::{io, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use mina_graphql::{
    Claims, Meter, Payer, TranscriptError, TranscriptFile, TranscriptPart, background,
};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use crate::{
    http::{AppState, graphql::PointsOfCaller, streams::StreamPlace},
    telemetry::{RequestOutcome, RequestRecord},
};

/// How long to wait before a place or memory is requested again.
const PAUSE: Duration = Duration::from_millis(500);

/// A download, with the next part of its file if that is there.
pub struct Download {
    reading: Reading,
    next: Option<TranscriptPart>,
    ended: Ended,
    /// Its place among what clients keep open for as long as they like.
    _stream: StreamPlace,
}

/// What a part is read with.
struct Reading {
    state: AppState,
    claims: Claims,
    points: Arc<PointsOfCaller>,
    /// None while a part is being read.
    file: Option<TranscriptFile>,
    span: Span,
}

/// Records the request when the download ends, however it does.
struct Ended {
    record: Option<RequestRecord>,
    used: (u64, u64),
    outcome: RequestOutcome,
    /// That of the request, whose id is in the log.
    span: Span,
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(record) = &mut self.record {
            let _entered = self.span.enter();
            (record.statements, record.rows) = self.used;
            record.answered(self.outcome, 200);
        }
    }
}

/// The bytes of a part, whose memory counts until they were sent.
struct Counted {
    text: String,
    _meter: Meter,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Download {
    /// A download whose first part is there.
    pub fn new(
        state: &AppState,
        claims: Claims,
        points: Arc<PointsOfCaller>,
        file: TranscriptFile,
        first: Option<TranscriptPart>,
        stream: StreamPlace,
    ) -> Self {
        Self {
            _stream: stream,
            ended: Ended {
                record: None,
                used: file.used(),
                // Unless the end is reached, the client has gone away.
                outcome: RequestOutcome::PartialErrors,
                span: Span::current(),
            },
            reading: Reading {
                state: state.clone(),
                claims,
                points,
                file: Some(file),
                span: Span::current(),
            },
            next: first,
        }
    }

    /// The body of the response.
    pub fn into_body(mut self, record: RequestRecord) -> Body {
        self.ended.record = Some(record);
        let parts = stream::unfold(Some(self), async |download| {
            let mut download = download?;
            match download.next().await {
                Ok(Some(bytes)) => Some((Ok(bytes), Some(download))),
                Ok(None) => {
                    download.ended.outcome = RequestOutcome::Ok;
                    None
                }
                Err(outcome) => {
                    download.ended.outcome = outcome;
                    let message = "the rest of the transcript cannot be read";
                    Some((Err(io::Error::other(message)), None))
                }
            }
        });
        // Compression polls a body once more after its end.
        Body::from_stream(parts.fuse())
    }

    /// The next bytes. None at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, RequestOutcome> {
        loop {
            let part = match self.next.take() {
                Some(part) => Some(part),
                None => self.read().await?,
            };
            if let Some(file) = &self.reading.file {
                self.ended.used = file.used();
            }
            let Some(TranscriptPart { text, meter }) = part else {
                return Ok(None);
            };
            self.reading.points.charge_answer(text.len());
            if !text.is_empty() {
                let counted = Counted {
                    text,
                    _meter: meter,
                };
                return Ok(Some(Bytes::from_owner(counted)));
            }
        }
    }

    async fn read(&mut self) -> Result<Option<TranscriptPart>, RequestOutcome> {
        let file = self.reading.file.as_ref();
        let Some(file) = file.filter(|file| !file.is_complete()) else {
            return Ok(None);
        };
        let points = file.cost_of_next_part().points();
        let paid = self.reading.points.pay(points).await;
        paid.map_err(|_| RequestOutcome::Rejected)?;
        self.reading.read().await
    }
}

impl Reading {
    async fn read(&mut self) -> Result<Option<TranscriptPart>, RequestOutcome> {
        let deadline = Instant::now() + self.state.request_timeout;
        loop {
            match self.read_once().await {
                Err(Failure::Temporary) if Instant::now() < deadline => sleep(PAUSE).await,
                Err(Failure::Temporary) => return Err(RequestOutcome::Overloaded),
                Err(Failure::Final(outcome)) => return Err(outcome),
                Ok(part) => return Ok(part),
            }
        }
    }

    async fn read_once(&mut self) -> Result<Option<TranscriptPart>, Failure> {
        let (state, claims) = (self.state.clone(), self.claims.clone());
        let file = self.file.take();
        let mut file = file.ok_or(Failure::Final(RequestOutcome::Failed))?;
        let party = file.party();
        let reading = async move {
            let engine = &state.engine;
            let part = async {
                let place = state.admission.enter(party).await;
                let _place = place.map_err(|_| Failure::Temporary)?;
                let viewer = engine.authenticate(&claims).await;
                let viewer = viewer.map_err(|_| Failure::Final(RequestOutcome::Rejected))?;
                let part = engine.transcript_part(&viewer, &mut file).await;
                part.map_err(Failure::from)
            };
            (part.await, file)
        };
        let task = tokio::spawn(background::run_all(reading).instrument(self.span.clone()));
        let read = AbortOnDropHandle::new(task).await;
        let (part, file) = read.map_err(|_| Failure::Final(RequestOutcome::Failed))?;
        self.file = Some(file);
        part
    }
}

/// Why a part was not read.
enum Failure {
    Temporary,
    Final(RequestOutcome),
}

impl From<TranscriptError> for Failure {
    fn from(error: TranscriptError) -> Self {
        if error.is_temporary() {
            return Self::Temporary;
        }
        if error.is_gone() {
            return Self::Final(RequestOutcome::PartialErrors);
        }
        // The client cannot be told, but the log has the details.
        drop(error.into_response());
        Self::Final(RequestOutcome::Failed)
    }
}
