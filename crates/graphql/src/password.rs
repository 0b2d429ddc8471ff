//! Passwords: bcrypt, off the async threads, a few at once.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Bcrypt reads no further, so that a longer password is refused rather than cut.
pub const MOST_PASSWORD_BYTES: usize = 72;

/// Hashes and checks passwords. Cloning shares the bound on how many at once.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// A hash that no password has, at the cost of the real ones: checking against it takes as
    /// long for a user who is not there as for one who is.
    decoy: Arc<str>,
}

impl Passwords {
    /// Works on at most `at_once` passwords at the same time. `cost` is that of new hashes.
    #[must_use]
    pub fn new(cost: u32, at_once: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(at_once)),
            decoy: format!("$2b${cost:02}${}", ".".repeat(53)).into(),
        }
    }

    /// Whether `password` is the one behind `hash`; without a hash, after the same time, no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> bool {
        let Ok(_permit) = self.permits.acquire().await else {
            return false;
        };
        let fits = password.len() <= MOST_PASSWORD_BYTES;
        let hash = match hash {
            Some(hash) if fits => hash,
            _ => self.decoy.to_string(),
        };
        tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false))
            .await
            .unwrap_or(false)
    }
}
