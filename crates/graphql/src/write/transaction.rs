//! The transaction of a mutation, which also collects problems with the input.

use chrono::{NaiveDateTime, SubsecRound};
use entity::user;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryTrait, Statement, TransactionTrait};

use super::growth::Growth;
use crate::{
    account::viewer::Viewer,
    database::{WriteTransaction, model::model},
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    moment,
    read::context::RequestContext,
    scalar::DateTime,
};

/// Why a mutation is aborted and rolled back.
pub(crate) enum Abort {
    /// The input has problems that the user can fix. The transaction has collected them.
    Rejected,
    /// Any other error.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Abort {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The transaction of a mutation. It has one viewer and one time.
pub(crate) struct Transaction {
    pub(super) connection: WriteTransaction,
    /// Whether it only checks a mutation, so that it locks nothing.
    pub(super) is_check: bool,
    pub(super) viewer: Option<Viewer>,
    pub(super) now: NaiveDateTime,
    /// Whether what is old by this time may be forgotten.
    pub(super) forgets: bool,
    pub(super) problems: Vec<UserError>,
    /// Whether a bulk mutation changes the valid items even if others have problems.
    pub(super) partial: bool,
    pub(super) reservation: Option<Reservation>,
    pub(super) growth: Growth,
}

impl Transaction {
    /// Begins a transaction. The viewer is read again, because their role may have changed, or
    /// their account may have been deactivated, since the request began.
    pub(super) async fn begin(request: &RequestContext) -> Result<Self, Error> {
        let growth = Growth::begin(request, request.viewer.get().ok().as_ref()).await?;
        let database = &request.database;
        let connection = database.retried(|| database.writer.begin());
        Self::on(connection.await?, growth, request).await
    }

    /// Begins a transaction for checks before the one that writes. It writes nothing and locks
    /// nothing, so it waits for no other transaction while it holds a connection for reading.
    pub(super) async fn begin_checking(request: &RequestContext) -> Result<Self, Error> {
        let database = &request.database;
        let connection = database.retried(|| database.reader.begin());
        let tx = Self::on(connection.await?, Growth::default(), request).await?;
        Ok(Self {
            is_check: true,
            ..tx
        })
    }

    async fn on(
        connection: WriteTransaction,
        growth: Growth,
        request: &RequestContext,
    ) -> Result<Self, Error> {
        let viewer = match request.viewer.get() {
            Err(_) => None,
            Ok(viewer) => current(&connection, &viewer).await?,
        };
        Ok(Self {
            connection,
            is_check: false,
            viewer,
            now: request.tokens.now().naive_utc().trunc_subsecs(6),
            forgets: request.tokens.is_clock_trusted(),
            problems: Vec::new(),
            partial: false,
            reservation: None,
            growth,
        })
    }

    /// The connection that all statements run on.
    pub(crate) fn connection(&self) -> &WriteTransaction {
        &self.connection
    }

    /// The user on whose behalf the mutation runs.
    pub(crate) fn viewer(&self) -> Result<&Viewer, Error> {
        self.viewer.as_ref().ok_or(Error::Unauthenticated)
    }

    /// Must be called after a user was changed. If it was the viewer, the rest of the mutation uses
    /// the new row.
    pub(crate) fn viewer_changed(&mut self, user: &user::Model) {
        if self
            .viewer
            .as_ref()
            .is_some_and(|viewer| viewer.user().id == user.id)
        {
            self.viewer = Some(user.clone().into());
        }
    }

    /// The time of the mutation, in UTC with microseconds.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.now
    }

    /// The time of the mutation, but always in a later millisecond than `before`: no two changes of a
    /// row have the same time, even for clients that keep no more than milliseconds, so the time
    /// identifies a version of the row.
    pub(crate) fn now_after(&self, before: Option<NaiveDateTime>) -> NaiveDateTime {
        moment::of_change(self.now, before)
    }

    /// Adds a problem that the user can fix. The mutation is then rolled back as a whole, unless
    /// [`Transaction::ensure_valid_if`] allowed partial success.
    pub(crate) fn add_problem(&mut self, problem: UserError) {
        self.problems.push(problem);
    }

    /// Aborts if there are problems.
    pub(crate) fn ensure_valid(&self) -> Result<(), Abort> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Abort::Rejected)
        }
    }

    /// Aborts if there are problems and the bulk mutation must change all items or none. Otherwise,
    /// the mutation continues with the valid items.
    pub(crate) fn ensure_valid_if(&mut self, all_or_nothing: bool) -> Result<(), Abort> {
        self.partial = !all_or_nothing;
        if all_or_nothing {
            self.ensure_valid()
        } else {
            Ok(())
        }
    }

    /// Adds the problem that a check found, if any. `path` is the part of the input with the
    /// problem.
    pub(crate) fn check<'a>(
        &mut self,
        checked: Result<(), UserError>,
        path: impl IntoIterator<Item = &'a str>,
    ) {
        if let Err(problem) = checked {
            self.add_problem(problem.at(path));
        }
    }

    /// Adds a problem and aborts.
    pub(crate) fn reject<T>(&mut self, problem: UserError) -> Result<T, Abort> {
        self.add_problem(problem);
        Err(Abort::Rejected)
    }

    /// Makes other transactions that lock the same name wait until this one has ended. Used when a
    /// transaction chooses a free name: without the lock, several would choose the same one.
    pub(crate) async fn lock_name(&self, name: &str) -> Result<(), Error> {
        // SQLite has one writer at a time.
        if self.backend() == DbBackend::Postgres && !self.is_check {
            let statement = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT 1 FROM pg_advisory_xact_lock(hashtext($1))",
                [name.into()],
            );
            self.connection.query_one_raw(statement).await?;
        }
        Ok(())
    }

    /// Adds a problem if the row has changed since the user read it. `field` is the input field
    /// with the version that they read.
    pub(crate) fn expect_unchanged(&mut self, is_unchanged: bool, field: &str) {
        if !is_unchanged {
            self.add_problem(UserError::new(
                UserErrorCode::Conflict,
                [field],
                "The object has been changed in the meantime. Refetch it, and repeat the change if \
                 it still makes sense.",
            ));
        }
    }

    /// Adds a problem if the row was last changed at another time than the user saw.
    pub(crate) fn expect_updated_at(
        &mut self,
        seen: Option<DateTime>,
        updated_at: Option<NaiveDateTime>,
    ) {
        // The user saw the stored time as it is shown.
        let updated_at = moment::storable(updated_at.unwrap_or_default());
        // JavaScript's dates have milliseconds, which identify the version as well.
        let is_unchanged =
            seen.is_none_or(|seen| seen.0 == updated_at || seen.0 == in_milliseconds(updated_at));
        self.expect_unchanged(is_unchanged, "expectedUpdatedAt");
    }

    /// The database system: SQLite or PostgreSQL.
    pub(crate) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Reads the viewer again, after waiting for another transaction that may have changed them.
    pub(crate) async fn refresh_viewer(&mut self) -> Result<(), Error> {
        self.viewer = current(&self.connection, self.viewer()?).await?;
        Ok(())
    }
}

/// The time without what is beyond its milliseconds.
fn in_milliseconds(time: NaiveDateTime) -> NaiveDateTime {
    time.trunc_subsecs(3)
}

/// The viewer as stored right now, unless they were deactivated.
async fn current(connection: &WriteTransaction, viewer: &Viewer) -> Result<Option<Viewer>, Error> {
    let select = user::Entity::find_by_id(viewer.user().id).into_query();
    let found = connection.query_one(&select).await?;
    let user = found.as_ref().map(model::<user::Model>).transpose()?;
    Ok(user
        .filter(|user| user.is_active.unwrap_or(true))
        .map(Viewer::from))
}

/// The idempotency key that this transaction has reserved.
pub(super) struct Reservation {
    pub(super) user_id: i32,
    pub(super) mutation: String,
    pub(super) key: String,
}
