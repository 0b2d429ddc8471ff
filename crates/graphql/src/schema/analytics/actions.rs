//! The actions on an analysis: who may perform them, and in which statuses.

use entity::analytics::{
    self,
    Status::{self, Completed, Error, Pending, Processing},
};

use super::Analytics;
use crate::write::{
    action::{Action, Resource, Stakeholders},
    policy::Permission,
};

pub(super) const REQUEST_AGAIN: Action<Analytics> = Action::new(
    "viewerCanRequestAgain",
    "Whether the viewer may request this analysis again now, which puts it back into the queue.",
    Permission::RunMeeting,
)
.from(&[Completed, Error])
.to(Pending);
pub(super) const CLAIM: Action<Analytics> = Action::new(
    "viewerCanClaim",
    "Whether `analyticsClaim` may hand this analysis to the viewer now. An analysis in progress \
     can be claimed only after its current lease has expired.",
    Permission::WorkOnAnalyses,
)
.from(&[Pending, Processing])
.to(Processing);
pub(super) const RENEW: Action<Analytics> = Action::new(
    "viewerCanRenew",
    "Whether the viewer may renew the lease on this analysis now, given its token.",
    Permission::WorkOnAnalyses,
)
.from(&[Processing]);
pub(super) const COMPLETE: Action<Analytics> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may complete this analysis now, given the token of its lease.",
    Permission::WorkOnAnalyses,
)
.from(&[Processing])
.to(Completed);
pub(super) const FAIL: Action<Analytics> = Action::new(
    "viewerCanFail",
    "Whether the viewer may mark this analysis as failed now, given the token of its lease.",
    Permission::WorkOnAnalyses,
)
.from(&[Processing])
.to(Error);

impl Resource for Analytics {
    type State = Status;

    const ACTIONS: &'static [Action<Self>] = &[REQUEST_AGAIN, CLAIM, RENEW, COMPLETE, FAIL];

    fn state(analytics: &analytics::Model) -> Status {
        analytics.analysis_status.unwrap_or_default()
    }

    fn stakeholders(analytics: &analytics::Model) -> Stakeholders {
        Stakeholders::of_meeting(analytics.meeting_id)
    }
}
