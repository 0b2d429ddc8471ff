//! The owner of imported transcripts, whose workspace can see them.

use entity::{user, workspace};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::command_error::CommandError;

/// The people of an import, all in one workspace.
#[derive(Debug)]
pub struct Owner {
    /// The workspace.
    pub workspace: workspace::Model,
    /// The owner of the sessions.
    pub user: user::Model,
    /// The organizer of the meetings, if any are created.
    pub organizer: user::Model,
}

/// Why a transcript cannot have this owner.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// Neither a user nor an organizer was given.
    #[error("a transcript needs an owner: without one, nobody could see it")]
    Nobody,
    /// There is no such workspace.
    #[error("there is no workspace {slug}")]
    NoWorkspace {
        /// The slug that was given.
        slug: String,
    },
    /// There is no such user.
    #[error("there is no user with the username or email address {login}")]
    NoUser {
        /// The username or email address that was given.
        login: String,
    },
    /// The user is not in any workspace.
    #[error("the user {login} is not in any workspace, so nobody could see the transcript")]
    WithoutWorkspace {
        /// The user.
        login: String,
    },
    /// The user is in another workspace.
    #[error("the user {login} is not in the workspace {slug}")]
    OtherWorkspace {
        /// The user.
        login: String,
        /// The workspace of the import.
        slug: String,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl CommandError for OwnerError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Nobody => {
                "name a user with --user, or with --organizer together with --meeting; \
                 everybody in their workspace sees the transcript"
            }
            Self::NoWorkspace { .. } => {
                "leave out --workspace to use the workspace of the organizer, or create one with \
                 `mina user create --workspace SLUG --workspace-name NAME …`"
            }
            Self::NoUser { .. } => "create the user with `mina user create`",
            Self::WithoutWorkspace { .. } => "choose a user who is in a workspace",
            Self::OtherWorkspace { .. } => {
                "organizer, user and workspace of an import must belong together"
            }
            Self::Database(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Owner {
    /// Finds the people by their username or email address, and the workspace by its slug.
    ///
    /// The user defaults to the organizer, the organizer to the user, and the workspace to the
    /// organizer's.
    ///
    /// # Errors
    /// If nobody is given, if one of them does not exist, or if they are not in one workspace.
    pub async fn find(
        database: &impl ConnectionTrait,
        slug: Option<&str>,
        user: Option<&str>,
        organizer: Option<&str>,
    ) -> Result<Self, OwnerError> {
        let (Some(user_login), Some(organizer_login)) = (user.or(organizer), organizer.or(user))
        else {
            return Err(OwnerError::Nobody);
        };
        let organizer = find_user(database, organizer_login).await?;
        let user = find_user(database, user_login).await?;
        let workspace = match (slug, organizer.workspace_id) {
            (Some(slug), _) => workspace::Entity::find()
                .filter(workspace::Column::Slug.eq(slug))
                .one(database)
                .await?
                .ok_or_else(|| OwnerError::NoWorkspace {
                    slug: slug.to_owned(),
                })?,
            (None, Some(id)) => workspace::Entity::find_by_id(id)
                .one(database)
                .await?
                .ok_or_else(|| DbErr::RecordNotFound(format!("the workspace with id {id}")))?,
            (None, None) => {
                return Err(OwnerError::WithoutWorkspace {
                    login: organizer_login.to_owned(),
                });
            }
        };
        for (person, login) in [(&organizer, organizer_login), (&user, user_login)] {
            if person.workspace_id != Some(workspace.id) {
                return Err(OwnerError::OtherWorkspace {
                    login: login.to_owned(),
                    slug: workspace.slug,
                });
            }
        }
        Ok(Self {
            workspace,
            user,
            organizer,
        })
    }
}

/// Finds a user as `signIn` does: by username, or else by email address.
async fn find_user(
    database: &impl ConnectionTrait,
    login: &str,
) -> Result<user::Model, OwnerError> {
    user::by_login(login)
        .one(database)
        .await?
        .ok_or_else(|| OwnerError::NoUser {
            login: login.to_owned(),
        })
}
