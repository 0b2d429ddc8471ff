//! Counts of what each client holds at the moment.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How much is held by each key. Keys that hold nothing take no memory.
#[derive(Debug)]
pub struct Counts<K>(Arc<Mutex<HashMap<K, u64>>>);

impl<K> Clone for Counts<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> Counts<K> {
    /// Takes `amount` for `key`, which may hold at most `limit`. None if that is too much.
    pub fn take(&self, key: K, amount: u64, limit: u64) -> Option<Held<K>> {
        let mut held = Held {
            counts: self.clone(),
            key,
            amount: 0,
        };
        held.grow_to(amount, limit).then_some(held)
    }

    /// How much `key` holds.
    pub fn of(&self, key: &K) -> u64 {
        self.lock().get(key).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An amount that is counted until this is dropped.
#[derive(Debug)]
pub struct Held<K: Clone + Eq + Hash> {
    counts: Counts<K>,
    key: K,
    amount: u64,
}

impl<K: Clone + Eq + Hash> Held<K> {
    /// Takes more, unless its key would hold more than `limit`.
    pub fn grow_to(&mut self, amount: u64, limit: u64) -> bool {
        let more = amount.saturating_sub(self.amount);
        if more == 0 {
            return true;
        }
        let mut counts = self.counts.lock();
        let held = counts.get(&self.key).copied().unwrap_or_default();
        if held + more > limit {
            return false;
        }
        counts.insert(self.key.clone(), held + more);
        self.amount = amount;
        true
    }
}

impl<K: Clone + Eq + Hash> Drop for Held<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        let left = counts.get(&self.key).copied().unwrap_or_default();
        if left > self.amount {
            counts.insert(self.key.clone(), left - self.amount);
        } else {
            counts.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_limit_and_gets_back_what_it_held() {
        let counts = Counts::default();
        let mut first = counts.take("a", 6, 10).unwrap();
        assert!(counts.take("a", 5, 10).is_none());
        let other = counts.take("b", 5, 10).unwrap();
        assert!(first.grow_to(10, 10) && !first.grow_to(11, 10));
        assert_eq!((counts.of(&"a"), counts.of(&"b")), (10, 5));
        drop(first);
        assert_eq!((counts.of(&"a"), counts.of(&"b")), (0, 5));
        drop(other);
        assert!(counts.lock().is_empty());
    }
}
