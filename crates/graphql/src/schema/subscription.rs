//! `Subscription`: the root of all subscriptions.
//!
//! A subscription is executed once per event, as a query whose root is the event. Before that, its
//! root field is resolved once to find out what it subscribes to.

use std::{
    borrow::Cow,
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    Context, ContextSelectionSet, ID, Object, OutputType, Positioned, Response, ServerResult,
    SimpleObject, SubscriptionType, TypeName, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, Registry},
};
use derive_where::derive_where;
use futures_util::Stream;
use heck::ToLowerCamelCase;

use crate::{
    directive::{cost, id_of},
    error::Error,
    global_id,
    read::columns::has_large,
    read::context::ContextExt,
    read::row::{Id, ModelOf, Row},
    schema::analytics::Analytics,
    schema::descriptions,
    schema::event::{ChangeFilter, ChangeKind, Event, Moment, RowChange, Topic},
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::participant::Participant,
    schema::segment::Segment,
    schema::session::Session,
    schema::task::Task,
    table::{self, FieldTable, Fields},
    write::rows::not_found,
};

/// The number of SQL statements of a subscription: one to check that its subject exists, and one to
/// read the rows of an event.
const STATEMENTS: i32 = 2;

/// The number of SQL statements of a subscription to a transcript, which also reads the position of
/// the transcript's latest event when it begins.
const TRANSCRIPT_STATEMENTS: i32 = STATEMENTS + 1;

/// The root of all subscriptions, which run over WebSocket or server-sent events. A subscription
/// selects exactly one field, whose selection is executed as a query for each event.
pub struct Subscription;

/// The root of all subscriptions, which run over WebSocket or server-sent events. A subscription
/// selects exactly one field, whose selection is executed as a query for each event.
#[Object]
impl Subscription {
    /// Streams the transcript of a session: first the stored segments, then those that are added,
    /// changed or deleted. Each segment is sent in its latest version. Versions replaced before they
    /// could be sent are skipped, so positions increase but are not always consecutive. If the session
    /// is deleted, the subscription ends with `NOT_FOUND`.
    #[graphql(directive = cost::apply(Some(TRANSCRIPT_STATEMENTS), Some(1)))]
    async fn session_transcript(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the session.", directive = id_of::apply(Id::<Session>::of()))]
        session_id: Id<Session>,
        #[graphql(
            desc = "The position of the last event the client has received. Only later events \
                    are sent. If omitted, the whole transcript is sent. Deletions are remembered \
                    for a week: after a longer break, drop the transcript and omit this."
        )]
        after: Option<i32>,
    ) -> Result<Next<TranscriptEvent>, Error> {
        match ctx.data_unchecked::<Arc<Moment>>().as_ref() {
            Moment::Event(Event::Segment {
                position,
                is_deleted,
                row,
            }) => Ok(Next::Event(TranscriptEvent {
                position: *position,
                is_deleted: *is_deleted,
                segment: Arc::clone(row).into(),
            })),
            Moment::Event(Event::Change(_)) => Err(unexpected_event()),
            Moment::Beginning(topic) => {
                let after = after.unwrap_or_default();
                if after < 0 {
                    return Err(Error::BadUserInput(format!(
                        "`after` is {after}; it must be 0 or the `position` of an event."
                    )));
                }
                check_visible(ctx, &session_id).await?;
                let session_id = session_id.database_id();
                Ok(begin(topic, Topic::Transcript { session_id, after }))
            }
        }
    }

    /// Sends an event whenever a meeting in the viewer's workspace is created, updated or deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn meeting_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the meeting with this ID.", directive = id_of::apply(Id::<Meeting>::of()))]
        id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Meeting>>, Error> {
        changed::<Meeting, Meeting>(ctx, id, None).await
    }

    /// Sends an event whenever a task in the viewer's workspace is created, updated or deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn task_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the task with this ID.", directive = id_of::apply(Id::<Task>::of()))]
        id: Option<Id<Task>>,
        #[graphql(desc = "Only tasks of the meeting with this ID.", directive = id_of::apply(Id::<Meeting>::of()))]
        meeting_id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Task>>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Sends an event whenever a participant of a meeting in the viewer's workspace is invited,
    /// updated or removed.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn participant_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the participant with this ID.", directive = id_of::apply(Id::<Participant>::of()))]
        id: Option<Id<Participant>>,
        #[graphql(desc = "Only participants of the meeting with this ID.", directive = id_of::apply(Id::<Meeting>::of()))]
        meeting_id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Participant>>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Sends an event whenever an analysis in the viewer's workspace is created, updated or
    /// deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn analytics_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the analysis with this ID.", directive = id_of::apply(Id::<Analytics>::of()))]
        id: Option<Id<Analytics>>,
        #[graphql(desc = "Only the analysis of the meeting with this ID.", directive = id_of::apply(Id::<Meeting>::of()))]
        meeting_id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Analytics>>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Sends an event whenever a marker in the viewer's workspace is created, updated or deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn marker_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the marker with this ID.", directive = id_of::apply(Id::<Marker>::of()))]
        id: Option<Id<Marker>>,
        #[graphql(desc = "Only markers of the session with this ID.", directive = id_of::apply(Id::<Session>::of()))]
        session_id: Option<Id<Session>>,
    ) -> Result<Next<Changed<Marker>>, Error> {
        changed(ctx, id, session_id).await
    }
}

/// A segment that was added, changed or deleted.
#[derive(SimpleObject)]
struct TranscriptEvent {
    /// The position of the event in the transcript's history of changes. To resume later, on any
    /// server, send the position of the last event as `after`.
    position: i32,
    /// Whether the segment was deleted, so that clients no longer show it.
    is_deleted: bool,
    /// The segment. All versions of a segment have the same ID, and each replaces the earlier ones. A
    /// deleted segment has only its ID and its session; its text is empty.
    segment: Segment,
}

/// A change to an object: created, updated or deleted.
#[derive(SimpleObject)]
#[graphql(name_type)]
struct Changed<T: Row> {
    /// What happened to the object.
    kind: ChangeKind,
    /// The ID of the object that changed. The change itself has no ID, so clients do not keep it in
    /// place of the object.
    object_id: ID,
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
struct ChangedObject<T> {
    change: Option<RowChange>,
    of: PhantomData<fn() -> T>,
}

impl<T: Row> ChangedObject<T> {
    /// The object, unless it was deleted. Events have no long values that can be left out, so the
    /// row is read again if such a value is selected.
    async fn load(&self, ctx: &Context<'_>) -> Result<Option<T>, Error> {
        let change = self.change.as_ref();
        let Some((id, row)) = change.and_then(|it| Some((it.row_id, it.row.clone()?))) else {
            return Ok(None);
        };
        if has_large::<T>(&ctx.request().large) {
            return ctx.by_id::<T>(id).await;
        }
        let row = row.downcast::<ModelOf<T>>();
        Ok(Some(row.map_err(|_| unexpected_event())?.into()))
    }
}

impl<T: Row> FieldTable for ChangedObject<T> {
    fn name() -> String {
        format!("Changed{}", T::NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        let field_type = <Option<T>>::create_type_info(registry);
        let description = "The object as it is now. Null if it was deleted.";
        let name = T::NAME.to_lower_camel_case();
        IndexMap::from_iter([table::field(&name, field_type, description)])
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        if name == T::NAME.to_lower_camel_case() {
            let object = self.load(ctx).await.transpose();
            Some(table::resolve(ctx, &object).await)
        } else {
            None
        }
    }
}

/// Resolves a field that streams the changes to objects of type `T`, to all of them or only to
/// those of a parent `P`.
async fn changed<T: Row, P: Row>(
    ctx: &Context<'_>,
    id: Option<Id<T>>,
    parent: Option<Id<P>>,
) -> Result<Next<Changed<T>>, Error> {
    match ctx.data_unchecked::<Arc<Moment>>().as_ref() {
        Moment::Event(Event::Change(change)) => Ok(Next::Event(Changed {
            kind: change.kind,
            object_id: global_id::encode(T::NAME, change.row_id).into(),
            object: Fields(ChangedObject {
                change: Some(change.clone()),
                of: PhantomData,
            }),
        })),
        Moment::Event(Event::Segment { .. }) => Err(unexpected_event()),
        Moment::Beginning(topic) => {
            ctx.viewer()?;
            if let Some(id) = &id {
                check_visible(ctx, id).await?;
            }
            if let Some(parent) = &parent {
                check_visible(ctx, parent).await?;
            }
            let filter = ChangeFilter {
                subject: T::NAME,
                row_id: id.map(|id| id.database_id()),
                parent_id: parent.map(|id| id.database_id()),
            };
            Ok(begin(topic, Topic::Changes(filter)))
        }
    }
}

/// Rejects an ID without an object that the viewer may see.
async fn check_visible<T: Row>(ctx: &Context<'_>, id: &Id<T>) -> Result<(), Error> {
    let object = ctx.by_id::<T>(id.database_id()).await?;
    object.map(drop).ok_or_else(|| not_found(id))
}

/// Records what the subscription is about. There is no event yet, so nothing below the field is
/// resolved.
fn begin<T>(to: &Mutex<Option<Topic>>, topic: Topic) -> Next<T> {
    *to.lock().unwrap_or_else(PoisonError::into_inner) = Some(topic);
    Next::NothingYet
}

fn unexpected_event() -> Error {
    Error::Internal("a subscription received an event it is not about".to_owned())
}

/// The value of a root field: an event or, while the subscription starts, nothing yet. Its type in
/// the schema is that of the event.
enum Next<T> {
    NothingYet,
    Event(T),
}

impl<T: OutputType> OutputType for Next<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match self {
            Self::NothingYet => Ok(Value::Null),
            Self::Event(event) => event.resolve(ctx, field).await,
        }
    }
}

/// The subscription root of the schema. This type only declares the fields; its stream is never
/// used.
pub(crate) struct SubscriptionRoot;

impl SubscriptionType for SubscriptionRoot {
    fn type_name() -> Cow<'static, str> {
        <Subscription as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = <Subscription as OutputType>::create_type_info(registry);
        // This is the last root to be declared, so all types are registered.
        descriptions::complete(registry);
        name
    }

    fn create_field_stream<'a>(
        &'a self,
        _ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}
