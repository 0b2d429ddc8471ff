//! Rows for the cases: each function inserts one with what the case names and plain defaults.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseConnection, DbErr, IntoActiveModel,
    prelude::DateTime,
};
use uuid::Uuid;

/// The password of every seeded user.
pub const PASSWORD: &str = "correct horse battery staple";

/// The moment at which every seeded row was made.
pub fn moment() -> DateTime {
    "2026-05-04T09:30:00.123456".parse().unwrap()
}

/// The global id of a row.
pub fn global_id(type_name: &str, id: i32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{type_name}:{id}"))
}

/// The hash of [`PASSWORD`], made once, at the lowest cost.
pub fn password_hash() -> String {
    static HASH: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| bcrypt::hash(PASSWORD, 4).unwrap());
    HASH.clone()
}

/// Inserts rows into one database.
#[derive(Clone, Copy)]
pub struct Seed<'a>(pub &'a DatabaseConnection);

impl Seed<'_> {
    /// A workspace whose name and slug are `slug`.
    pub async fn workspace(self, slug: &str) -> Result<workspace::Model, DbErr> {
        workspace::ActiveModel {
            name: Set(slug.to_owned()),
            slug: Set(slug.to_owned()),
            created_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// A member of a workspace, who signs in with [`PASSWORD`].
    pub async fn user(self, workspace_id: i32, username: &str) -> Result<user::Model, DbErr> {
        user::ActiveModel {
            username: Set(username.to_owned()),
            email: Set(format!("{username}@example.org")),
            password_hash: Set(Some(password_hash())),
            workspace_id: Set(Some(workspace_id)),
            created_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// A draft of a meeting in the workspace of its organizer.
    pub async fn meeting(
        self,
        organizer: &user::Model,
        title: &str,
    ) -> Result<meeting::Model, DbErr> {
        let workspace_id = organizer.workspace_id.ok_or_else(|| {
            DbErr::Custom("an organizer without a workspace cannot have a meeting".into())
        })?;
        meeting::ActiveModel {
            title: Set(title.to_owned()),
            workspace_id: Set(workspace_id),
            organizer_id: Set(organizer.id),
            created_at: Set(Some(moment())),
            updated_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// A task of a meeting, created by its organizer.
    pub async fn task(self, meeting: &meeting::Model, title: &str) -> Result<task::Model, DbErr> {
        task::ActiveModel {
            title: Set(title.to_owned()),
            meeting_id: Set(meeting.id),
            created_by_id: Set(meeting.organizer_id),
            created_at: Set(Some(moment())),
            updated_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// A participant of a meeting.
    pub async fn participant(
        self,
        meeting: &meeting::Model,
        user: &user::Model,
    ) -> Result<participant::Model, DbErr> {
        participant::ActiveModel {
            meeting_id: Set(meeting.id),
            user_id: Set(user.id),
            created_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// The analytics of a meeting.
    pub async fn analytics(self, meeting: &meeting::Model) -> Result<analytics::Model, DbErr> {
        analytics::ActiveModel {
            meeting_id: Set(Some(meeting.id)),
            created_at: Set(Some(moment())),
            updated_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// A session of a user.
    pub async fn session(self, user: &user::Model) -> Result<session::Model, DbErr> {
        session::ActiveModel {
            external_id: Set(Uuid::new_v4().to_string()),
            user_id: Set(Some(user.id)),
            created_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// Links a session to a meeting.
    pub async fn link(
        self,
        meeting: &meeting::Model,
        session: &session::Model,
    ) -> Result<meeting::Model, DbErr> {
        let mut meeting = meeting.clone().into_active_model();
        meeting.session_id = Set(Some(session.external_id.clone()));
        meeting.update(self.0).await
    }

    /// A segment of a session that lasts for a second.
    pub async fn segment(
        self,
        session: &session::Model,
        start_ms: i32,
        text: &str,
    ) -> Result<segment::Model, DbErr> {
        segment::ActiveModel {
            session_id: Set(session.id),
            text: Set(text.to_owned()),
            start_ms: Set(Some(start_ms)),
            end_ms: Set(Some(start_ms + 1000)),
            created_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }

    /// A marker that a user set in a session.
    pub async fn marker(
        self,
        session: &session::Model,
        user: &user::Model,
        content: &str,
    ) -> Result<marker::Model, DbErr> {
        marker::ActiveModel {
            session_id: Set(session.external_id.clone()),
            user_id: Set(user.id),
            kind: Set(marker::Type::Decision),
            content: Set(content.to_owned()),
            created_at: Set(Some(moment())),
            ..Default::default()
        }
        .insert(self.0)
        .await
    }
}
