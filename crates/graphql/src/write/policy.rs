//! Who may do what: one table, by role and by how somebody stands to the object.
//!
//! The wall between workspaces comes before it: what a viewer cannot see they cannot name.

use entity::user::Role;

use Relationship::{Anyone, Assignee, MeetingOrganizer, Owner};

/// What somebody may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Create meetings, which are then one's own.
    CreateMeetings,
    /// Change, schedule, start, complete, cancel and delete a meeting, choose its participants,
    /// ask for its analysis.
    RunMeeting,
    /// Answer an invitation, join, leave.
    TakePart,
    /// Create tasks, mark moments, record sessions: what everybody may.
    Contribute,
    /// Start, complete, reopen and cancel a task.
    ProgressTask,
    /// Change, assign and delete a task.
    ChangeTask,
    /// Start, feed and stop a session.
    RunSession,
    /// Correct what a session has heard.
    CorrectSegments,
    /// Change and delete a marker.
    ChangeMarker,
    /// Work through the queue of analyses.
    WorkOnAnalyses,
    /// Manage users, roles and the settings of the workspace.
    Administer,
    /// Change a user's name and address.
    EditProfile,
}

/// How somebody stands to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relationship {
    /// However they stand to it.
    Anyone,
    /// It is theirs: they own it, created it, or are it.
    Owner,
    /// They are to do it.
    Assignee,
    /// It is a meeting that they organize, or of one.
    MeetingOrganizer,
}

impl Permission {
    /// Which standings have the right, by role.
    #[expect(
        clippy::match_same_arms,
        reason = "a table has a line for each right, also where two are alike"
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

    /// Who has the right, as a part of a sentence.
    pub(crate) fn holders(self) -> String {
        [
            ("members", Role::Member),
            ("organizers", Role::Organizer),
            ("admins", Role::Admin),
        ]
        .into_iter()
        .filter(|(_, role)| !self.relationships(*role).is_empty())
        .map(|(people, role)| {
            let relationships = self
                .relationships(role)
                .iter()
                .map(|relationship| relationship.words());
            format!(
                "{people} {}",
                relationships.collect::<Vec<_>>().join(" or ")
            )
            .trim_end()
            .to_owned()
        })
        .collect::<Vec<_>>()
        .join("; ")
    }
}

impl Relationship {
    const fn words(self) -> &'static str {
        match self {
            Anyone => "",
            Owner => "if it is their own",
            Assignee => "if it is assigned to them",
            MeetingOrganizer => "if they organize the meeting",
        }
    }
}
