//! The root of what query plans leave to async-graphql: the fields with code behind them, of all
//! objects of a level at once.

use std::{any::Any, sync::Arc};

use async_graphql::{Context, Object};

use super::{
    analytics::Analytics, marker::Marker, meeting::Meeting, participant::Participant,
    segment::Segment, session::Session, task::Task, user::User, workspace::Workspace,
};
use crate::{
    database::model::model,
    error::Error,
    read::{
        level::Rows,
        page::items::Items,
        row::{ModelOf, Row},
    },
};

/// The objects of a level, which are of one type.
pub(crate) struct PartRows(Box<dyn Any + Send + Sync>);

impl PartRows {
    /// The objects of these rows, which are whole.
    pub(crate) fn read<T: Row>(rows: &Rows, picked: &[u32]) -> Result<Self, Error> {
        let objects = picked.iter().map(|&number| {
            let missing = || Error::Internal("there is no such row".into());
            let row = rows.get(number).ok_or_else(missing)?;
            let model = model::<ModelOf<T>>(row)?;
            Ok(Some(T::from(Arc::new(model))))
        });
        let objects = objects.collect::<Result<Vec<Option<T>>, Error>>()?;
        Ok(Self(Box::new(objects)))
    }
}

/// Objects, of which each that fails is null.
type Objects<T> = Option<Items<Option<T>>>;

fn objects<T: Row>(ctx: &Context<'_>) -> Objects<T> {
    let rows: &PartRows = ctx.data_unchecked();
    let objects = rows.0.downcast_ref::<Vec<Option<T>>>()?;
    Some(Items(objects.clone()))
}

/// The root. Each field has the name of the type of its objects.
pub(crate) struct Part;

macro_rules! part {
    ($($name:ident as $text:literal),* $(,)?) => {
        pastey::paste! {
            #[Object]
            impl Part {
                $(
                    #[graphql(name = $text)]
                    async fn [<$name:lower>](&self, ctx: &Context<'_>) -> Objects<$name> {
                        objects(ctx)
                    }
                )*
            }
        }
    };
}

part! {
    Analytics as "Analytics",
    Marker as "Marker",
    Meeting as "Meeting",
    Participant as "Participant",
    Segment as "Segment",
    Session as "Session",
    Task as "Task",
    User as "User",
    Workspace as "Workspace",
}
