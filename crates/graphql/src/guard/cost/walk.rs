//! The pass over an operation.
//!
//! The cost of a selection grows linearly with the length of the list around it. So the cost of a
//! fragment is computed once, as a cost per list item and a cost outside of the items, and
//! multiplied wherever the fragment is spread.

use std::collections::HashMap;

use async_graphql::{
    Name, Variables,
    parser::types::{Field, OperationDefinition, Selection, SelectionSet},
};

use super::{
    arguments::Arguments,
    measure::{Cost, Fragments, Measure},
    scans::{self, Needs},
    sum::{MAX_PATHS, Stores, Sum, Traced, Volume, count},
};
use crate::{
    error::{Error, limit::CostlyPath},
    guard::facts::{self, Composite, Facts, Size, SizedBy},
};

/// How deep selections may be nested, including those in fragments. The executor has this limit
/// too, but checks it only after it has followed every spread.
const MAX_LEVELS: u64 = 32;

/// A fragment that was visited.
enum Visit {
    InProgress,
    Done(Sum),
}

/// The pass over one operation.
pub(super) struct Walk<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    operation: &'a OperationDefinition,
    arguments: Arguments<'a>,
    /// The measure whose costliest paths are wanted, if any.
    traced: Option<Measure>,
    visits: HashMap<&'a Name, Visit>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        facts: &'a Facts,
        fragments: &'a Fragments,
        operation: &'a OperationDefinition,
        variables: Option<&'a Variables>,
        traced: Option<Measure>,
    ) -> Self {
        Self {
            facts,
            fragments,
            operation,
            arguments: Arguments::new(operation, variables),
            traced,
            visits: HashMap::new(),
        }
    }

    /// The cost of the operation, and the costliest paths if a measure is traced.
    pub(super) fn operation(mut self) -> Result<(Cost, Vec<CostlyPath>), Error> {
        let operation = self.operation;
        let root = self.facts.root(operation.ty);
        let mut sum = self.selection_set(&operation.selection_set.node, root, 1)?;
        let of_variables = &operation.variable_definitions;
        let directives = operation.directives.len()
            + of_variables
                .iter()
                .map(|it| it.node.directives.len())
                .sum::<usize>();
        sum.directives = sum.directives.saturating_add(count(directives));
        sum.once.add(sum.per_item);
        let cost = Cost {
            tokens: 0,
            selections: sum.selections,
            depth: sum.depth,
            aliases: sum.aliases,
            directives: sum.directives,
            fields: sum.once.fields,
            rows: sum.once.rows,
            statements: sum
                .statements
                .saturating_add(u64::from(sum.shares_statement)),
            scans: sum.scans,
            hashes: sum.stores.hashes,
            stored: sum.stores.objects,
            bytes: sum.stores.bytes,
        };
        Ok((cost, self.paths(sum)))
    }

    fn paths(&self, sum: Sum) -> Vec<CostlyPath> {
        let mut paths = sum.paths_once;
        paths.extend(sum.paths_per_item);
        if self.traced.is_some() && sum.own > 0 {
            paths.push(Traced {
                keys: vec![self.operation.ty.to_string()],
                cost: sum.own,
            });
        }
        paths.sort_by_key(|it| std::cmp::Reverse(it.cost));
        paths.truncate(MAX_PATHS);
        let named = paths.into_iter().map(|mut it| {
            it.keys.reverse();
            CostlyPath {
                path: it.keys.join("."),
                cost: it.cost,
            }
        });
        named.collect()
    }

    fn selection_set(
        &mut self,
        set: &'a SelectionSet,
        parent: Option<&'a Composite>,
        level: u64,
    ) -> Result<Sum, Error> {
        check_levels(level)?;
        let mut sum = Sum::default();
        for selection in &set.items {
            let directives = selection.node.directives();
            if !self.arguments.is_skipped(directives) {
                let mut part = self.selection(&selection.node, parent, level)?;
                part.selections = part.selections.saturating_add(1);
                part.levels = part.levels.saturating_add(1);
                let directives = count(directives.len());
                part.directives = part.directives.saturating_add(directives);
                part.own = part.own.saturating_add(match self.traced {
                    Some(Measure::Selections) => 1,
                    Some(Measure::Directives) => directives,
                    _ => 0,
                });
                sum.add(part);
            }
        }
        check_levels(level.saturating_add(sum.levels))?;
        Ok(sum)
    }

    fn selection(
        &mut self,
        selection: &'a Selection,
        parent: Option<&'a Composite>,
        level: u64,
    ) -> Result<Sum, Error> {
        match selection {
            Selection::Field(field) => {
                let fact = parent.and_then(|it| it.field(&field.node.name.node));
                self.field(&field.node, fact, level)
            }
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let on = match condition {
                    Some(condition) => self.facts.composite(&condition.node.on.node),
                    None => parent,
                };
                self.selection_set(&fragment.node.selection_set.node, on, level + 1)
            }
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node, level)
            }
        }
    }

    fn fragment(&mut self, name: &Name, level: u64) -> Result<Sum, Error> {
        // Validation reports unknown fragments.
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Sum::default());
        };
        match self.visits.get(name) {
            Some(Visit::Done(sum)) => return Ok(sum.clone()),
            Some(Visit::InProgress) => {
                return Err(Error::FragmentCycle {
                    name: name.to_string(),
                    position: fragment.pos,
                });
            }
            None => {}
        }
        self.visits.insert(name, Visit::InProgress);
        let on = &fragment.node.type_condition.node.on.node;
        let set = &fragment.node.selection_set.node;
        let mut sum = self.selection_set(set, self.facts.composite(on), level + 1)?;
        sum.directives = sum
            .directives
            .saturating_add(count(fragment.node.directives.len()));
        self.visits.insert(name, Visit::Done(sum.clone()));
        Ok(sum)
    }

    /// The cost of a field and of everything below it.
    fn field(
        &mut self,
        field: &'a Field,
        fact: Option<&'a facts::Field>,
        level: u64,
    ) -> Result<Sum, Error> {
        let below = fact.and_then(|it| self.facts.composite(&it.type_name));
        let mut sum = self.selection_set(&field.selection_set.node, below, level + 1)?;
        let own = self.own_cost(field, fact, &sum);
        if let Some(length) = own.list_length {
            sum.close(length, self.traced);
        }
        self.trace_paths(field, &own, &mut sum);
        match (own.size, own.list_length) {
            (Size::One, _) => {}
            (Size::Known(length), _) | (Size::List, Some(length)) => {
                sum.multiply(length, self.traced);
            }
            (Size::List, None) => sum.open(),
        }
        sum.once.add(own.volume);
        sum.depth += u64::from(own.is_level);
        sum.aliases = sum.aliases.saturating_add(u64::from(field.alias.is_some()));
        // Fields of one object share a statement, so they are counted here, where the object ends.
        sum.statements = sum
            .statements
            .saturating_add(u64::from(sum.shares_statement))
            .saturating_add(own.statements);
        sum.shares_statement = own.shares_statement;
        sum.scans = sum.scans.saturating_add(own.scans);
        sum.stores.add(own.stores);
        let is_total = fact.is_some_and(|it| it.is_total);
        sum.needs = Needs {
            page: fact.is_some() && !is_total,
            total: is_total,
        };
        sum.own = match self.traced {
            Some(Measure::Fields) => own.volume.fields,
            Some(Measure::Aliases) => u64::from(field.alias.is_some()),
            _ => 0,
        };
        Ok(sum)
    }

    /// The cost of a field without the fields in its selection set, whose cost is `below`.
    fn own_cost(
        &mut self,
        field: &'a Field,
        fact: Option<&'a facts::Field>,
        below: &Sum,
    ) -> OwnCost {
        // The arguments are read again for each object that has the field.
        let arguments = self.arguments.size(field);
        let fields = arguments.parts.saturating_add(1);
        let Some(fact) = fact else {
            return OwnCost::of_unknown_field(fields);
        };
        let list_length = fact.sizes_lists_by.map(|sized_by| match sized_by {
            SizedBy::Page {
                default, maximum, ..
            } => self.arguments.page_size(field, default, maximum),
            SizedBy::Input => {
                let number = fact.size_input.as_ref().and_then(|(name, maximum)| {
                    self.arguments.number_in_input(field, name, *maximum)
                });
                number.unwrap_or(arguments.longest_list).max(1)
            }
        });
        let reads_items = below.has_items
            || match fact.sizes_lists_by {
                Some(SizedBy::Input) => fact.statements > 0,
                // A page that is written into one value, or that is a list itself.
                Some(SizedBy::Page { .. }) => fact.is_leaf || fact.size == Size::List,
                None => false,
            };
        let rows_per_item = match fact.sizes_lists_by {
            Some(SizedBy::Page { rows, .. }) => rows,
            _ => 1,
        };
        let rows = match list_length {
            Some(length) if reads_items => fact.rows.max(length.saturating_mul(rows_per_item)),
            _ => fact.rows,
        };
        let scans = scans::of_list(self.facts, &self.arguments, field, fact, below.needs);
        let stores = Stores {
            hashes: u64::from(fact.hashes_password),
            objects: fact.stores.as_ref().map_or(0, |stored| {
                let rows = self.arguments.rows_without_items(field, stored);
                rows.or(list_length).unwrap_or(1)
            }),
            bytes: fact.stores.as_ref().map_or(0, |_| arguments.bytes),
        };
        OwnCost {
            volume: Volume { fields, rows },
            statements: fact.statements,
            shares_statement: fact.shares_statement,
            scans,
            stores,
            is_level: fact.is_level,
            size: fact.size,
            list_length,
        }
    }

    /// Adds a field's own path to those below it, and the field's name to all of them.
    fn trace_paths(&self, field: &Field, own: &OwnCost, sum: &mut Sum) {
        let of_set = std::mem::take(&mut sum.own);
        let rows = if own.size == Size::List && own.list_length.is_some() {
            // The rows are those of the field's own list, and its path is multiplied by its length.
            own.volume.rows.min(1)
        } else {
            own.volume.rows
        };
        let path = self.trace(field, of_set, rows, own);
        sum.paths_once.extend(path);
        if self.traced.is_some() {
            let key = field.response_key().node.as_str();
            sum.prepend(key, own.is_level, self.traced);
        }
    }

    /// The path of a field itself, if the field adds to the traced measure.
    fn trace(&self, field: &Field, of_set: u64, rows: u64, own: &OwnCost) -> Option<Traced> {
        let cost = match self.traced? {
            Measure::Tokens => 0,
            Measure::Rows => rows,
            Measure::Statements => own.statements,
            Measure::Scans => own.scans,
            Measure::Depth => u64::from(field.selection_set.node.items.is_empty()),
            Measure::Selections | Measure::Aliases | Measure::Directives | Measure::Fields => {
                of_set
            }
        };
        (cost > 0).then(|| Traced {
            keys: Vec::new(),
            cost,
        })
    }
}

/// What a field costs by itself.
struct OwnCost {
    /// The fields and rows for each object that has the field.
    volume: Volume,
    statements: u64,
    shares_statement: bool,
    scans: u64,
    stores: Stores,
    is_level: bool,
    size: Size,
    /// The length of the lists below the field, if the field determines it.
    list_length: Option<u64>,
}

impl OwnCost {
    fn of_unknown_field(fields: u64) -> Self {
        Self {
            volume: Volume { fields, rows: 0 },
            statements: 0,
            shares_statement: false,
            scans: 0,
            stores: Stores::default(),
            is_level: true,
            size: Size::One,
            list_length: None,
        }
    }
}

fn check_levels(levels: u64) -> Result<(), Error> {
    if levels > MAX_LEVELS + 1 {
        return Err(Error::BadUserInput(format!(
            "The document is nested too deeply: at most {MAX_LEVELS} levels of selections are \
             allowed, including those in fragments."
        )));
    }
    Ok(())
}
