//! `Node`: any object with a global id.

use async_graphql::{Context, Interface};

use crate::{
    error::Error,
    read::{
        context::ContextExt,
        row::{Row, decode},
    },
    schema::{
        analytics::Analytics, marker::Marker, meeting::Meeting, participant::Participant,
        segment::Segment, session::Session, task::Task, user::User, workspace::Workspace,
    },
};

/// Anything with a global id.
#[derive(Interface)]
#[graphql(
    field(
        name = "id",
        ty = "async_graphql::ID",
        desc = "The global id: opaque, and good for `node`."
    ),
    field(
        name = "database_id",
        ty = "i32",
        desc = "The number of the object in its table."
    )
)]
pub enum Node {
    Analytics(Analytics),
    Marker(Marker),
    Meeting(Meeting),
    Participant(Participant),
    Segment(Segment),
    Session(Session),
    Task(Task),
    User(User),
    Workspace(Workspace),
}

impl Node {
    /// The object with this global id, if the viewer may see it.
    pub(crate) async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, Error> {
        async fn find<T: Row + Into<Node>>(
            ctx: &Context<'_>,
            id: i32,
        ) -> Result<Option<Node>, Error> {
            Ok(ctx.by_id::<T>(id).await?.map(Into::into))
        }
        ctx.viewer()?;
        let Some((name, id)) = decode(id) else {
            return Err(Error::BadUserInput(format!(
                "`{id}` is not an id. Ids are opaque: send one that an `id` field gave."
            )));
        };
        match name.as_str() {
            Analytics::NAME => find::<Analytics>(ctx, id).await,
            Marker::NAME => find::<Marker>(ctx, id).await,
            Meeting::NAME => find::<Meeting>(ctx, id).await,
            Participant::NAME => find::<Participant>(ctx, id).await,
            Segment::NAME => find::<Segment>(ctx, id).await,
            Session::NAME => find::<Session>(ctx, id).await,
            Task::NAME => find::<Task>(ctx, id).await,
            User::NAME => find::<User>(ctx, id).await,
            Workspace::NAME => find::<Workspace>(ctx, id).await,
            _ => Err(Error::BadUserInput(format!(
                "There is no type {name:?} with ids."
            ))),
        }
    }
}
