//! Passwords: the rules for new ones, and hashing with bcrypt. Hashing runs outside of the async
//! threads, with a limit on how many passwords are processed at once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bcrypt::HashParts;
use entity::user;
use metrics::counter;
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    database::Database,
    error::Error,
    error::count::counted,
    error::user_error::{UserError, UserErrorCode},
    metric,
    shares::{Bounds, FairSemaphore, Party},
};

/// The minimum length of a new password, in characters.
const MIN_PASSWORD_CHARACTERS: usize = 8;

/// The maximum length of a password, in bytes. Bcrypt ignores the rest, so longer passwords are
/// rejected instead of cut.
pub(crate) const MAX_PASSWORD_BYTES: usize = 72;

/// How many passwords of one party may wait for each one that is being processed. The parties take
/// turns, so only a party with many of them waits long.
const WAITING_PER_PARTY: usize = 8;

/// How many passwords of one group, such as all anonymous clients, may wait.
const WAITING_PER_GROUP: usize = 64;

/// How many passwords may wait in all.
const WAITING: usize = 128;

/// The highest cost of a stored hash that is checked, unless the configured cost is higher. It
/// keeps a core busy for seconds.
const MAX_STORED_COST: u32 = 16;

/// How much higher than the configured cost the cost is whose time every failure takes. With two
/// more, failures take four times as long.
const MAX_EXTRA_COST: u32 = 2;

/// Hashes and checks passwords. Clones share one limit on concurrent work.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    queue: FairSemaphore,
    /// The highest cost that any stored hash is known to have, within the bounds of
    /// [`Self::max_equal_cost`], and at least the configured one. Every failure takes as long as
    /// with this cost.
    highest_cost: Arc<AtomicU32>,
    /// Whether the highest cost has been read from the database.
    is_highest_known: Arc<OnceCell<()>>,
}

/// A password that somebody has entered.
pub(crate) struct ToCheck<'a> {
    pub(crate) password: &'a str,
    /// The stored hash. Without one, the password is wrong.
    pub(crate) hash: Option<&'a str>,
    /// Whether a hash of another cost is replaced by a new one.
    pub(crate) renews_hash: bool,
}

/// The result of checking a password.
pub(crate) enum Verified {
    /// The password is wrong, or there is no such user.
    Wrong,
    /// The password is right. If the stored hash has another cost than the configured one, and is
    /// to be renewed, this is a new hash of the same password.
    Right { renewed_hash: Option<String> },
}

impl Passwords {
    /// Processes at most `at_once` passwords concurrently. `cost` is the bcrypt cost of new hashes.
    #[must_use]
    pub fn new(cost: u32, at_once: usize) -> Self {
        let bounds = Bounds {
            total: at_once,
            reserved: 0,
            waiting: WAITING * at_once,
            waiting_per_group: WAITING_PER_GROUP * at_once,
            waiting_per_party: WAITING_PER_PARTY * at_once,
        };
        Self {
            cost,
            queue: FairSemaphore::new(bounds),
            highest_cost: Arc::new(AtomicU32::new(cost)),
            is_highest_known: Arc::default(),
        }
    }

    /// Whether a password matches the hash. Without a hash, the answer is no, after the same time.
    ///
    /// # Errors
    ///
    /// If nothing was checked: [`Error::RateLimited`] if the queue is full, or what the database
    /// fails with.
    pub(crate) async fn verify(
        &self,
        to_check: ToCheck<'_>,
        party: Party,
        database: &Database,
    ) -> Result<Verified, Error> {
        let check = Check {
            password: to_check.password.to_owned(),
            hash: to_check.hash.and_then(|hash| self.usable(hash)),
            cost: self.cost,
            highest_cost: self.highest_cost(database).await?,
            renews_hash: to_check.renews_hash,
        };
        self.work(party, move || check.run()).await
    }

    /// The hash of a password that [`check_password`] has accepted. Its format is `$2b$`, which
    /// other bcrypt programs use too.
    pub(crate) async fn hash(&self, password: String, party: Party) -> Result<String, Error> {
        let cost = self.cost;
        self.work(party, move || bcrypt::hash(password, cost))
            .await?
            .map_err(|error| Error::Internal(format!("a password cannot be hashed: {error}")))
    }

    /// The hash and its cost, if passwords can be checked against it.
    fn usable(&self, hash: &str) -> Option<(String, u32)> {
        let cost = hash.parse::<HashParts>().ok()?.get_cost();
        if cost > self.cost.max(MAX_STORED_COST) {
            return None;
        }
        if cost <= self.max_equal_cost() {
            self.highest_cost.fetch_max(cost, Ordering::Relaxed);
        }
        Some((hash.to_owned(), cost))
    }

    /// The highest cost whose time every failure takes. A single hash of a higher cost would slow
    /// down all failures, so only those of its own user take longer.
    fn max_equal_cost(&self) -> u32 {
        self.cost + MAX_EXTRA_COST
    }

    /// The cost whose time every failure takes. The stored hashes are asked for it once.
    async fn highest_cost(&self, database: &Database) -> Result<u32, Error> {
        let learn = || async {
            let maximum = self.max_equal_cost();
            let found = database.retried(|| user::highest_hash_cost(&database.reader, maximum));
            if let Some(cost) = found.await? {
                self.highest_cost.fetch_max(cost, Ordering::Relaxed);
            }
            Ok::<(), Error>(())
        };
        self.is_highest_known.get_or_try_init(learn).await?;
        Ok(self.highest_cost.load(Ordering::Relaxed))
    }

    async fn work<T: Send + 'static>(
        &self,
        party: Party,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.queue.acquire(party).await.map_err(|_| {
            Error::RateLimited(
                "Too many sign-ins are in progress. Try again in a few seconds.".to_owned(),
            )
        })?;
        counter!(metric::PASSWORD_HASHES).increment(1);
        let job = move || {
            let result = job();
            // Bcrypt continues if the client goes away, and is counted until it has ended.
            drop(permit);
            result
        };
        spawn_blocking(job).await.map_err(|error| {
            Error::Internal(format!(
                "hashing or checking a password was aborted: {error}"
            ))
        })
    }
}

/// A password to be checked.
struct Check {
    password: String,
    /// The stored hash and its cost.
    hash: Option<(String, u32)>,
    /// The cost of new hashes.
    cost: u32,
    /// The cost whose time a failure takes.
    highest_cost: u32,
    renews_hash: bool,
}

impl Check {
    fn run(self) -> Verified {
        let done = if let Some((hash, cost)) = &self.hash {
            let cost = *cost;
            if bcrypt::verify(&self.password, hash).unwrap_or(false) {
                return self.right(cost);
            }
            cost
        } else {
            self.waste(self.highest_cost);
            self.highest_cost
        };
        // A check of cost n takes 2ⁿ steps, and 2ⁿ + 2ⁿ + 2ⁿ⁺¹ + … + 2ᵐ⁻¹ = 2ᵐ. So one more check
        // of each cost from n to m - 1 fills the time up to that of cost m.
        for cost in done..self.highest_cost {
            self.waste(cost);
        }
        Verified::Wrong
    }

    fn right(self, stored_cost: u32) -> Verified {
        let renews = self.renews_hash && stored_cost != self.cost;
        let renewed = renews.then(|| bcrypt::hash(self.password, self.cost));
        Verified::Right {
            renewed_hash: renewed.and_then(Result::ok),
        }
    }

    /// Takes the time of a check.
    fn waste(&self, cost: u32) {
        let no_password = format!("$2b${cost:02}${}", ".".repeat(53));
        // The result does not matter: no password has this hash.
        let _ = std::hint::black_box(bcrypt::verify(&self.password, &no_password));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hash: Option<&str>, highest_cost: u32) -> Verified {
        let passwords = Passwords::new(5, 1);
        let check = Check {
            password: "a password".to_owned(),
            hash: hash.and_then(|hash| passwords.usable(hash)),
            cost: 5,
            highest_cost,
            renews_hash: true,
        };
        check.run()
    }

    #[test]
    fn hashes_of_another_cost_are_renewed() {
        for (cost, is_renewed) in [(4, true), (5, false), (6, true)] {
            let hash = bcrypt::hash("a password", cost).unwrap();
            let Verified::Right {
                renewed_hash: renewed,
            } = check(Some(&hash), 6)
            else {
                panic!("the password is right");
            };
            assert_eq!(renewed.is_some(), is_renewed, "{cost}");
            if let Some(renewed) = renewed {
                assert!(renewed.starts_with("$2b$05$"), "{renewed}");
                assert!(bcrypt::verify("a password", &renewed).unwrap());
            }
        }
    }

    #[test]
    fn a_hash_of_a_high_cost_does_not_slow_down_all_failures() {
        let passwords = Passwords::new(5, 1);
        let usable = |cost: u32| {
            let hash = format!("$2b${cost:02}${}", ".".repeat(53));
            let is_usable = passwords.usable(&hash).is_some();
            (is_usable, passwords.highest_cost.load(Ordering::Relaxed))
        };
        for (cost, expected) in [
            (4, (true, 5)),
            (8, (true, 5)),
            (16, (true, 5)),
            (17, (false, 5)),
            (7, (true, 7)),
            (6, (true, 7)),
        ] {
            assert_eq!(usable(cost), expected, "{cost}");
        }
    }

    #[test]
    fn unusable_hashes_match_nothing() {
        let expensive = format!("$2b$31${}", ".".repeat(53));
        for hash in [None, Some("no hash"), Some(""), Some(expensive.as_str())] {
            assert!(matches!(check(hash, 5), Verified::Wrong), "{hash:?}");
        }
    }
}
