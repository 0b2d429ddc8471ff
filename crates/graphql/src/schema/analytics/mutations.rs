//! Mutations of analyses: asking for one. Workers take them from the [queue](super::queue) and hand
//! in [results](super::results).

use async_graphql::InputObject;
use entity::analytics::{self, Status};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Analytics,
    actions::REQUEST_AGAIN,
    lease::{bring, let_go},
};
use crate::{
    read::row::Id,
    schema::meeting::{Meeting, actions::REQUEST_ANALYTICS},
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    write::input::Command,
    write::transaction::{Abort, Transaction},
};

/// The mutations of analyses.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<AnalyticsRequestInput>()];

/// Asks for the analysis of a meeting. One that is waiting or being processed stays so; one that
/// has ended is put back into the queue.
#[derive(InputObject)]
pub(crate) struct AnalyticsRequestInput {
    /// Of which meeting.
    meeting_id: Id<Meeting>,
}

impl Command for AnalyticsRequestInput {
    const NAME: &'static str = "analyticsRequest";

    type Outcome = ObjectOutcome<Analytics>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx
            .lock_for(&REQUEST_ANALYTICS, &self.meeting_id, "meetingId")
            .await?;
        let found = analytics::Entity::find()
            .filter(analytics::Column::MeetingId.eq(meeting.id))
            .one(tx.connection())
            .await?;
        let analytics = match found {
            None => {
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
                    let_go(tx, found.id).await?;
                    bring(tx, &REQUEST_AGAIN, found).await?
                }
            }
        };
        Ok(ObjectOutcome::new(analytics))
    }
}
