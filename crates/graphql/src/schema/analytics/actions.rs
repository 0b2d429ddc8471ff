//! What can be done to an analysis.

use entity::analytics::{
    self,
    Status::{self, Completed, Error, Pending, Processing},
};

use super::Analytics;
use crate::{
    write::action::{Action, Resource, Stakeholders},
    write::policy::Permission,
};

pub(super) const REQUEST_AGAIN: Action<Analytics> = Action::new(
    "viewerCanRequestAgain",
    "Whether the viewer may put it back into the queue now.",
    Permission::RunMeeting,
)
.from(&[Completed, Error])
.to(Pending);
pub(super) const CLAIM: Action<Analytics> = Action::new(
    "viewerCanClaim",
    "Whether the viewer may be given it to work on. One that is being processed is given to \
     somebody else only when the lease of who holds it has ended.",
    Permission::WorkOnAnalyses,
)
.from(&[Pending, Processing])
.to(Processing);
pub(super) const RENEW: Action<Analytics> = Action::new(
    "viewerCanRenew",
    "Whether the viewer may hold it longer, given that they hold it.",
    Permission::WorkOnAnalyses,
)
.from(&[Processing]);
pub(super) const COMPLETE: Action<Analytics> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may hand in the results now, given that they hold it.",
    Permission::WorkOnAnalyses,
)
.from(&[Processing])
.to(Completed);
pub(super) const FAIL: Action<Analytics> = Action::new(
    "viewerCanFail",
    "Whether the viewer may give it up now, given that they hold it.",
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
