//! Idempotency keys, which clients choose so that a retry creates nothing twice.

use async_graphql::InputType;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entity::bookkeeping::idempotency_key;
use heck::ToUpperCamelCase;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};

use super::{
    input::MutationInput,
    limit::Limit,
    text::check_text,
    transaction::{Abort, Reservation, Transaction},
};
use crate::{
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::row::{ModelOf, Row},
};

/// How long a key is kept, at least.
const RETENTION: TimeDelta = TimeDelta::days(7);

/// The input field with the key.
const FIELD: &str = "idempotencyKey";

impl Transaction {
    /// The row that the same mutation created with this key before, if any. Otherwise, reserves the
    /// key for this transaction; others with the same key wait until it has ended.
    pub(crate) async fn created_before<T: Row, M: MutationInput>(
        &mut self,
        input: &M,
        key: Option<&str>,
    ) -> Result<Option<ModelOf<T>>, Abort> {
        let Some(key) = key else { return Ok(None) };
        let key = match check_text(key, Limit::IDEMPOTENCY_KEY) {
            Ok(key) => key,
            Err(problem) => return self.reject(problem.at([FIELD])),
        };
        self.changed_before::<T>(M::NAME, fingerprint(input), key)
            .await
    }

    /// The same for a request that is no mutation of the schema: its name, a hash of what was sent
    /// with the key, and the key, which was checked.
    pub(crate) async fn changed_before<T: Row>(
        &mut self,
        name: &str,
        fingerprint: String,
        key: String,
    ) -> Result<Option<ModelOf<T>>, Abort> {
        let user_id = self.viewer()?.user().id;
        let mutation = stored_name(name);
        self.delete_old_keys(user_id).await?;
        let reservation = Reservation {
            user_id,
            mutation,
            key,
        };
        if self.reserve(&reservation, &fingerprint).await? {
            self.reservation = Some(reservation);
            return Ok(None);
        }
        let id = (user_id, reservation.mutation, reservation.key);
        let known = idempotency_key::Entity::find_by_id(id)
            .one(&self.connection)
            .await?
            .ok_or_else(|| Error::Internal("a reserved key does not exist".to_owned()))?;
        if known.fingerprint != fingerprint {
            return self.reject(UserError::new(
                UserErrorCode::Conflict,
                [FIELD],
                "This key has already been used with other input. Use a new key for a new object.",
            ));
        }
        match self.find::<T>(known.object_id.unwrap_or_default()).await? {
            Some(row) => Ok(Some(row)),
            None => self.reject(UserError::new(
                UserErrorCode::Conflict,
                [FIELD],
                "The object that was created with this key has been deleted.",
            )),
        }
    }

    /// Whether a key was used before, as far as can be told without reserving it.
    pub(crate) async fn is_key_known(&self, name: &str, key: &str) -> Result<bool, Error> {
        let user_id = self.viewer()?.user().id;
        let id = (user_id, stored_name(name), key.to_owned());
        let known = idempotency_key::Entity::find_by_id(id).one(&self.connection);
        let oldest = self.now - RETENTION;
        let is_remembered = |created_at| !self.forgets || created_at >= oldest;
        Ok(known
            .await?
            .is_some_and(|row| is_remembered(row.created_at)))
    }

    /// Deletes the user's keys that are old, unless the clock was set lately: a clock that is wrong must
    /// not forget keys whose retries are still to come.
    async fn delete_old_keys(&self, user_id: i32) -> Result<(), DbErr> {
        if !self.forgets {
            return Ok(());
        }
        idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::UserId.eq(user_id))
            .filter(idempotency_key::Column::CreatedAt.lt(self.now - RETENTION))
            .exec(&self.connection)
            .await
            .map(drop)
    }

    /// Reserves a key. Returns false if it was used before.
    async fn reserve(&self, reservation: &Reservation, fingerprint: &str) -> Result<bool, DbErr> {
        let row = idempotency_key::ActiveModel {
            user_id: Set(reservation.user_id),
            mutation: Set(reservation.mutation.clone()),
            key: Set(reservation.key.clone()),
            fingerprint: Set(fingerprint.to_owned()),
            object_id: NotSet,
            created_at: Set(self.now),
        };
        let inserted = idempotency_key::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.connection)
            .await?;
        Ok(inserted == 1)
    }

    /// Stores the id of the created object under the reserved key, if there is one.
    pub(super) async fn save_key(&mut self, object_id: Option<i32>) -> Result<(), Error> {
        let Some(reserved) = self.reservation.take() else {
            return Ok(());
        };
        let object_id = object_id.ok_or_else(|| {
            Error::Internal("a key was reserved, but nothing was created".to_owned())
        })?;
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

/// A hash of the input, to recognize the same input without storing it.
fn fingerprint(input: &impl InputType) -> String {
    let digest = Sha256::digest(input.to_value().to_string());
    URL_SAFE_NO_PAD.encode(digest)
}

/// The form in which the name of a mutation is stored beside its keys, such as `MeetingCreate`. It
/// must not change: keys that are stored in another form would be forgotten.
fn stored_name(mutation: &str) -> String {
    mutation.to_upper_camel_case()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_stored_as_they_always_were() {
        assert_eq!(super::stored_name("meetingCreate"), "MeetingCreate");
    }
}
