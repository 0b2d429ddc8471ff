//! Throttling of password guessing, of bulk sign-ups and of probing for names.
//!
//! Each attempt uses up a part of an allowance that recovers slowly. Without allowance left,
//! further attempts have to wait. An attempt is counted before it is made, so a thousand attempts
//! at once, or attempts that nobody waits for, get no more than the allowance. A successful sign-in
//! is given back. Accounts and addresses have separate allowances, so that both trying one account
//! from many addresses and trying many accounts from one address are limited. The combination of
//! account and address has a stricter one, so that guessing from other addresses rarely locks the
//! owner out. Sign-ups and new passwords always count, successful or not.
//!
//! Each server counts for itself, so several servers together allow more. It counts by the monotonic
//! clock: setting the clock of the machine gives nobody more attempts, and locks nobody out.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use self::table::Table;

mod table;

/// How many attempts are allowed at once, and how long it takes until one more is allowed.
struct Allowance {
    at_once: u32,
    one_more_after: Duration,
}

impl Allowance {
    const fn new(at_once: u32, seconds: u64) -> Self {
        Self {
            at_once,
            one_more_after: Duration::from_secs(seconds),
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Counter {
    AccountFromAddress(Account, Option<IpAddr>),
    Account(Account),
    Address(IpAddr),
    SignUps(Option<IpAddr>),
    /// Passwords that admins of a workspace set for others.
    PasswordsOfWorkspace(i32),
    PasswordChanges(i32),
    /// Answers to a user that a name is taken.
    TakenFor(i32),
    /// The same to anonymous clients at an address.
    TakenFrom(Option<IpAddr>),
}

/// The number of variants of [`Counter`].
const KINDS: usize = 8;

impl Counter {
    /// Which table has the counter. Each kind has its own, so that none can crowd out another.
    fn kind(&self) -> usize {
        match self {
            Self::AccountFromAddress(..) => 0,
            Self::Account(_) => 1,
            Self::Address(_) => 2,
            Self::SignUps(_) => 3,
            Self::PasswordsOfWorkspace(_) => 4,
            Self::PasswordChanges(_) => 5,
            Self::TakenFor(_) => 6,
            Self::TakenFrom(_) => 7,
        }
    }

    const fn allowance(&self) -> Allowance {
        match self {
            Self::AccountFromAddress(..) => Allowance::new(5, 30),
            Self::Account(_) => Allowance::new(50, 30),
            Self::Address(_) => Allowance::new(100, 5),
            Self::SignUps(_) => Allowance::new(100, 60),
            Self::PasswordsOfWorkspace(_) | Self::PasswordChanges(_) => Allowance::new(100, 3),
            Self::TakenFor(_) | Self::TakenFrom(_) => Allowance::new(20, 10),
        }
    }
}

/// An account that somebody tries to sign in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    /// The user's id: the username and the email address are one account.
    Known(i32),
    /// The digest of a login that no user has.
    Unknown([u8; 16]),
}

impl Account {
    /// The account with this login. Logins that would be the same account if it existed are one
    /// account here too, and no others, so that counting does not reveal who exists: the case of an
    /// email address does not matter, that of a username does.
    pub(crate) fn new(user_id: Option<i32>, login: &str) -> Self {
        let login = login.trim();
        let digest = if login.contains('@') {
            Sha256::digest(login.to_lowercase())
        } else {
            Sha256::digest(login)
        };
        let mut unknown = [0; 16];
        unknown.copy_from_slice(&digest[..16]);
        user_id.map_or(Self::Unknown(unknown), Self::Known)
    }
}

/// Something that is throttled, with the counters that it adds to.
#[derive(Clone, Debug)]
pub(crate) struct Attempt(Vec<Counter>);

impl Attempt {
    /// An attempt to sign in to an account, from an address if it is known.
    pub(crate) fn sign_in(account: Account, address: Option<IpAddr>) -> Self {
        let mut counters = vec![
            Counter::AccountFromAddress(account, address),
            Counter::Account(account),
        ];
        counters.extend(address.map(Counter::Address));
        Self(counters)
    }

    /// An attempt to sign up, from an address if it is known.
    pub(crate) fn sign_up(address: Option<IpAddr>) -> Self {
        Self(vec![Counter::SignUps(address)])
    }

    /// Setting a password for somebody else in a workspace.
    pub(crate) fn set_password(workspace_id: i32) -> Self {
        Self(vec![Counter::PasswordsOfWorkspace(workspace_id)])
    }

    /// Changing one's own password.
    pub(crate) fn change_password(user_id: i32) -> Self {
        Self(vec![Counter::PasswordChanges(user_id)])
    }

    /// Learning that a name is taken. Users have allowances of their own, so nobody behind the same
    /// address can use them up.
    pub(crate) fn taken(user_id: Option<i32>, address: Option<IpAddr>) -> Self {
        Self(vec![
            user_id.map_or(Counter::TakenFrom(address), Counter::TakenFor),
        ])
    }
}

/// Counts attempts.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<[Table; KINDS]>);

/// An attempt that has been counted. It stays counted unless it is given back.
pub(crate) struct Counted<'a> {
    throttle: &'a Throttle,
    attempt: Attempt,
}

impl Counted<'_> {
    /// Gives the attempt back, because it was successful or was not made.
    pub(crate) fn give_back(self) {
        self.throttle.with(|tables| {
            for counter in &self.attempt.0 {
                tables[counter.kind()].give_back(counter, counter.allowance().one_more_after);
            }
        });
    }
}

impl Throttle {
    /// Counts an attempt that is about to be made.
    ///
    /// # Errors
    ///
    /// How long the client has to wait before this attempt. Then, nothing is counted.
    pub(crate) fn begin(&self, attempt: Attempt, now: Instant) -> Result<Counted<'_>, Duration> {
        let wait = self.with(|tables| {
            let wait = wait(tables, &attempt, now);
            if wait.is_none() {
                count(tables, &attempt, now);
            }
            wait
        });
        if let Some(wait) = wait {
            return Err(wait);
        }
        Ok(Counted {
            throttle: self,
            attempt,
        })
    }

    /// How long the client has to wait before this attempt, if it has to.
    pub(crate) fn retry_after(&self, attempt: &Attempt, now: Instant) -> Option<Duration> {
        self.with(|tables| wait(tables, attempt, now))
    }

    /// Counts something that has happened, whether or not there is allowance left.
    pub(crate) fn record(&self, attempt: &Attempt, now: Instant) {
        self.with(|tables| count(tables, attempt, now));
    }

    fn with<T>(&self, change: impl FnOnce(&mut [Table; KINDS]) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn wait(tables: &[Table; KINDS], attempt: &Attempt, now: Instant) -> Option<Duration> {
    let waits = attempt.0.iter().filter_map(|counter| {
        let Allowance {
            at_once,
            one_more_after,
        } = counter.allowance();
        let used_until = tables[counter.kind()].used_until(counter)?;
        let used = used_until.saturating_duration_since(now);
        let wait = used.saturating_sub(one_more_after * (at_once - 1));
        (!wait.is_zero()).then_some(wait)
    });
    waits.max()
}

fn count(tables: &mut [Table; KINDS], attempt: &Attempt, now: Instant) {
    for counter in &attempt.0 {
        tables[counter.kind()].count(*counter, counter.allowance().one_more_after, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(login: &str, from: u8) -> Attempt {
        let account = Account::new(None, login);
        Attempt::sign_in(account, Some(IpAddr::from([10, 0, 0, from])))
    }

    /// How many attempts are allowed at the same moment.
    fn allowed(throttle: &Throttle, now: Instant, make: impl Fn(u8) -> Attempt) -> usize {
        (0..=u8::MAX)
            .take_while(|number| throttle.begin(make(*number), now).is_ok())
            .count()
    }

    #[test]
    fn an_account_is_allowed_few_failures_from_one_address() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        assert_eq!(allowed(&throttle, now, |_| attempt("ada", 1)), 5);
        let wait = throttle.retry_after(&attempt(" ada", 1), now);
        assert_eq!(wait, Some(Duration::from_secs(30)));
        assert_eq!(throttle.retry_after(&attempt("ada", 2), now), None);
        assert_eq!(throttle.retry_after(&attempt("bob", 1), now), None);
        let later = now + Duration::from_secs(31);
        assert_eq!(allowed(&throttle, later, |_| attempt("ada", 1)), 1);
    }

    #[test]
    fn attempts_on_one_account_and_from_one_address_are_limited() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        assert_eq!(allowed(&throttle, now, |number| attempt("ada", number)), 50);
        let (throttle, now) = (Throttle::default(), Instant::now());
        let everybody = |number: u8| attempt(&number.to_string(), 1);
        assert_eq!(allowed(&throttle, now, everybody), 100);
        let sign_up = |_| Attempt::sign_up(Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(allowed(&throttle, now, sign_up), 100);
    }

    #[test]
    fn only_what_is_given_back_is_not_counted() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..100 {
            throttle.begin(attempt("ada", 1), now).unwrap().give_back();
        }
        let dropped = throttle.begin(attempt("ada", 1), now).unwrap();
        drop(dropped);
        assert_eq!(allowed(&throttle, now, |_| attempt("ada", 1)), 4);
        // A rejected attempt is not counted.
        let later = now + Duration::from_secs(31);
        assert!(throttle.begin(attempt("ada", 1), now).is_err());
        assert!(throttle.begin(attempt("ada", 1), later).is_ok());
    }

    #[test]
    fn users_do_not_share_the_allowance_of_their_address() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let address = Some(IpAddr::from([10, 0, 0, 1]));
        let anonymous = |_| Attempt::taken(None, address);
        assert_eq!(allowed(&throttle, now, anonymous), 20);
        for id in [1, 2] {
            let user = |_| Attempt::taken(Some(id), address);
            assert_eq!(allowed(&throttle, now, user), 20);
        }
    }

    #[test]
    fn a_known_account_is_counted_like_an_unknown_one() {
        let known = |login: &str| Account::new(Some(7), login);
        assert_eq!(known("ada"), known("ada@example.org"));
        let unknown = |login: &str| Account::new(None, login);
        assert_eq!(unknown(" Ada@example.org"), unknown("ada@Example.org "));
        assert_eq!(unknown("ada "), unknown("ada"));
        // "Ada" and "ada" can be two users.
        assert_ne!(unknown("Ada"), unknown("ada"));
    }
}
