//! Finds the segments being spoken at markers, for all markers of a level at once.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{marker, segment, session};
use sea_orm::{
    ExprTrait, Order,
    sea_query::{Asterisk, Expr, Query},
};
use serde_json::json;

use crate::{
    error::Error,
    read::filter::ROOT_TABLE,
    read::loader::RowLoader,
    read::parents::{Parents, json_value},
    read::select::batched,
    read::source::visible_rows,
    schema::segment::Segment,
};

/// A moment in a recording, as the key of the segment being spoken then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SegmentAt {
    session: String,
    timestamp: i32,
}

impl SegmentAt {
    /// The moment of a marker, if the marker has a position.
    pub(super) fn of(marker: &marker::Model) -> Option<Self> {
        Some(Self {
            session: marker.session_id.clone(),
            timestamp: marker.timestamp?,
        })
    }
}

impl Loader<SegmentAt> for RowLoader {
    type Value = Arc<segment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[SegmentAt]) -> Result<HashMap<SegmentAt, Self::Value>, Error> {
        let session = Query::select()
            .column(("at_session", session::Column::Id))
            .from_as(session::Entity, "at_session")
            .and_where(
                Expr::col(("at_session", session::Column::ExternalId)).eq(json_value(1, "text")),
            )
            .take();
        let start = Expr::col((ROOT_TABLE, segment::Column::StartMs));
        let latest = visible_rows::<Segment>(&self.viewer()?)
            .column((ROOT_TABLE, Asterisk))
            .and_where(
                Expr::col((ROOT_TABLE, segment::Column::SessionId))
                    .eq(Expr::SubQuery(None, Box::new(session.into()))),
            )
            .and_where(start.clone().lte(json_value(2, "integer")))
            .order_by_expr(start, Order::Desc)
            .order_by((ROOT_TABLE, segment::Column::Id), Order::Desc)
            .limit(1)
            .take();
        let parents = Parents::with_values(
            keys.iter()
                .map(|key| [json!(key.session), json!(key.timestamp)]),
        );
        let statement = batched::<Segment>(parents, latest, self.columns(), self.backend());
        let rows = self.indexed::<Segment>(&statement).await?;
        Ok(rows
            .into_iter()
            .filter_map(|(index, row)| Some((keys.get(index)?.clone(), row)))
            .collect())
    }
}
