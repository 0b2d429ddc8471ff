//! Slowing down who guesses passwords, and who makes one workspace after the other.
//!
//! Each failure to sign in costs time that comes back slowly; who has used up what is allowed has to wait.
//! What succeeds costs nothing. The account and the address are counted apart: one account tried
//! from many addresses, and many accounts tried from one, both come to an end. An account is
//! counted together with the address as well, more strictly, so that somebody who guesses from
//! elsewhere seldom keeps the owner out. Signing up is counted whether it succeeds or not.
//!
//! The counts are those of one server; of several each allows as much.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

/// How many failures are allowed at once, and how long it takes until one more is.
struct Allowance {
    at_once: i32,
    one_more_after: TimeDelta,
}

const FOR_ACCOUNT_FROM_ADDRESS: Allowance = Allowance {
    at_once: 5,
    one_more_after: TimeDelta::seconds(30),
};
const FOR_ACCOUNT: Allowance = Allowance {
    at_once: 50,
    one_more_after: TimeDelta::seconds(30),
};
const FOR_ADDRESS: Allowance = Allowance {
    at_once: 100,
    one_more_after: TimeDelta::seconds(5),
};

const SIGN_UPS_FROM_ADDRESS: Allowance = Allowance {
    at_once: 100,
    one_more_after: TimeDelta::seconds(60),
};

/// How many counts are kept before those that have come back to nothing are forgotten.
const MOST_COUNTS: usize = 100_000;

/// Counts failures to sign in.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Counted, DateTime<Utc>>>);

/// What is counted. Accounts are known by what was typed, so that those that do not exist are
/// treated like those that do.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Counted {
    AccountFromAddress(String, Option<IpAddr>),
    Account(String),
    Address(IpAddr),
    SignUps(Option<IpAddr>),
}

impl Counted {
    fn allowance(&self) -> &'static Allowance {
        match self {
            Self::AccountFromAddress(..) => &FOR_ACCOUNT_FROM_ADDRESS,
            Self::Account(_) => &FOR_ACCOUNT,
            Self::Address(_) => &FOR_ADDRESS,
            Self::SignUps(_) => &SIGN_UPS_FROM_ADDRESS,
        }
    }
}

/// Who tries to sign in or up, and from where.
pub(crate) struct Attempt(Vec<Counted>);

impl Attempt {
    /// An attempt to sign in as `login` from an address, if that is known.
    pub(crate) fn new(login: &str, address: Option<IpAddr>) -> Self {
        // A prefix is enough to tell accounts apart: nothing longer is a name.
        let login: String = login.trim().to_lowercase().chars().take(120).collect();
        let mut counted = vec![
            Counted::AccountFromAddress(login.clone(), address),
            Counted::Account(login),
        ];
        counted.extend(address.map(Counted::Address));
        Self(counted)
    }
}

impl Attempt {
    /// An attempt to sign up from an address, if that is known.
    pub(crate) fn to_sign_up(address: Option<IpAddr>) -> Self {
        Self(vec![Counted::SignUps(address)])
    }
}

impl Throttle {
    /// How long somebody has to wait before they may try, if they have to.
    pub(crate) fn wait(&self, attempt: &Attempt, now: DateTime<Utc>) -> Option<TimeDelta> {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = attempt.0.iter().filter_map(|counted| {
            let Allowance {
                at_once,
                one_more_after,
            } = counted.allowance();
            let used_until = *used.get(counted)?;
            let free_at = used_until - *one_more_after * (at_once - 1);
            (free_at > now).then(|| free_at - now)
        });
        waits.max()
    }

    /// Counts an attempt.
    pub(crate) fn count(&self, attempt: Attempt, now: DateTime<Utc>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() > MOST_COUNTS {
            used.retain(|_, used_until| *used_until > now);
        }
        for counted in attempt.0 {
            let step = counted.allowance().one_more_after;
            let used_until = used.entry(counted).or_insert(now);
            *used_until = (*used_until).max(now) + step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(login: &str, from: u8) -> Attempt {
        Attempt::new(login, Some(IpAddr::from([10, 0, 0, from])))
    }

    /// How many failures are allowed at one moment.
    fn allowed(throttle: &Throttle, now: DateTime<Utc>, make: impl Fn(u8) -> Attempt) -> usize {
        (0..=u8::MAX)
            .take_while(|number| {
                let free = throttle.wait(&make(*number), now).is_none();
                throttle.count(make(*number), now);
                free
            })
            .count()
    }

    #[test]
    fn an_account_from_an_address_is_allowed_few_failures() {
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);
        assert_eq!(allowed(&throttle, now, |_| attempt("ada", 1)), 5);
        let wait = throttle.wait(&attempt(" ADA", 1), now);
        assert_eq!(wait, Some(TimeDelta::seconds(60)));
        assert_eq!(throttle.wait(&attempt("ada", 2), now), None);
        assert_eq!(throttle.wait(&attempt("bob", 1), now), None);
        let later = now + TimeDelta::seconds(61);
        assert_eq!(throttle.wait(&attempt("ada", 1), later), None);
    }

    #[test]
    fn an_account_from_everywhere_and_an_address_for_everybody_come_to_an_end() {
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);
        assert_eq!(allowed(&throttle, now, |number| attempt("ada", number)), 50);
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);
        let everybody = |number: u8| attempt(&number.to_string(), 1);
        assert_eq!(allowed(&throttle, now, everybody), 100);
        let sign_up = |_| Attempt::to_sign_up(Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(allowed(&throttle, now, sign_up), 100);
    }
}
