//! `Query`: where reading begins.

use async_graphql::{Context, ID};

use crate::{
    directive::{cost, page, per_viewer, sized_by_input},
    error::Error,
    read::context::ContextExt,
    read::page::arguments::{DEFAULT_PAGE_SIZE, PageSize},
    read::row::Id,
    scalar::Uuid,
    schema::analytics::Analytics,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::node::Node,
    schema::object::fields,
    schema::search::{MOST_RESULTS, SEARCHED_TYPES, SearchConnection, SearchType},
    schema::session::{BY_EXTERNAL_ID, Session},
    schema::task::Task,
    schema::user::User,
    schema::workspace::Workspace,
};

/// The types with ids: each can take a statement of its own.
const NODE_TYPES: i32 = 9;

/// How many ids `nodes` takes at once.
const MOST_NODES: usize = 100;

/// Where reading begins. Everything is seen from the workspace of the viewer: what is outside of
/// it does not exist here.
#[derive(Clone, Debug, Default)]
pub struct Query;

fields! {
    /// Where reading begins. Everything is seen from the workspace of the viewer: what is outside of
    /// it does not exist here.
    Query;
    columns {}
    required {}
    optional {}
    lists {
        /// The meetings of the workspace.
        meetings: Meeting = MEETINGS(all);
        /// The transcription sessions of the workspace.
        sessions: Session = SESSIONS(all);
        /// The tasks of all meetings of the workspace.
        tasks: Task = TASKS(all);
        /// The users of the workspace.
        users: User = USERS(all);
        /// The moments marked in all sessions of the workspace.
        markers: Marker = MARKERS(all);
        /// The analyses of all meetings of the workspace.
        analytics: Analytics = ANALYTICS(all);
    }
    fields {
        /// Who asks. Null without a bearer token.
        #[graphql(
            directive = cost::apply(Some(1), Some(1)),
            directive = per_viewer::apply()
        )]
        async fn viewer(&self, ctx: &Context<'_>) -> Option<User> {
            let viewer = ctx.viewer().ok()?;
            Some(viewer.user().clone().into())
        }

        /// The workspace of the viewer, if they have one.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn workspace(&self, ctx: &Context<'_>) -> Option<Result<Workspace, Error>> {
            match ctx.viewer() {
                Ok(viewer) => ctx.by_id(viewer.user().workspace_id?).await.transpose(),
                Err(error) => Some(Err(error)),
            }
        }

        /// The object with this global id, whatever its type.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn node(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The global id.")] id: ID,
        ) -> Option<Result<Node, Error>> {
            Node::load(ctx, &id).await.transpose()
        }

        /// The objects with these global ids, in the order of the ids; null where there is none.
        #[graphql(
            directive = cost::apply(Some(NODE_TYPES), None),
            directive = sized_by_input::apply()
        )]
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
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn meeting(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The global id.")] id: Id<Meeting>,
        ) -> Option<Result<Meeting, Error>> {
            ctx.by_id(id.database_id()).await.transpose()
        }

        /// The transcription session with this id or this external id: one of them must be given.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
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
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn task(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The global id.")] id: Id<Task>,
        ) -> Option<Result<Task, Error>> {
            ctx.by_id(id.database_id()).await.transpose()
        }

        /// The user with this id.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn user(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The global id.")] id: Id<User>,
        ) -> Option<Result<User, Error>> {
            ctx.by_id(id.database_id()).await.transpose()
        }

        /// What has this text in its title, description, words or name, in whatever case of the
        /// letters A to Z. By type in the order of `SearchType`, and newest first within a type.
        #[graphql(
            directive = cost::apply(Some(1 + SEARCHED_TYPES), None),
            directive = page::apply(DEFAULT_PAGE_SIZE.into(), MOST_RESULTS, None)
        )]
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
    }
}
