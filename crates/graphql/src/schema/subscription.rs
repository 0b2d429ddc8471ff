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
    directive::cost,
    error::Error,
    read::context::ContextExt,
    read::row::{Id, ModelOf, Row, encode},
    schema::analytics::Analytics,
    schema::descriptions,
    schema::event::{ChangeFilter, ChangeKind, Event, Moment, Topic},
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::participant::Participant,
    schema::segment::Segment,
    schema::session::Session,
    schema::task::Task,
    table::{self, FieldTable, Fields},
    write::rows::not_found,
};

/// The SQL statements of a subscription: one to check that there is what it is about, one to read
/// what happens.
const STATEMENTS: i32 = 2;

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
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn session_transcript(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] session_id: Id<Session>,
        #[graphql(
            desc = "The position of the last event that the client has; what comes after it is \
                    sent. Without it everything is."
        )]
        after: Option<i32>,
    ) -> Result<Next<TranscriptEvent>, Error> {
        match ctx.data_unchecked::<Arc<Moment>>().as_ref() {
            Moment::Event(Event::Segment { position, row }) => Ok(Next::Event(TranscriptEvent {
                position: *position,
                segment: Arc::clone(row).into(),
            })),
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
                Ok(begin(topic, Topic::Transcript { session_id, after }))
            }
        }
    }

    /// Meetings of the viewer's workspace that are created, change, or are deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn meeting_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This meeting alone.")] id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Meeting>>, Error> {
        changed::<Meeting, Meeting>(ctx, id, None).await
    }

    /// Tasks of the viewer's workspace that are created, change, or are deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn task_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This task alone.")] id: Option<Id<Task>>,
        #[graphql(desc = "Tasks of this meeting alone.")] meeting_id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Task>>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Participants of meetings of the viewer's workspace that are invited, change, or are removed.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn participant_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This participant alone.")] id: Option<Id<Participant>>,
        #[graphql(desc = "Participants of this meeting alone.")] meeting_id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Participant>>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Analytics of meetings of the viewer's workspace that are created, change, or are deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn analytics_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "These analytics alone.")] id: Option<Id<Analytics>>,
        #[graphql(desc = "The analytics of this meeting alone.")] meeting_id: Option<Id<Meeting>>,
    ) -> Result<Next<Changed<Analytics>>, Error> {
        changed(ctx, id, meeting_id).await
    }

    /// Markers of sessions of the viewer's workspace that are set, change, or are deleted.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn marker_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This marker alone.")] id: Option<Id<Marker>>,
        #[graphql(desc = "Markers of this session alone.")] session_id: Option<Id<Session>>,
    ) -> Result<Next<Changed<Marker>>, Error> {
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
        let name = T::NAME.to_lower_camel_case();
        IndexMap::from_iter([table::field(&name, field_type, description)])
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        if name == T::NAME.to_lower_camel_case() {
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
) -> Result<Next<Changed<T>>, Error> {
    match ctx.data_unchecked::<Arc<Moment>>().as_ref() {
        Moment::Event(Event::Change(change)) => {
            let row = change.row.clone().map(Arc::downcast::<ModelOf<T>>);
            let object = row.transpose().map_err(|_| misplaced())?;
            Ok(Next::Event(Changed {
                kind: change.kind,
                id: encode(T::NAME, change.row_id).into(),
                object: Fields(ChangedObject(object.map(Into::into))),
            }))
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
            let filter = ChangeFilter {
                subject: T::NAME,
                row_id: id.map(|id| id.database_id()),
                parent_id: parent.map(|id| id.database_id()),
            };
            Ok(begin(topic, Topic::Changes(filter)))
        }
    }
}

/// Refuses an id that leads to nothing which the viewer may see.
async fn must_see<T: Row>(ctx: &Context<'_>, id: &Id<T>) -> Result<(), Error> {
    let object = ctx.by_id::<T>(id.database_id()).await?;
    object.map(drop).ok_or_else(|| not_found(id))
}

/// Says what the subscription is about. There is no event yet, so nothing is resolved further.
fn begin<T>(to: &Mutex<Option<Topic>>, topic: Topic) -> Next<T> {
    *to.lock().unwrap_or_else(PoisonError::into_inner) = Some(topic);
    Next::NothingYet
}

fn misplaced() -> Error {
    Error::Internal("a subscription received an event it is not about".to_owned())
}

/// The value of a root field: an event or, while the subscription begins, nothing yet. In the
/// schema it is the type of the event.
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

/// The same as a part of the schema. It is declared there, and never carried out.
pub(crate) struct Declared;

impl SubscriptionType for Declared {
    fn type_name() -> Cow<'static, str> {
        <Subscription as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = <Subscription as OutputType>::create_type_info(registry);
        // This is the last of the roots, so all types are known.
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
