//! `Query`: where reading begins.

use async_graphql::{Context, ID, Object};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::page::arguments::PageSize,
    read::page::lists::{HasLists, List, Lists},
    read::relation::Relation,
    read::row::Id,
    scalar::Uuid,
    schema::analytics::Analytics,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::node::Node,
    schema::search::{SearchConnection, SearchType},
    schema::session::{BY_EXTERNAL_ID, Session},
    schema::task::Task,
    schema::user::User,
    schema::workspace::Workspace,
    table::Fields,
};

/// How many ids `nodes` takes at once.
const MOST_NODES: usize = 100;

/// Where reading begins. Everything is seen from the workspace of the viewer: what is outside of
/// it does not exist here.
#[derive(Clone, Debug, Default)]
pub struct Query;

/// Where reading begins. Everything is seen from the workspace of the viewer: what is outside of
/// it does not exist here.
#[Object]
impl Query {
    /// Who asks. Null without a bearer token.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<User> {
        let viewer = ctx.viewer().ok()?;
        Some(viewer.user().clone().into())
    }

    /// The workspace of the viewer, if they have one.
    async fn workspace(&self, ctx: &Context<'_>) -> Option<Result<Workspace, Error>> {
        match ctx.viewer() {
            Ok(viewer) => ctx.by_id(viewer.user().workspace_id?).await.transpose(),
            Err(error) => Some(Err(error)),
        }
    }

    /// The object with this global id, whatever its type.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Option<Result<Node, Error>> {
        Node::load(ctx, &id).await.transpose()
    }

    /// The objects with these global ids, in the order of the ids; null where there is none.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node, Error>>>, Error> {
        if ids.len() > MOST_NODES {
            return Err(Error::BadUserInput(format!(
                "`ids` has {} ids; it may have at most {MOST_NODES}.",
                ids.len()
            )));
        }
        let loads = ids.iter().map(|id| Node::load(ctx, id));
        let nodes = futures_util::future::join_all(loads).await;
        Ok(nodes.into_iter().map(Result::transpose).collect())
    }

    /// The meeting with this id.
    async fn meeting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: Id<Meeting>,
    ) -> Option<Result<Meeting, Error>> {
        ctx.by_id(id.database_id()).await.transpose()
    }

    /// The transcription session with this id or this external id: one of them must be given.
    async fn session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: Option<Id<Session>>,
        #[graphql(desc = "The UUID by which clients and recorders know it.")] external_id: Option<
            Uuid,
        >,
    ) -> Option<Result<Session, Error>> {
        match (id, external_id) {
            (Some(id), None) => ctx.by_id(id.database_id()).await.transpose(),
            (None, Some(external_id)) => ctx.one(&BY_EXTERNAL_ID, &external_id.0).await,
            _ => Some(Err(Error::BadUserInput(
                "Give one of `id` and `externalId`.".into(),
            ))),
        }
    }

    /// The task with this id.
    async fn task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: Id<Task>,
    ) -> Option<Result<Task, Error>> {
        ctx.by_id(id.database_id()).await.transpose()
    }

    /// The user with this id.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: Id<User>,
    ) -> Option<Result<User, Error>> {
        ctx.by_id(id.database_id()).await.transpose()
    }

    /// What has this text in its title, description, words or name, in whatever case of the
    /// letters A to Z. By type in the order of `SearchType`, and newest first within a type.
    #[expect(
        clippy::too_many_arguments,
        clippy::unused_async,
        reason = "they are the arguments of the field, and async fields own them"
    )]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text to look for, 2 to 200 characters.")] text: String,
        #[graphql(desc = "Only objects of these types. Without it: all.")] types: Option<
            Vec<SearchType>,
        >,
        #[graphql(
            desc = "How many objects to give from the beginning, at most 100. Without `first` and `last` it is 25."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only objects after the one with this cursor.")] after: Option<String>,
        #[graphql(
            desc = "How many objects to give from the end, at most 100. Not together with `first`."
        )]
        last: Option<i32>,
        #[graphql(desc = "Only objects before the one with this cursor.")] before: Option<String>,
    ) -> Result<SearchConnection, Error> {
        ctx.viewer()?;
        SearchConnection::new(
            &text,
            types,
            &PageSize { first, last },
            after.as_deref(),
            before.as_deref(),
        )
    }

    #[graphql(flatten)]
    fn lists(&self) -> Fields<Lists<Self>> {
        Fields(Lists(self.clone()))
    }
}

impl HasLists for Query {
    const TYPE_NAME: &'static str = "Query";
    const LISTS: &'static [List<Self>] = &[
        List::of(&MEETINGS, "meetings", "The meetings of the workspace."),
        List::of(
            &SESSIONS,
            "sessions",
            "The transcription sessions of the workspace.",
        ),
        List::of(
            &TASKS,
            "tasks",
            "The tasks of all meetings of the workspace.",
        ),
        List::of(&USERS, "users", "The people of the workspace."),
        List::of(
            &MARKERS,
            "markers",
            "The moments marked in all sessions of the workspace.",
        ),
        List::of(
            &ANALYTICS,
            "analytics",
            "The analyses of all meetings of the workspace.",
        ),
    ];
}

/// `Query.meetings`.
static MEETINGS: Relation<Query, Meeting> = Relation::all();

/// `Query.sessions`.
static SESSIONS: Relation<Query, Session> = Relation::all();

/// `Query.tasks`.
static TASKS: Relation<Query, Task> = Relation::all();

/// `Query.users`.
static USERS: Relation<Query, User> = Relation::all();

/// `Query.markers`.
static MARKERS: Relation<Query, Marker> = Relation::all();

/// `Query.analytics`.
static ANALYTICS: Relation<Query, Analytics> = Relation::all();
