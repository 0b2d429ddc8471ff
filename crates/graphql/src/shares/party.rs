//! Who work is done for.

use std::net::IpAddr;

/// Who work is done for. Shares are counted for each party, and for the group that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// The server itself: reading the journal, checking logins, commands.
    Server,
    /// A signed-in user.
    User {
        /// The user's database id.
        id: i32,
        /// The workspace of the user, if there is one.
        workspace_id: Option<i32>,
    },
    /// A workspace: work that is done once for several of its users.
    Workspace(i32),
    /// Anonymous clients at an address, if it is known.
    Address(Option<IpAddr>),
}

/// What distinguishes parties. The workspace of a user may not be known yet, so it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Member {
    Server,
    User(i32),
    Workspace(i32),
    Address(Option<IpAddr>),
}

/// Parties that share a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Server,
    Workspace(i32),
    /// A user without a workspace.
    User(i32),
    Anonymous,
}

impl Party {
    /// The party itself, as a key.
    pub(super) fn member(self) -> Member {
        match self {
            Self::Server => Member::Server,
            Self::User { id, .. } => Member::User(id),
            Self::Workspace(id) => Member::Workspace(id),
            Self::Address(address) => Member::Address(address),
        }
    }

    /// The group that the party belongs to.
    pub(super) fn group(self) -> Group {
        match self {
            Self::Server => Group::Server,
            Self::User {
                workspace_id: Some(id),
                ..
            }
            | Self::Workspace(id) => Group::Workspace(id),
            Self::User { id, .. } => Group::User(id),
            Self::Address(_) => Group::Anonymous,
        }
    }
}
