//! `Query`: the root of all queries.

use async_graphql::{Context, ID};

use crate::{
    directive::{cost, id_of, page, per_viewer, searches, sized_by_input},
    error::Error,
    read::argument::Argument,
    read::context::ContextExt,
    read::page::arguments::{DEFAULT_PAGE_SIZE, PageSize},
    read::row::{Id, Row},
    scalar::Uuid,
    schema::analytics::Analytics,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::node::Node,
    schema::object::fields,
    schema::search::{MAX_RESULTS, ROWS_PER_RESULT, SearchConnection, SearchType, searched_types},
    schema::session::{BY_EXTERNAL_ID, Session, inputs::SessionBy},
    schema::task::Task,
    schema::user::User,
    schema::workspace::Workspace,
};

/// The number of types with IDs. Each can require a statement of its own.
const NODE_TYPES: i32 = 9;

/// An entry of `nodes`, whose error affects no other entry.
type NullableNode = Option<Result<Node, Error>>;

/// The maximum number of IDs in one call of `nodes`.
const MAX_NODES: usize = 100;

/// The root of all queries. Only data of the viewer's workspace is visible.
#[derive(Clone, Debug, Default)]
pub struct Query;

fields! {
    /// The root of all queries. Only data of the viewer's workspace is visible.
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
        /// The markers of all sessions of the workspace.
        markers: Marker = MARKERS(all);
        /// The analyses of all meetings of the workspace.
        analytics: Analytics = ANALYTICS(all);
    }
    fields {
        /// The signed-in user. Null for anonymous requests.
        #[graphql(
            directive = cost::apply(Some(1), Some(1)),
            directive = per_viewer::apply()
        )]
        async fn viewer(&self, ctx: &Context<'_>) -> Option<User> {
            let viewer = ctx.viewer().ok()?;
            Some(viewer.user().clone().into())
        }

        /// The viewer's workspace. Null if the viewer has none.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn workspace(&self, ctx: &Context<'_>) -> Option<Result<Workspace, Error>> {
            match ctx.viewer() {
                Ok(viewer) => ctx.by_id(viewer.user().workspace_id?).await.transpose(),
                Err(error) => Some(Err(error)),
            }
        }

        /// The object with this ID, whatever its type. Null if there is none in the viewer's
        /// workspace.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn node(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The ID of the object.")] id: Argument<ID>,
        ) -> Option<Result<Node, Error>> {
            match id.valid() {
                Ok(id) => Node::load(ctx, &id).await.transpose(),
                Err(error) => Some(Err(error)),
            }
        }

        /// The objects with these IDs, in the order of the IDs. An entry is null if there is no
        /// such object in the viewer's workspace.
        #[graphql(
            directive = cost::apply(Some(NODE_TYPES), None),
            directive = sized_by_input::apply(None, None)
        )]
        async fn nodes(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The IDs of the objects. At most 100.")] ids: Argument<Vec<ID>>,
        ) -> Option<Result<Vec<NullableNode>, Error>> {
            let ids = match ids.valid() {
                Ok(ids) => ids,
                Err(error) => return Some(Err(error)),
            };
            if ids.len() > MAX_NODES {
                return Some(Err(Error::BadUserInput(format!(
                    "`ids` has {} IDs; at most {MAX_NODES} are allowed.",
                    ids.len()
                ))));
            }
            let loads = ids.iter().map(|id| Node::load(ctx, id));
            let nodes = futures_util::future::join_all(loads).await;
            Some(Ok(nodes.into_iter().map(Result::transpose).collect()))
        }

        /// The meeting with this ID. Null if there is none in the viewer's workspace.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn meeting(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The ID of the meeting.", directive = id_of::apply(Id::<Meeting>::of()))] id: Argument<Id<Meeting>>,
        ) -> Option<Result<Meeting, Error>> {
            by_id(ctx, id).await.transpose()
        }

        /// The transcription session with this ID or external ID, of which exactly one must be given.
        /// Null if there is no such session in the viewer's workspace.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn session(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "What identifies the session.")] by: Option<Argument<SessionBy>>,
            #[graphql(
                desc = "The ID of the session.",
                directive = id_of::apply(Id::<Session>::of()),
                deprecation = "Use `by: { id }`."
            )]
            id: Option<Argument<Id<Session>>>,
            #[graphql(
                desc = "The session's UUID, which clients and recorders use to identify it.",
                deprecation = "Use `by: { externalId }`."
            )]
            external_id: Option<Uuid>,
        ) -> Option<Result<Session, Error>> {
            if let Err(error) = ctx.viewer() {
                return Some(Err(error));
            }
            let by = match (by, id, external_id) {
                (Some(by), None, None) => by.valid(),
                (None, Some(id), None) => id.valid().map(SessionBy::Id),
                (None, None, Some(external_id)) => Ok(SessionBy::ExternalId(external_id)),
                _ => Err(Error::BadUserInput(
                    "Give `by` alone, or exactly one of `id` and `externalId`.".into(),
                )),
            };
            match by {
                Ok(SessionBy::Id(id)) => by_valid_id(ctx, &id).await.transpose(),
                Ok(SessionBy::ExternalId(id)) => ctx.one(&BY_EXTERNAL_ID, &id.0).await,
                Err(error) => Some(Err(error)),
            }
        }

        /// The task with this ID. Null if there is none in the viewer's workspace.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn task(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The ID of the task.", directive = id_of::apply(Id::<Task>::of()))] id: Argument<Id<Task>>,
        ) -> Option<Result<Task, Error>> {
            by_id(ctx, id).await.transpose()
        }

        /// The user with this ID. Null if there is none in the viewer's workspace.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn user(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The ID of the user.", directive = id_of::apply(Id::<User>::of()))] id: Argument<Id<User>>,
        ) -> Option<Result<User, Error>> {
            by_id(ctx, id).await.transpose()
        }

        /// Finds text in titles, descriptions, markers, transcripts, usernames and email addresses,
        /// ignoring ASCII case. Results are grouped by type (meetings, tasks, markers, segments,
        /// users) and newest first within each type.
        #[graphql(
            directive = cost::apply(Some(1 + searched_types()), None),
            directive = page::apply(
                DEFAULT_PAGE_SIZE.into(), MAX_RESULTS, None, None, None, Some(ROWS_PER_RESULT)
            ),
            directive = searches::apply("types".to_owned(), searched_types())
        )]
        #[expect(
            clippy::too_many_arguments,
            reason = "GraphQL arguments of the field, which async fields own"
        )]
        async fn search(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The text to find, 2 to 200 characters.")] text: String,
            #[graphql(desc = "Only objects of these types. Default: all types.")]
            types: Option<Vec<SearchType>>,
            #[graphql(desc = "How many objects to return, from the start of the list.")]
            first: Option<i32>,
            #[graphql(desc = "Only objects after the one with this cursor.")]
            after: Option<String>,
            #[graphql(desc = "How many objects to return, from the end of the list.")]
            last: Option<i32>,
            #[graphql(desc = "Only objects before the one with this cursor.")]
            before: Option<String>,
        ) -> Option<Result<SearchConnection, Error>> {
            Some(ctx.viewer().and_then(|_| {
                SearchConnection::new(
                    &text,
                    types,
                    &PageSize { first, last },
                    after.as_deref(),
                    before.as_deref(),
                )
            }))
        }
    }
}

/// The object with this id, if the viewer may see it.
async fn by_id<T: Row>(ctx: &Context<'_>, id: Argument<Id<T>>) -> Result<Option<T>, Error> {
    ctx.viewer()?;
    by_valid_id(ctx, &id.valid()?).await
}

async fn by_valid_id<T: Row>(ctx: &Context<'_>, id: &Id<T>) -> Result<Option<T>, Error> {
    ctx.by_id(id.database_id()).await
}

#[cfg(test)]
mod tests {
    use super::NODE_TYPES;

    #[test]
    fn all_types_with_ids_are_counted() {
        let types = crate::sdl().matches(" implements Node ").count();
        assert_eq!(i32::try_from(types), Ok(NODE_TYPES));
    }
}
