//! The pass over an operation.
//!
//! What a selection can bring is linear in the length of the list around it, so a fragment is
//! counted for one item and once more for what is beside the items; whoever spreads it multiplies.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Directive, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};

use super::{
    facts::{self, Composite, Facts, Size, SizedBy},
    measure::{Cost, Fragments, Measure},
    sum::{MOST_PATHS, Sum, Traced, Volume, count},
};
use crate::error::{Error, limit::CostlyPath};

/// The most selections within each other, fragments included: the executor refuses more too, but
/// only after it has followed every spread.
const MOST_LEVELS: u64 = 32;

/// A fragment that has been met.
enum Visit {
    UnderWay,
    Done(Sum),
}

/// The pass over one operation.
pub(super) struct Walk<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    operation: &'a OperationDefinition,
    /// Without variables everything counts, whatever its conditions are.
    variables: Option<&'a Variables>,
    traced: Option<Measure>,
    visits: HashMap<&'a Name, Visit>,
    /// What is in the variables that have been met.
    extents: HashMap<&'a Name, Extent>,
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
            variables,
            traced,
            visits: HashMap::new(),
            extents: HashMap::new(),
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
        paths.truncate(MOST_PATHS);
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
            if !self.is_left_out(directives) {
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
        // The validation says which fragments are unknown.
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Sum::default());
        };
        match self.visits.get(name) {
            Some(Visit::Done(sum)) => return Ok(sum.clone()),
            Some(Visit::UnderWay) => {
                return Err(Error::BadUserInput(format!(
                    "The fragment `{name}` spreads itself, directly or through others."
                )));
            }
            None => {}
        }
        self.visits.insert(name, Visit::UnderWay);
        let on = &fragment.node.type_condition.node.on.node;
        let set = &fragment.node.selection_set.node;
        let mut sum = self.selection_set(set, self.facts.composite(on), level + 1)?;
        sum.directives = sum
            .directives
            .saturating_add(count(fragment.node.directives.len()));
        self.visits.insert(name, Visit::Done(sum.clone()));
        Ok(sum)
    }

    fn field(
        &mut self,
        field: &'a Field,
        fact: Option<&'a facts::Field>,
        level: u64,
    ) -> Result<Sum, Error> {
        let below = fact.and_then(|it| self.facts.composite(&it.type_name));
        let mut inner = self.selection_set(&field.selection_set.node, below, level + 1)?;
        let is_level = fact.is_none_or(|it| it.is_level);
        let mut sum = Sum {
            selections: inner.selections,
            levels: inner.levels,
            depth: inner.depth + u64::from(is_level),
            aliases: inner
                .aliases
                .saturating_add(u64::from(field.alias.is_some())),
            directives: inner.directives,
            statements: inner
                .statements
                .saturating_add(u64::from(inner.shares_statement)),
            ..Sum::default()
        };
        let own_of_set = std::mem::take(&mut inner.own);
        // The arguments are read anew for each object that the field is of.
        let arguments = field.arguments.iter();
        let given = arguments.fold(Extent::default(), |all, (_, value)| {
            all.and(self.extent(&value.node))
        });
        let mut own = Volume {
            fields: given.parts.saturating_add(1),
            rows: 0,
        };
        let mut statements = 0;
        let mut length = 1;
        if let Some(fact) = fact {
            statements = fact.statements;
            sum.statements = sum.statements.saturating_add(statements);
            sum.shares_statement = fact.shares_statement;
            own.rows = fact.rows;
            if let Some(sized_by) = fact.sizes_lists_by {
                length = match sized_by {
                    SizedBy::Page { default, maximum } => self.page(field, default, maximum),
                    SizedBy::Input => given.longest.max(1),
                };
                let reads = inner.has_items || sized_by == SizedBy::Input && statements > 0;
                inner.close(length, self.traced);
                if reads {
                    own.rows = own.rows.max(length);
                }
            }
        }
        let size = fact.map_or(Size::One, |it| it.size);
        // `nodes(ids:)` says itself how long it is, and has counted its rows.
        let has_counted =
            size == Size::AsAsked && fact.is_some_and(|it| it.sizes_lists_by.is_some());
        let rows = if has_counted {
            own.rows.min(1)
        } else {
            own.rows
        };
        let traced = self.trace(field, own_of_set, rows, statements);
        inner.paths_once.extend(traced);
        if self.traced.is_some() {
            let key = field.response_key().node.as_str();
            inner.prepend(key, is_level, self.traced);
        }
        match size {
            Size::One => {}
            Size::Known(length) => inner.multiply(length, self.traced),
            Size::AsAsked if has_counted => {
                let rows = std::mem::take(&mut own.rows);
                inner.multiply(length, self.traced);
                inner.once.rows = inner.once.rows.saturating_add(rows);
            }
            Size::AsAsked => inner.open(),
        }
        inner.once.add(own);
        sum.once = inner.once;
        sum.per_item = inner.per_item;
        sum.has_items = inner.has_items;
        sum.paths_once = inner.paths_once;
        sum.paths_per_item = inner.paths_per_item;
        sum.own = match self.traced {
            Some(Measure::Fields) => own.fields,
            Some(Measure::Aliases) => u64::from(field.alias.is_some()),
            _ => 0,
        };
        Ok(sum)
    }

    /// The part that a field has in the traced measure: its own, or that of the set below it.
    fn trace(&self, field: &Field, of_set: u64, rows: u64, statements: u64) -> Option<Traced> {
        let cost = match self.traced? {
            Measure::Tokens => 0,
            Measure::Rows => rows,
            Measure::Statements => statements,
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

    /// How long a page is by the arguments of its field.
    fn page(&self, field: &Field, default: u64, maximum: u64) -> u64 {
        let asked = |name| self.integer(&field.get_argument(name)?.node);
        let asked = asked("first").or_else(|| asked("last"));
        // Sizes that no page can have are rejected later, with a better message.
        asked.map_or(default, |asked| {
            u64::try_from(asked).map_or(0, |asked| asked.min(maximum))
        })
    }

    fn integer(&self, value: &Value) -> Option<i64> {
        let number = match value {
            Value::Number(number) => number,
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Number(number) => number,
                _ => return None,
            },
            _ => return None,
        };
        number.as_i64()
    }

    /// What is in a value, each variable looked through once.
    fn extent(&mut self, value: &'a Value) -> Extent {
        match value {
            Value::List(items) => Extent::of_list(items.iter().map(|it| self.extent(it))),
            Value::Object(fields) => Extent::of_object(fields.values().map(|it| self.extent(it))),
            Value::String(text) => Extent::of_text(text),
            Value::Variable(name) => {
                if let Some(extent) = self.extents.get(name) {
                    return *extent;
                }
                let extent = self.variable(name).map_or_else(Extent::default, Extent::of);
                self.extents.insert(name, extent);
                extent
            }
            _ => Extent::default(),
        }
    }

    /// The value of a variable, or else its default.
    fn variable(&self, name: &Name) -> Option<&'a ConstValue> {
        let given = self.variables.and_then(|it| it.get(name));
        given.or_else(|| {
            let definitions = self.operation.variable_definitions.iter();
            let mut of_name = definitions.filter(|it| it.node.name.node == *name);
            of_name.next()?.node.default_value()
        })
    }

    /// Whether its conditions leave a selection out.
    fn is_left_out(&self, directives: &[Positioned<Directive>]) -> bool {
        self.variables.is_some()
            && directives.iter().any(|directive| {
                let left_out_if = match directive.node.name.node.as_str() {
                    "skip" => true,
                    "include" => false,
                    _ => return false,
                };
                let condition = directive.node.get_argument("if").map(|it| &it.node);
                let value = match condition {
                    Some(Value::Boolean(value)) => Some(*value),
                    Some(Value::Variable(name)) => match self.variable(name) {
                        Some(ConstValue::Boolean(value)) => Some(*value),
                        _ => None,
                    },
                    _ => None,
                };
                value == Some(left_out_if)
            })
    }
}

/// What is in a value.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// The length of the longest list.
    longest: u64,
    /// Items of lists, fields of objects, and so many pieces of texts.
    parts: u64,
}

/// The bytes of a text that cost as much as a field.
const BYTES_OF_A_PART: usize = 64;

impl Extent {
    fn of(value: &ConstValue) -> Self {
        match value {
            ConstValue::List(items) => Self::of_list(items.iter().map(Self::of)),
            ConstValue::Object(fields) => Self::of_object(fields.values().map(Self::of)),
            ConstValue::String(text) => Self::of_text(text),
            _ => Self::default(),
        }
    }

    fn of_text(text: &str) -> Self {
        Self {
            longest: 0,
            parts: count(text.len() / BYTES_OF_A_PART),
        }
    }

    fn of_list(items: impl ExactSizeIterator<Item = Self>) -> Self {
        let length = count(items.len());
        let all = Self::of_object(items);
        Self {
            longest: all.longest.max(length),
            ..all
        }
    }

    fn of_object(fields: impl ExactSizeIterator<Item = Self>) -> Self {
        let parts = count(fields.len());
        fields.fold(Self { longest: 0, parts }, Self::and)
    }

    /// What is in both.
    fn and(self, other: Self) -> Self {
        Self {
            longest: self.longest.max(other.longest),
            parts: self.parts.saturating_add(other.parts),
        }
    }
}

fn check_levels(levels: u64) -> Result<(), Error> {
    if levels > MOST_LEVELS + 1 {
        return Err(Error::BadUserInput(format!(
            "The document is nested too deep: it may have at most {MOST_LEVELS} selections within \
             each other, fragments included."
        )));
    }
    Ok(())
}
