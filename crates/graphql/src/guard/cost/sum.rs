//! The cost of a selection, and how such costs are added.

use super::{measure::Measure, scans::Needs};

/// How many costly paths the error names.
pub(super) const MAX_PATHS: usize = 3;

/// The part of a cost that is multiplied by the lengths of lists.
#[derive(Clone, Copy, Default)]
pub(super) struct Volume {
    pub(super) fields: u64,
    pub(super) rows: u64,
}

impl Volume {
    pub(super) fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.rows = self.rows.saturating_add(other.rows);
    }

    pub(super) fn times(self, count: u64) -> Self {
        Self {
            fields: self.fields.saturating_mul(count),
            rows: self.rows.saturating_mul(count),
        }
    }
}

/// What mutations hash and store.
#[derive(Clone, Copy, Default)]
pub(super) struct Stores {
    pub(super) hashes: u64,
    pub(super) objects: u64,
    pub(super) bytes: u64,
}

impl Stores {
    pub(super) fn add(&mut self, other: Self) {
        self.hashes = self.hashes.saturating_add(other.hashes);
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// The cost of a selection set.
#[derive(Clone, Default)]
pub(super) struct Sum {
    pub(super) selections: u64,
    pub(super) levels: u64,
    pub(super) depth: u64,
    pub(super) aliases: u64,
    pub(super) directives: u64,
    pub(super) statements: u64,
    pub(super) shares_statement: bool,
    pub(super) scans: u64,
    pub(super) stores: Stores,
    /// The statements that the set needs of the list around it.
    pub(super) needs: Needs,
    /// The volume outside of list items.
    pub(super) once: Volume,
    /// The volume for each item of the enclosing list.
    pub(super) per_item: Volume,
    pub(super) has_items: bool,
    /// How much the set itself adds to the traced measure, without the sets below it.
    pub(super) own: u64,
    pub(super) paths_once: Vec<Traced>,
    pub(super) paths_per_item: Vec<Traced>,
}

/// A costly path that is not complete yet: its keys from the last to the first.
#[derive(Clone)]
pub(super) struct Traced {
    pub(super) keys: Vec<String>,
    pub(super) cost: u64,
}

impl Sum {
    pub(super) fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.levels = self.levels.max(other.levels);
        self.depth = self.depth.max(other.depth);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.statements = self.statements.saturating_add(other.statements);
        self.shares_statement |= other.shares_statement;
        self.scans = self.scans.saturating_add(other.scans);
        self.stores.add(other.stores);
        self.needs.page |= other.needs.page;
        self.needs.total |= other.needs.total;
        self.once.add(other.once);
        self.per_item.add(other.per_item);
        self.has_items |= other.has_items;
        self.own = self.own.saturating_add(other.own);
        self.paths_once.extend(other.paths_once);
        keep_costliest(&mut self.paths_once);
        self.paths_per_item.extend(other.paths_per_item);
        keep_costliest(&mut self.paths_per_item);
    }
}

impl Sum {
    /// Ends the enclosing list: multiplies the cost per item by the length.
    pub(super) fn close(&mut self, length: u64, traced: Option<Measure>) {
        let per_item = std::mem::take(&mut self.per_item);
        self.once.add(per_item.times(length));
        let mut paths = std::mem::take(&mut self.paths_per_item);
        scale(&mut paths, length, traced);
        self.paths_once.extend(paths);
        keep_costliest(&mut self.paths_once);
        self.has_items = false;
    }

    /// Turns all of the cost into a cost per item of the enclosing list.
    pub(super) fn open(&mut self) {
        self.per_item.add(std::mem::take(&mut self.once));
        let paths = std::mem::take(&mut self.paths_once);
        self.paths_per_item.extend(paths);
        keep_costliest(&mut self.paths_per_item);
        self.has_items = true;
    }

    /// Multiplies all of the cost by the known length of a list.
    pub(super) fn multiply(&mut self, length: u64, traced: Option<Measure>) {
        self.open();
        self.close(length, traced);
    }

    /// Adds the key of the enclosing field to all paths.
    pub(super) fn prepend(&mut self, key: &str, is_level: bool, traced: Option<Measure>) {
        for path in self.paths_once.iter_mut().chain(&mut self.paths_per_item) {
            if traced == Some(Measure::Depth) {
                let below = if path.keys.is_empty() { 0 } else { path.cost };
                path.cost = below + u64::from(is_level);
            }
            path.keys.push(key.to_owned());
        }
    }
}

/// Multiplies the costs of paths by the length of a list, if the traced measure grows with lists.
pub(super) fn scale(paths: &mut [Traced], length: u64, traced: Option<Measure>) {
    if matches!(traced, Some(Measure::Fields | Measure::Rows)) {
        for path in paths {
            path.cost = path.cost.saturating_mul(length);
        }
    }
}

pub(super) fn keep_costliest(paths: &mut Vec<Traced>) {
    if paths.len() > MAX_PATHS {
        paths.sort_by_key(|it| std::cmp::Reverse(it.cost));
        paths.truncate(MAX_PATHS);
    }
}

/// A length in the number type of costs.
pub(super) fn count(length: usize) -> u64 {
    length as u64
}
