//! Keys that clients make, so that a retry creates nothing twice.

use async_graphql::InputType;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entity::bookkeeping::idempotency_key;
use heck::ToUpperCamelCase;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};

use super::{
    input::Mutation,
    text::{Limit, check_text},
    transaction::{Abort, Reservation, Transaction},
};
use crate::{
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::row::{ModelOf, Row},
};

/// How long a key is remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(7);

/// The field of inputs that holds the key.
const FIELD: &str = "idempotencyKey";

impl Transaction {
    /// What the same mutation has created under this key before, if it has. Otherwise the key is
    /// taken for what this one creates; who comes with the same key waits until it has ended.
    pub(crate) async fn created_before<T: Row, M: Mutation>(
        &mut self,
        input: &M,
        key: Option<&str>,
    ) -> Result<Option<ModelOf<T>>, Abort> {
        let Some(key) = key else { return Ok(None) };
        let key = match check_text(key, Limit::name(128)) {
            Ok(key) => key,
            Err(problem) => return self.reject(problem.at([FIELD])),
        };
        let user_id = self.viewer()?.user().id;
        let mutation = M::NAME.to_upper_camel_case();
        let fingerprint = fingerprint(input);
        idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::UserId.eq(user_id))
            .filter(idempotency_key::Column::CreatedAt.lt(self.now - REMEMBERED))
            .exec(&self.connection)
            .await?;
        let row = idempotency_key::ActiveModel {
            user_id: Set(user_id),
            mutation: Set(mutation.clone()),
            key: Set(key.clone()),
            fingerprint: Set(fingerprint.clone()),
            object_id: NotSet,
            created_at: Set(self.now),
        };
        let is_new = idempotency_key::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.connection)
            .await?
            == 1;
        if is_new {
            self.reservation = Some(Reservation {
                user_id,
                mutation,
                key,
            });
            return Ok(None);
        }
        let id = (user_id, mutation, key);
        let known = idempotency_key::Entity::find_by_id(id)
            .one(&self.connection)
            .await?
            .ok_or_else(|| Error::Internal("a key is taken and not there".to_owned()))?;
        if known.fingerprint != fingerprint {
            return self.reject(UserError::new(
                UserErrorCode::Conflict,
                [FIELD],
                "The same key came with other input before. Take a new key for a new object.",
            ));
        }
        match self.find::<T>(known.object_id.unwrap_or_default()).await? {
            Some(row) => Ok(Some(row)),
            None => self.reject(UserError::new(
                UserErrorCode::Conflict,
                [FIELD],
                "What was created under this key has been deleted since.",
            )),
        }
    }

    /// Notes what was created under the key that this transaction has taken, if it has.
    pub(super) async fn keep_key(&mut self, object_id: Option<i32>) -> Result<(), Error> {
        let Some(reserved) = self.reservation.take() else {
            return Ok(());
        };
        let object_id = object_id
            .ok_or_else(|| Error::Internal("a key is taken and nothing created".to_owned()))?;
        let row = idempotency_key::ActiveModel {
            user_id: Set(reserved.user_id),
            mutation: Set(reserved.mutation),
            key: Set(reserved.key),
            object_id: Set(Some(object_id)),
            ..Default::default()
        };
        idempotency_key::Entity::update(row)
            .exec(&self.connection)
            .await?;
        Ok(())
    }
}

/// Tells one input from another without keeping it.
fn fingerprint(input: &impl InputType) -> String {
    let digest = Sha256::digest(input.to_value().to_string());
    URL_SAFE_NO_PAD.encode(digest)
}
