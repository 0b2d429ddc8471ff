//! Creating users.

use entity::user::{self, Role};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::names::{EMAIL, USERNAME};
use crate::{error::Error, write::transaction::Transaction};

/// A user who is about to be created.
pub(super) struct NewUser {
    username: String,
    email: String,
}

impl NewUser {
    /// Checks the username and the email address. Adds a problem for each that is invalid.
    pub(super) async fn check(
        tx: &mut Transaction,
        username: &str,
        email: &str,
    ) -> Result<Self, Error> {
        Ok(Self {
            username: USERNAME.check(tx, username, None).await?,
            email: EMAIL.check(tx, email, None).await?,
        })
    }

    pub(super) async fn insert(
        self,
        tx: &Transaction,
        workspace_id: i32,
        role: Role,
        password_hash: String,
    ) -> Result<user::Model, Error> {
        let user = user::ActiveModel {
            username: Set(self.username),
            email: Set(self.email),
            password_hash: Set(Some(password_hash)),
            workspace_id: Set(Some(workspace_id)),
            role: Set(Some(role)),
            is_active: Set(Some(true)),
            created_at: Set(Some(tx.now())),
            ..Default::default()
        };
        Ok(user.insert(tx.connection()).await?)
    }
}
