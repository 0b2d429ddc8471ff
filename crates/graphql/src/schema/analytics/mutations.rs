//! The mutation that requests an analysis. Workers claim analyses from the [queue](super::queue)
//! and complete them with [results](super::results).

use async_graphql::InputObject;
use entity::analytics::{self, Status};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryTrait,
};

use super::{
    Analytics,
    actions::REQUEST_AGAIN,
    lease::{revoke, transition},
};
use crate::{
    database::model::model,
    directive::id_of,
    quota::Stored,
    read::row::Id,
    schema::{
        meeting::{Meeting, actions::REQUEST_ANALYTICS},
        mutation_field::{MutationField, field},
        payload::ObjectOutcome,
    },
    write::{
        input::Command,
        transaction::{Abort, Transaction},
    },
};

/// The mutations that request analyses.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<AnalyticsRequestInput>()];

/// Requests the analysis of a meeting. A pending or processing analysis is left unchanged; a
/// completed or failed one is put back into the queue.
#[derive(InputObject)]
pub(crate) struct AnalyticsRequestInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    meeting_id: Id<Meeting>,
}

impl Command for AnalyticsRequestInput {
    const NAME: &'static str = "analyticsRequest";

    type Outcome = ObjectOutcome<Analytics>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx
            .lock_for(&REQUEST_ANALYTICS, &self.meeting_id, "meetingId")
            .await?;
        let select = analytics::Entity::find()
            .filter(analytics::Column::MeetingId.eq(meeting.id))
            .into_query();
        let found = tx.connection().query_all(&select).await?;
        let found = found.first().map(model::<analytics::Model>).transpose()?;
        let analytics = match found {
            None => {
                tx.grow(Stored::rows(1))?;
                let now = Some(tx.now());
                let analytics = analytics::ActiveModel {
                    meeting_id: Set(Some(meeting.id)),
                    analysis_status: Set(Some(Status::Pending)),
                    created_at: Set(now),
                    updated_at: Set(now),
                    ..Default::default()
                };
                analytics.insert(tx.connection()).await?
            }
            Some(found) => {
                let found = tx.lock::<Analytics>(found.id).await?.unwrap_or(found);
                if REQUEST_AGAIN.obstacle(&found, tx).await?.is_some() {
                    found
                } else {
                    revoke(tx, found.id).await?;
                    transition(tx, &REQUEST_AGAIN, found).await?
                }
            }
        };
        Ok(ObjectOutcome::new(analytics))
    }
}
