//! `Node`: any object with an ID.

use async_graphql::{Context, Interface};

use crate::{
    error::Error,
    global_id,
    read::{context::ContextExt, row::Row},
    scalar::shown,
    schema::{
        analytics::Analytics, marker::Marker, meeting::Meeting, participant::Participant,
        segment::Segment, session::Session, task::Task, user::User, workspace::Workspace,
    },
};

/// An object with a globally unique ID.
#[derive(Interface)]
#[graphql(
    field(
        name = "id",
        ty = "async_graphql::ID",
        desc = "Globally unique, opaque ID. Can be passed to `node`."
    ),
    field(
        name = "database_id",
        ty = "i32",
        desc = "The database primary key. Prefer `id`."
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
    /// The object with this global ID, if the viewer may see it.
    pub(crate) async fn load(ctx: &Context<'_>, id: &str) -> Result<Option<Self>, Error> {
        async fn find<T: Row + Into<Node>>(
            ctx: &Context<'_>,
            id: i32,
        ) -> Result<Option<Node>, Error> {
            Ok(ctx.by_id::<T>(id).await?.map(Into::into))
        }
        ctx.viewer()?;
        let Some((name, id)) = global_id::decode(id) else {
            return Err(Error::BadUserInput(format!(
                "{} is not an ID. IDs are opaque: send the value of an `id` field.",
                shown(id)
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
                "There is no type {name:?} with IDs."
            ))),
        }
    }
}
