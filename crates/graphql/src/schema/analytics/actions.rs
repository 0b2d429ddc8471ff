//! What can be done to an analysis.

use entity::analytics::{
    self,
    Status::{self, Completed, Error, Pending, Processing},
};

use super::Analytics;
use crate::{
    write::action::{Action, Governed, Ties},
    write::policy::Right,
};

pub(super) const REQUEST_AGAIN: Action<Analytics> = Action::new(
    "viewerCanRequestAgain",
    "Whether the viewer may put it back into the queue now.",
    Right::RunMeeting,
)
.from(&[Completed, Error])
.to(Pending);
pub(super) const CLAIM: Action<Analytics> = Action::new(
    "viewerCanClaim",
    "Whether the viewer may be given it to work on. One that is being processed is given to \
     somebody else only when the lease of who holds it has ended.",
    Right::WorkOnAnalyses,
)
.from(&[Pending, Processing])
.to(Processing);
pub(super) const RENEW: Action<Analytics> = Action::new(
    "viewerCanRenew",
    "Whether the viewer may hold it longer, given that they hold it.",
    Right::WorkOnAnalyses,
)
.from(&[Processing]);
pub(super) const COMPLETE: Action<Analytics> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may hand in the results now, given that they hold it.",
    Right::WorkOnAnalyses,
)
.from(&[Processing])
.to(Completed);
pub(super) const FAIL: Action<Analytics> = Action::new(
    "viewerCanFail",
    "Whether the viewer may give it up now, given that they hold it.",
    Right::WorkOnAnalyses,
)
.from(&[Processing])
.to(Error);

impl Governed for Analytics {
    type Stage = Status;

    const ACTIONS: &'static [Action<Self>] = &[REQUEST_AGAIN, CLAIM, RENEW, COMPLETE, FAIL];

    fn stage(analytics: &analytics::Model) -> Status {
        analytics.analysis_status.unwrap_or_default()
    }

    fn ties(analytics: &analytics::Model) -> Ties {
        Ties::of_meeting(analytics.meeting_id)
    }
}
