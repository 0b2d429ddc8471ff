//! Passwords: the rules for new ones, and hashing with bcrypt. Hashing runs outside of the async
//! threads, with a limit on how many passwords are processed at once.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    error::Error,
    error::count::counted,
    error::user_error::{UserError, UserErrorCode},
};

/// The minimum length of a new password, in characters.
const MIN_PASSWORD_CHARACTERS: usize = 8;

/// The maximum length of a password, in bytes. Bcrypt ignores the rest, so longer passwords are
/// rejected instead of cut.
pub(crate) const MAX_PASSWORD_BYTES: usize = 72;

/// How many passwords may wait for each one that is being processed. Requests beyond that are
/// rejected immediately, so that clients need not wait until they time out.
const WAITING_PER_WORKER: usize = 16;

/// Hashes and checks passwords. Clones share one limit on concurrent work.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    /// Permits to hash or check a password.
    working: Arc<Semaphore>,
    /// Permits to wait or work.
    waiting: Arc<Semaphore>,
    /// A hash that no password matches, with the cost of real ones: checking a password takes as
    /// long for an unknown user as for a known one.
    decoy: Arc<str>,
}

impl Passwords {
    /// Processes at most `at_once` passwords concurrently. `cost` is the bcrypt cost of new hashes.
    #[must_use]
    pub fn new(cost: u32, at_once: usize) -> Self {
        Self {
            cost,
            working: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::new(Semaphore::new(at_once * (1 + WAITING_PER_WORKER))),
            decoy: format!("$2b${cost:02}${}", ".".repeat(53)).into(),
        }
    }

    /// Whether `password` matches `hash`. Without a hash, the answer is no, after the same time.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let fits = password.len() <= MAX_PASSWORD_BYTES;
        let hash = match hash {
            Some(hash) if fits => hash,
            _ => self.decoy.to_string(),
        };
        self.work(move || bcrypt::verify(password, &hash).unwrap_or(false))
            .await
    }

    /// The hash of a password that [`check_password`] has accepted. Its format is `$2b$`, which
    /// other bcrypt programs use too.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Error> {
        let cost = self.cost;
        self.work(move || bcrypt::hash(password, cost))
            .await?
            .map_err(|error| Error::Internal(format!("a password cannot be hashed: {error}")))
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _waiting = self.waiting.try_acquire().map_err(|_| {
            Error::RateLimited(
                "Too many sign-ins are in progress. Try again in a few seconds.".to_owned(),
            )
        })?;
        let _working = self.working.acquire().await;
        spawn_blocking(job).await.map_err(|error| {
            Error::Internal(format!(
                "hashing or checking a password was aborted: {error}"
            ))
        })
    }
}

/// Checks that a new password follows the rules.
///
/// # Errors
///
/// If it does not: the message names the rules. The error has no path yet.
pub fn check_password(password: &str) -> Result<(), UserError> {
    let rules = format!(
        "The password must have at least {MIN_PASSWORD_CHARACTERS} characters and at most \
         {MAX_PASSWORD_BYTES} bytes"
    );
    let (characters, bytes) = (password.chars().count(), password.len());
    let (code, message) = if password.contains('\0') {
        let message = format!("{rules}, and must not contain the character U+0000.");
        (UserErrorCode::Invalid, message)
    } else if characters < MIN_PASSWORD_CHARACTERS {
        let message = format!(
            "{rules}; this one has {}.",
            counted(characters, "character")
        );
        (UserErrorCode::TooShort, message)
    } else if bytes > MAX_PASSWORD_BYTES {
        let message = format!("{rules}; this one has {}.", counted(bytes, "byte"));
        (UserErrorCode::TooLong, message)
    } else {
        return Ok(());
    };
    Err(UserError::new(code, [], message))
}
