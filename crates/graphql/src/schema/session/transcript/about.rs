//! What is known about a transcript beside its segments. Everything is read by the loaders of the
//! request, so the transcripts of many sessions need as many statements as that of one.

use std::sync::Arc;

use entity::{marker, meeting, participant, session};
use futures_util::future::try_join_all;
use sea_orm::ActiveEnum;
use transcript::{About, Marker as MarkerOfFile, OutputFormat};

use super::topics::TopicsOf;
use crate::{
    error::Error,
    read::{
        key::{PageOf, ToOne},
        loader::Loaders,
        order::{OrderBy, OrderDirection},
        page::listed::{Listed, PageSpec},
        relation::{Key, Related},
        row::ModelOf,
    },
    schema::{
        marker::inputs::MarkerOrderField,
        meeting::{self as meetings, Meeting},
        participant::{self as participants, Participant},
        session::{self as sessions, Session, meeting_of},
    },
};

/// How many participants a file names at most.
pub(crate) const MAX_PARTICIPANTS: u16 = 200;

/// How many markers a file has at most.
pub(crate) const MAX_MARKERS: u16 = 500;

/// What a file of this format says about a session.
pub(crate) async fn about(
    loaders: &Loaders,
    session: &Session,
    format: OutputFormat,
) -> Result<About, Error> {
    let language = session.0.language.clone();
    let mut about = About {
        language: language.or_else(|| Some("en".to_owned())),
        ..About::default()
    };
    let has_title = !matches!(format, OutputFormat::WebVtt | OutputFormat::SubRip);
    if !has_title {
        return Ok(about);
    }
    let meeting = meeting(loaders, &session.0).await?;
    about.title = meeting.as_ref().map(|meeting| meeting.title.clone());
    if format == OutputFormat::Text {
        return Ok(about);
    }
    about.markers = markers(loaders, session).await?;
    if let Some(meeting) = meeting {
        let meeting = Meeting(meeting);
        let topics = TopicsOf(meeting.0.id);
        about.chapters = loaders.load_one(topics).await?.unwrap_or_default();
        about.participants = participants(loaders, &meeting).await?;
    }
    Ok(about)
}

/// The meeting that links a session, if the viewer may see it.
pub(crate) async fn meeting(
    loaders: &Loaders,
    session: &session::Model,
) -> Result<Option<Arc<meeting::Model>>, Error> {
    loaders
        .load_one(meeting_of(session.external_id.clone()))
        .await
}

/// The names of the participants, without those who declined. Users of other workspaces have none.
async fn participants(loaders: &Loaders, meeting: &Meeting) -> Result<Vec<String>, Error> {
    let related = meetings::PARTICIPANTS.of(meeting);
    let rows = page(
        loaders,
        related,
        Participant::default_order(),
        MAX_PARTICIPANTS,
    )
    .await?;
    let invited = rows.iter().filter(|row| {
        let status = row.status.unwrap_or_default();
        status != participant::Status::Declined
    });
    let users = invited.map(async |row| {
        let user = participants::USER.by(row.user_id);
        loaders.load_one(ToOne(user)).await
    });
    let users = try_join_all(users).await?.into_iter().flatten();
    Ok(users.map(|user| user.username.clone()).collect())
}

/// The markers, in the order of the recording. Those without a position come first.
async fn markers(loaders: &Loaders, session: &Session) -> Result<Vec<MarkerOfFile>, Error> {
    let order = vec![OrderBy {
        field: MarkerOrderField::Timestamp,
        direction: OrderDirection::Asc,
    }];
    let mut rows = page(loaders, sessions::MARKERS.of(session), order, MAX_MARKERS).await?;
    rows.sort_by_key(|row| row.timestamp);
    let markers = rows.iter().map(|row: &Arc<marker::Model>| MarkerOfFile {
        at_ms: row.timestamp.unwrap_or_default(),
        kind: row.kind.to_value(),
        text: row.content.clone(),
    });
    Ok(markers.collect())
}

/// The first rows of a list.
async fn page<T: Listed, K: Key>(
    loaders: &Loaders,
    related: Option<Related<T, K>>,
    order_by: Vec<OrderBy<T::OrderField>>,
    limit: u16,
) -> Result<Vec<Arc<ModelOf<T>>>, Error> {
    let related =
        related.ok_or_else(|| Error::Internal("the parent of a list has no key".into()))?;
    let page = PageOf {
        related,
        after: None,
        before: None,
        spec: Arc::new(PageSpec {
            filter: None,
            order_by,
            limit,
            backward: false,
        }),
    };
    let page = loaders.load_one(page).await?;
    Ok(page.map(|page| page.rows.clone()).unwrap_or_default())
}
