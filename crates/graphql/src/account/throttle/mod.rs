//! Throttling of password guessing and of bulk sign-ups.
//!
//! Each failed sign-in uses up a part of an allowance that recovers slowly. Without allowance left,
//! further attempts have to wait. Successful sign-ins are free. Accounts and addresses have
//! separate allowances, so that both trying one account from many addresses and trying many
//! accounts from one address are limited. The combination of account and address has a stricter
//! one, so that guessing from other addresses rarely locks the owner out. Sign-ups always count,
//! successful or not.
//!
//! Each server counts for itself, so several servers together allow more.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

/// How many attempts are allowed at once, and how long it takes until one more is allowed.
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

/// How many counters may exist before those that have recovered are removed.
const MAX_COUNTERS: usize = 100_000;

/// Counts failed sign-ins and all sign-ups.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Counter, DateTime<Utc>>>);

/// What is counted. An account is identified by the login that was entered, so that unknown
/// accounts are treated like known ones.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Counter {
    AccountFromAddress(String, Option<IpAddr>),
    Account(String),
    Address(IpAddr),
    SignUps(Option<IpAddr>),
}

impl Counter {
    fn allowance(&self) -> &'static Allowance {
        match self {
            Self::AccountFromAddress(..) => &FOR_ACCOUNT_FROM_ADDRESS,
            Self::Account(_) => &FOR_ACCOUNT,
            Self::Address(_) => &FOR_ADDRESS,
            Self::SignUps(_) => &SIGN_UPS_FROM_ADDRESS,
        }
    }
}

/// An attempt to sign in or sign up, with the counters that it adds to.
pub(crate) struct Attempt(Vec<Counter>);

impl Attempt {
    /// An attempt to sign in as `login`, from an address if it is known.
    pub(crate) fn sign_in(login: &str, address: Option<IpAddr>) -> Self {
        // No username or email address is longer than this prefix.
        let login: String = login.trim().to_lowercase().chars().take(120).collect();
        let mut counters = vec![
            Counter::AccountFromAddress(login.clone(), address),
            Counter::Account(login),
        ];
        counters.extend(address.map(Counter::Address));
        Self(counters)
    }

    /// An attempt to sign up, from an address if it is known.
    pub(crate) fn sign_up(address: Option<IpAddr>) -> Self {
        Self(vec![Counter::SignUps(address)])
    }
}

impl Throttle {
    /// How long the client has to wait before this attempt, if it has to.
    pub(crate) fn retry_after(&self, attempt: &Attempt, now: DateTime<Utc>) -> Option<TimeDelta> {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = attempt.0.iter().filter_map(|counter| {
            let Allowance {
                at_once,
                one_more_after,
            } = counter.allowance();
            let used_until = *used.get(counter)?;
            let free_at = used_until - *one_more_after * (at_once - 1);
            (free_at > now).then(|| free_at - now)
        });
        waits.max()
    }

    /// Counts an attempt.
    pub(crate) fn record(&self, attempt: Attempt, now: DateTime<Utc>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() > MAX_COUNTERS {
            used.retain(|_, used_until| *used_until > now);
        }
        for counter in attempt.0 {
            let step = counter.allowance().one_more_after;
            let used_until = used.entry(counter).or_insert(now);
            *used_until = (*used_until).max(now) + step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(login: &str, from: u8) -> Attempt {
        Attempt::sign_in(login, Some(IpAddr::from([10, 0, 0, from])))
    }

    /// How many attempts are allowed at the same moment.
    fn allowed(throttle: &Throttle, now: DateTime<Utc>, make: impl Fn(u8) -> Attempt) -> usize {
        (0..=u8::MAX)
            .take_while(|number| {
                let free = throttle.retry_after(&make(*number), now).is_none();
                throttle.record(make(*number), now);
                free
            })
            .count()
    }

    #[test]
    fn an_account_is_allowed_few_failures_from_one_address() {
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);
        assert_eq!(allowed(&throttle, now, |_| attempt("ada", 1)), 5);
        let wait = throttle.retry_after(&attempt(" ADA", 1), now);
        assert_eq!(wait, Some(TimeDelta::seconds(60)));
        assert_eq!(throttle.retry_after(&attempt("ada", 2), now), None);
        assert_eq!(throttle.retry_after(&attempt("bob", 1), now), None);
        let later = now + TimeDelta::seconds(61);
        assert_eq!(throttle.retry_after(&attempt("ada", 1), later), None);
    }

    #[test]
    fn attempts_on_one_account_and_from_one_address_are_limited() {
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);
        assert_eq!(allowed(&throttle, now, |number| attempt("ada", number)), 50);
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);
        let everybody = |number: u8| attempt(&number.to_string(), 1);
        assert_eq!(allowed(&throttle, now, everybody), 100);
        let sign_up = |_| Attempt::sign_up(Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(allowed(&throttle, now, sign_up), 100);
    }
}
