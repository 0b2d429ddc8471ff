//! Choosing the slug of a new workspace.

use entity::workspace;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{error::Error, write::transaction::Transaction};

/// The maximum length of a slug, in characters.
const MAX_CHARACTERS: usize = 64;

/// The highest number that a slug can end in.
const MAX_NUMBER: u32 = 999_999;

/// The number of characters of a random ending.
const RANDOM_CHARACTERS: usize = 8;

/// How many slugs one statement looks up at most.
const AT_ONCE: u32 = 32;

/// An unused slug for a workspace with this name: letters a to z, digits and hyphens, followed by a
/// number if the plain slug is taken.
///
/// Many workspaces can have the same name, so the number is searched for: each statement looks up a
/// few slugs between one that is taken and one that is free. Anybody can take exactly the slugs
/// that are looked up first. Then, the slug has a random ending, so nobody can use up a name.
pub(crate) async fn free_slug(tx: &Transaction, name: &str) -> Result<String, Error> {
    let base = base(name);
    tx.lock_name(&base).await?;
    let mut gap = Gap::default();
    while let Some(numbers) = gap.candidates() {
        let slugs = numbers.iter().map(|number| numbered(&base, *number));
        let taken: Vec<String> = workspace::Entity::find()
            .select_only()
            .column(workspace::Column::Slug)
            .filter(workspace::Column::Slug.is_in(slugs))
            .into_tuple()
            .all(tx.connection())
            .await?;
        gap.narrow(&numbers, |number| taken.contains(&numbered(&base, number)));
    }
    Ok(match gap.free() {
        Some(number) => numbered(&base, number),
        // The transaction is retried in the unlikely case that this one is taken, too.
        None => with_random_ending(&base),
    })
}

/// The slug without a number.
fn base(name: &str) -> String {
    let base = match slug::slugify(name) {
        slug if slug.is_empty() => "workspace".to_owned(),
        slug => slug,
    };
    // Leave room for a hyphen and the ending.
    let base: String = base
        .chars()
        .take(MAX_CHARACTERS - 1 - RANDOM_CHARACTERS)
        .collect();
    base.trim_end_matches('-').to_owned()
}

/// The slug with this number. The first one has none.
fn numbered(base: &str, number: u32) -> String {
    if number == 1 {
        base.to_owned()
    } else {
        format!("{base}-{number}")
    }
}

fn with_random_ending(base: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{base}-{}", &random[..RANDOM_CHARACTERS])
}

/// The numbers between which a free one is searched for.
#[derive(Default)]
struct Gap {
    /// The lower end. Its slug is taken, or it is 0.
    taken: u32,
    /// The upper end. Its slug is free, once one has been found.
    free: Option<u32>,
}

impl Gap {
    /// The numbers to look up next, in ascending order. None if the search has ended.
    fn candidates(&self) -> Option<Vec<u32>> {
        let (first, Some(free)) = (self.taken + 1, self.free) else {
            // Few workspaces share a name, so the low numbers come first, then ever larger steps.
            let steps = (0..16).map(|step| 16 + (1 << step)).chain([MAX_NUMBER]);
            let higher = steps.filter(|number| *number > 16);
            return (self.taken == 0).then(|| (1..=16).chain(higher).collect());
        };
        let between = free - first;
        if between == 0 {
            return None;
        }
        let step = between.div_ceil(AT_ONCE).max(1);
        Some((first..free).step_by(usize::try_from(step).ok()?).collect())
    }

    /// Narrows the gap to the neighbours between which the numbers begin to be free.
    fn narrow(&mut self, numbers: &[u32], is_taken: impl Fn(u32) -> bool) {
        match numbers.iter().position(|number| !is_taken(*number)) {
            Some(index) => {
                self.free = Some(numbers[index]);
                if let Some(last_taken) = index.checked_sub(1) {
                    self.taken = numbers[last_taken];
                }
            }
            None => self.taken = numbers.last().copied().unwrap_or(self.taken),
        }
    }

    /// The free number that was found.
    fn free(&self) -> Option<u32> {
        self.free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number that is found if these are taken, and the number of statements.
    fn search(is_taken: impl Fn(u32) -> bool) -> (Option<u32>, usize) {
        let (mut gap, mut statements) = (Gap::default(), 0);
        while let Some(numbers) = gap.candidates() {
            assert!(numbers.len() <= 33 && numbers.is_sorted(), "{numbers:?}");
            statements += 1;
            gap.narrow(&numbers, &is_taken);
        }
        (gap.free(), statements)
    }

    #[test]
    fn the_next_number_is_found_in_few_statements() {
        for count in [0, 1, 2, 15, 16, 17, 18, 100, 5_000, 70_000, 999_998] {
            let (found, statements) = search(|number| number <= count);
            assert_eq!(found, Some(count + 1));
            assert!(statements <= 5, "{count}: {statements} statements");
        }
        // Then, the slug has a random ending.
        let is_looked_up = Gap::default().candidates().unwrap();
        let (found, statements) = search(|number| is_looked_up.contains(&number));
        assert_eq!((found, statements), (None, 1));
        // A gap is used. Which one does not matter.
        let (found, _) = search(|number| number % 7 != 3);
        assert_eq!(found, Some(3));
    }

    #[test]
    fn random_endings_differ_and_fit() {
        let base = base(&"a".repeat(100));
        let (one, other) = (with_random_ending(&base), with_random_ending(&base));
        assert_ne!(one, other);
        assert_eq!(one.len(), MAX_CHARACTERS);
        assert!(numbered(&base, MAX_NUMBER).len() <= MAX_CHARACTERS);
    }
}
