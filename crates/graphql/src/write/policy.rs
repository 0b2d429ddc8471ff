//! Who may do what: one table of permissions, by role and by the user's relationship to the object.
//!
//! The workspace scope is checked earlier: viewers cannot refer to objects that they cannot see.

use entity::user::Role;

use Relationship::{Anyone, Assignee, MeetingOrganizer, Owner};

/// Something that users may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Create meetings, as their organizer.
    CreateMeetings,
    /// Change, schedule, start, complete, cancel and delete a meeting, choose its participants and
    /// request its analyses.
    RunMeeting,
    /// Answer an invitation, join, leave.
    TakePart,
    /// Create tasks, markers and sessions. Everybody may do this.
    Contribute,
    /// Start, complete, reopen and cancel a task.
    ProgressTask,
    /// Change, assign and delete a task.
    ChangeTask,
    /// Start and stop a session, and append segments.
    RunSession,
    /// Correct the segments of a session, import a transcript into it, and delete its segments or the
    /// session itself.
    CorrectSegments,
    /// Change and delete a marker.
    ChangeMarker,
    /// Claim and complete analyses from the queue.
    WorkOnAnalyses,
    /// Manage users, roles and workspace settings.
    Administer,
    /// Change a user's name and address.
    EditProfile,
}

/// A user's relationship to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relationship {
    /// Any relationship, or none.
    Anyone,
    /// They own or created the object, or it is their own account.
    Owner,
    /// The object is assigned to them.
    Assignee,
    /// The object is a meeting that they organize, or belongs to one.
    MeetingOrganizer,
}

impl Permission {
    /// The relationships that give users of a role this permission.
    #[expect(
        clippy::match_same_arms,
        reason = "the table has a line for each permission, even if two lines are alike"
    )]
    pub(crate) const fn relationships(self, role: Role) -> &'static [Relationship] {
        let [member, organizer, admin]: [&[Relationship]; 3] = match self {
            //                       member             organizer                        admin
            Self::CreateMeetings => [&[], &[Anyone], &[Anyone]],
            Self::RunMeeting => [&[], &[MeetingOrganizer], &[Anyone]],
            Self::TakePart => [&[Owner], &[Owner], &[Owner]],
            Self::Contribute => [&[Anyone], &[Anyone], &[Anyone]],
            Self::ProgressTask => [
                &[Owner, Assignee],
                &[Owner, Assignee, MeetingOrganizer],
                &[Anyone],
            ],
            Self::ChangeTask => [&[Owner], &[Owner, MeetingOrganizer], &[Anyone]],
            Self::RunSession => [&[Owner], &[Owner], &[Owner]],
            Self::CorrectSegments => [&[Owner], &[Owner, MeetingOrganizer], &[Anyone]],
            Self::ChangeMarker => [&[Owner], &[Owner], &[Owner]],
            Self::WorkOnAnalyses => [&[], &[], &[Anyone]],
            Self::Administer => [&[], &[], &[Anyone]],
            Self::EditProfile => [&[Owner], &[Owner], &[Anyone]],
        };
        match role {
            Role::Member => member,
            Role::Organizer => organizer,
            Role::Admin => admin,
        }
    }

    /// Who has the permission, as part of a sentence.
    pub(crate) fn holders(self) -> String {
        [
            ("members", Role::Member),
            ("organizers", Role::Organizer),
            ("admins", Role::Admin),
        ]
        .into_iter()
        .filter(|(_, role)| !self.relationships(*role).is_empty())
        .map(|(people, role)| {
            let relationships = self.relationships(role).iter();
            let conditions: Vec<&str> = relationships.filter_map(|it| it.condition()).collect();
            if conditions.is_empty() {
                people.to_owned()
            } else {
                format!("{people} if {}", conditions.join(" or "))
            }
        })
        .collect::<Vec<_>>()
        .join("; ")
    }
}

impl Relationship {
    /// The condition on the user, as part of a sentence.
    const fn condition(self) -> Option<&'static str> {
        match self {
            Anyone => None,
            Owner => Some("the object is their own"),
            Assignee => Some("the object is assigned to them"),
            MeetingOrganizer => Some("they organize the meeting"),
        }
    }
}
