//! Random choices that are the same every time.

use std::ops::RangeInclusive;

use rand::{RngExt, SeedableRng, distr::uniform::SampleUniform, rngs::Xoshiro256PlusPlus};
use uuid::Uuid;

/// A random number generator whose name is its seed.
///
/// Each meeting has its own, so that a change to one transcript leaves all others as they are. The
/// algorithm is a named one, because the standard generator of `rand` can change with its version.
#[derive(Debug)]
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// The generator with this name.
    pub fn new(name: &str) -> Self {
        // FNV-1a, because the hash of the standard library can change with its version.
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number in the range.
    pub fn between<T: SampleUniform + PartialOrd>(&mut self, range: RangeInclusive<T>) -> T {
        self.0.random_range(range)
    }

    /// A number in the range, to two decimal places.
    pub fn score(&mut self, range: RangeInclusive<f64>) -> f64 {
        (self.between(range) * 100.0).round() / 100.0
    }

    /// True with this probability.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100_u32) < percent
    }

    /// One of the items. There must be at least one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.0.random_range(0..items.len())]
    }

    /// The items in random order.
    pub fn shuffled<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        let mut items = items.to_vec();
        for last in (1..items.len()).rev() {
            items.swap(last, self.0.random_range(0..=last));
        }
        items
    }

    /// A random (version 4) UUID.
    pub fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.0.random()).into_uuid()
    }
}
