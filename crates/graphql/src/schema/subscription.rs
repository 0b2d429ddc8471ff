//! `Subscription`: what is told as it happens.
//!
//! A subscription is carried out event by event, as a query whose root is the event. Its root field
//! is resolved once before, to find out what the subscription is about.

use std::{
    borrow::Cow,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    Context, ID, Object, OutputType, Response, ServerResult, SimpleObject, SubscriptionType,
    TypeName, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};
use derive_where::derive_where;
use futures_util::Stream;

use crate::{
    error::Error,
    live::{ChangeKind, Event, Filter, Topic},
    read::context::ContextExt,
    read::row::{Id, ModelOf, Row, encode},
    schema::analytics::Analytics,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::participant::Participant,
    schema::segment::Segment,
    schema::session::Session,
    schema::task::Task,
    table::{self, FieldTable, Fields},
    write::{lower_camel_case, not_found},
};

/// At which moment a root field is resolved.
pub(crate) enum Moment {
    /// When the subscription begins: the field says what it is about.
    Beginning(Mutex<Option<Topic>>),
    /// When something has happened.
    Event(Event),
}

impl Moment {
    /// What the subscription is about, once that has been said.
    pub(crate) fn topic(&self) -> Option<Topic> {
        match self {
            Self::Beginning(topic) => topic.lock().unwrap_or_else(PoisonError::into_inner).take(),
            Self::Event(_) => None,
        }
    }
}

/// What is told as it happens, over WebSocket or as server-sent events. A subscription has one
/// field; it is carried out anew, as a query, for each event.
pub struct Subscription;

/// What is told as it happens, over WebSocket or as server-sent events. A subscription has one
/// field; it is carried out anew, as a query, for each event.
#[Object]
impl Subscription {
    /// The transcript of a session: first what is stored, then what is added or changes. Each
    /// segment comes at its newest position, in its newest version, so that what was replaced
    /// before it could be sent is left out: positions rise, and need not be consecutive.
    async fn session_transcript(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] session_id: Id<Session>,
        #[graphql(
            desc = "The position of the last event that the client has; what comes after it is \
                    sent. Without it everything is."
        )]
        after: Option<i32>,
    ) -> Result<TranscriptEvent, Error> {
        match ctx.data_unchecked::<Arc<Moment>>().as_ref() {
            Moment::Event(Event::Segment { position, row }) => Ok(TranscriptEvent {
                position: *position,
                segment: Arc::clone(row).into(),
            }),
            Moment::Event(Event::Change(_)) => Err(misplaced()),
            Moment::Beginning(topic) => {
                let after = after.unwrap_or_default();
                if after < 0 {
                    return Err(Error::BadUserInput(format!(
                        "`after` is {after}; it must be a position that an event gave, or 0."
                    )));
                }
                must_see(ctx, &session_id).await?;
                let session_id = session_id.database_id();
                Err(begin(topic, Topic::Transcript { session_id, after }))
            }
        }
    }

    /// Meetings of the viewer's workspace that are created, change, or are deleted.
    async fn meeting_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This meeting alone.")] id: Option<Id<Meeting>>,
    ) -> Result<Changed<Meeting>, Error> {
        changed::<Meeting, Meeting>(ctx, id, None).await
    }

    /// Tasks of the viewer's workspace that are created, change, or are deleted.
    async fn task_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This task alone.")] id: Option<Id<Task>>,
        #[graphql(desc = "Tasks of this meeting alone.")] meeting_id: Option<Id<Meeting>>,
    ) -> Result<Changed<Task>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Participants of meetings of the viewer's workspace that are invited, change, or are removed.
    async fn participant_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This participant alone.")] id: Option<Id<Participant>>,
        #[graphql(desc = "Participants of this meeting alone.")] meeting_id: Option<Id<Meeting>>,
    ) -> Result<Changed<Participant>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Analytics of meetings of the viewer's workspace that are created, change, or are deleted.
    async fn analytics_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "These analytics alone.")] id: Option<Id<Analytics>>,
        #[graphql(desc = "The analytics of this meeting alone.")] meeting_id: Option<Id<Meeting>>,
    ) -> Result<Changed<Analytics>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Markers of sessions of the viewer's workspace that are set, change, or are deleted.
    async fn marker_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This marker alone.")] id: Option<Id<Marker>>,
        #[graphql(desc = "Markers of this session alone.")] session_id: Option<Id<Session>>,
    ) -> Result<Changed<Marker>, Error> {
        changed(ctx, id, session_id).await
    }
}

/// A segment that is new, or has changed.
#[derive(SimpleObject)]
struct TranscriptEvent {
    /// Where it stands in the order of changes of the transcript: to be sent as `after` by who
    /// goes on later, on whatever node.
    position: i32,
    /// The segment. All versions of it have the same id; each takes the place of those before.
    segment: Segment,
}

/// That an object was created, has changed, or is gone.
#[derive(SimpleObject)]
#[graphql(name_type)]
struct Changed<T: Row> {
    /// What has happened.
    kind: ChangeKind,
    /// The global id of the object.
    id: ID,
    #[graphql(flatten)]
    object: Fields<ChangedObject<T>>,
}

impl<T: Row> TypeName for Changed<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Change", T::NAME).into()
    }
}

/// The object of a [`Changed`], in a field with the name of its type.
#[derive_where(Default)]
struct ChangedObject<T>(Option<T>);

impl<T: Row> FieldTable for ChangedObject<T> {
    fn name() -> String {
        format!("Changed{}", T::NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        let field_type = <Option<T>>::create_type_info(registry);
        let description = "The object as it is now. Null where it is gone.";
        let name = lower_camel_case(T::NAME);
        IndexMap::from_iter([table::field(&name, field_type, description)])
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        if name == lower_camel_case(T::NAME) {
            Some(table::resolve(ctx, &self.0).await)
        } else {
            None
        }
    }
}

/// Resolves a field that tells of changes of `T`, all of them or those under a parent `P`.
async fn changed<T: Row, P: Row>(
    ctx: &Context<'_>,
    id: Option<Id<T>>,
    parent: Option<Id<P>>,
) -> Result<Changed<T>, Error> {
    match ctx.data_unchecked::<Arc<Moment>>().as_ref() {
        Moment::Event(Event::Change(change)) => {
            let row = change.row.clone().map(Arc::downcast::<ModelOf<T>>);
            let object = row.transpose().map_err(|_| misplaced())?;
            Ok(Changed {
                kind: change.kind,
                id: encode(T::NAME, change.row_id).into(),
                object: Fields(ChangedObject(object.map(Into::into))),
            })
        }
        Moment::Event(Event::Segment { .. }) => Err(misplaced()),
        Moment::Beginning(topic) => {
            ctx.viewer()?;
            if let Some(id) = &id {
                must_see(ctx, id).await?;
            }
            if let Some(parent) = &parent {
                must_see(ctx, parent).await?;
            }
            let filter = Filter {
                subject: T::NAME,
                row_id: id.map(|id| id.database_id()),
                parent_id: parent.map(|id| id.database_id()),
            };
            Err(begin(topic, Topic::Changes(filter)))
        }
    }
}

/// Refuses an id that leads to nothing which the viewer may see.
async fn must_see<T: Row>(ctx: &Context<'_>, id: &Id<T>) -> Result<(), Error> {
    let object = ctx.by_id::<T>(id.database_id()).await?;
    object.map(drop).ok_or_else(|| not_found(id))
}

/// Says what the subscription is about. There is no event yet, hence nothing to resolve further.
fn begin(to: &Mutex<Option<Topic>>, topic: Topic) -> Error {
    *to.lock().unwrap_or_else(PoisonError::into_inner) = Some(topic);
    Error::Internal("nothing has happened yet".to_owned())
}

fn misplaced() -> Error {
    Error::Internal("a subscription was told of what it is not about".to_owned())
}

/// The same as a part of the schema. It is declared there, and never carried out.
pub(crate) struct Declared;

impl SubscriptionType for Declared {
    fn type_name() -> Cow<'static, str> {
        <Subscription as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Subscription as OutputType>::create_type_info(registry)
    }

    fn create_field_stream<'a>(
        &'a self,
        _ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}
