//! Passwords: what they have to be, and bcrypt, off the async threads, a few at once.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
};

/// The fewest characters of a new password.
const FEWEST_PASSWORD_CHARACTERS: usize = 8;

/// Bcrypt reads no further, so that a longer password is refused rather than cut.
const MOST_PASSWORD_BYTES: usize = 72;

/// How many passwords may wait for each one that is worked on. Who comes when all places are taken
/// is told at once, rather than kept until they give up by themselves.
const WAITING_FOR_EACH: usize = 16;

/// Hashes and checks passwords. Cloning shares the bound on how many at once.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    /// Places for those that are worked on.
    working: Arc<Semaphore>,
    /// Places for all, those that wait included.
    waiting: Arc<Semaphore>,
    /// A hash that no password has, at the cost of the real ones: checking against it takes as
    /// long for a user who is not there as for one who is.
    decoy: Arc<str>,
}

impl Passwords {
    /// Works on at most `at_once` passwords at the same time. `cost` is that of new hashes.
    #[must_use]
    pub fn new(cost: u32, at_once: usize) -> Self {
        Self {
            cost,
            working: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::new(Semaphore::new(at_once * (1 + WAITING_FOR_EACH))),
            decoy: format!("$2b${cost:02}${}", ".".repeat(53)).into(),
        }
    }

    /// Whether `password` is the one behind `hash`; without a hash, after the same time, no.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let fits = password.len() <= MOST_PASSWORD_BYTES;
        let hash = match hash {
            Some(hash) if fits => hash,
            _ => self.decoy.to_string(),
        };
        self.work(move || bcrypt::verify(password, &hash).unwrap_or(false))
            .await
    }

    /// A `$2b$` hash, as other bcrypt programs write too, of a password that [`check_password`] has
    /// accepted.
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
        let _place = self.waiting.try_acquire().map_err(|_| {
            Error::RateLimited(
                "Too many people sign in at the moment. Try again in a few seconds.".to_owned(),
            )
        })?;
        let _permit = self.working.acquire().await;
        spawn_blocking(job)
            .await
            .map_err(|error| Error::Internal(format!("work on a password ended: {error}")))
    }
}

/// Whether a new password can be taken.
///
/// # Errors
///
/// Says what is wrong and what is allowed. The error has no path yet.
pub fn check_password(password: &str) -> Result<(), UserError> {
    let rules = format!(
        "It must have at least {FEWEST_PASSWORD_CHARACTERS} characters and at most \
         {MOST_PASSWORD_BYTES} bytes"
    );
    let (characters, bytes) = (password.chars().count(), password.len());
    let (code, message) = if password.contains('\0') {
        let message = format!("{rules}, and not the character U+0000.");
        (UserErrorCode::Invalid, message)
    } else if characters < FEWEST_PASSWORD_CHARACTERS {
        let message = format!("{rules}; this one has {characters} characters.");
        (UserErrorCode::TooShort, message)
    } else if bytes > MOST_PASSWORD_BYTES {
        let message = format!("{rules}; this one has {bytes} bytes.");
        (UserErrorCode::TooLong, message)
    } else {
        return Ok(());
    };
    Err(UserError::new(code, [], message))
}
