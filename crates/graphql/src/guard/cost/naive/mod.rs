//! The cost of an operation, computed in a slow but simple way: each fragment is expanded wherever
//! it is spread, and each selection is multiplied by the lengths of the lists around it.

mod scans;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Directive, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};

use self::scans::Selected;
use super::{
    measure::{Cost, Fragments, Limits, Measure},
    pricing::Pricing,
};
use crate::{
    error::Error,
    guard::facts::{self, Composite, Facts, Size, SizedBy},
};

/// How many selections are expanded at most.
const MAX_SELECTIONS: u64 = 5_000;

/// How deep selection sets may be nested.
const MAX_SETS: u64 = 33;

/// Limits that no operation exceeds.
pub(super) const UNLIMITED: Limits = Limits(Cost {
    tokens: u64::MAX,
    selections: u64::MAX,
    depth: u64::MAX,
    aliases: u64::MAX,
    directives: u64::MAX,
    fields: u64::MAX,
    rows: u64::MAX,
    statements: u64::MAX,
    scans: u64::MAX,
    hashes: u64::MAX,
    stored: u64::MAX,
    bytes: u64::MAX,
});

/// Compares the cost of an operation with that of its expansion, with variables and without, and
/// checks that every limit just below the cost is enforced.
///
/// # Panics
///
/// If the costs differ, or a limit is not enforced.
pub(crate) fn compare(
    facts: &Facts,
    fragments: &Fragments,
    operation: &OperationDefinition,
    variables: &Variables,
) {
    for variables in [None, Some(variables)] {
        let price = |limits: &Limits| {
            let pricing = Pricing {
                facts,
                limits,
                fragments,
                tokens: 0,
            };
            pricing.check(operation, variables, &Measure::ALL)
        };
        let priced = price(&UNLIMITED);
        match (
            Expansion::of(facts, fragments, operation, variables),
            priced,
        ) {
            (Ok(counted), Ok(priced)) => {
                assert_eq!(
                    priced, counted,
                    "the cost differs from that of the expansion"
                );
                for measure in Measure::ALL {
                    check_limit(&counted, measure, price);
                }
            }
            (Err(TooLarge::Nested), Err(Error::BadUserInput(_) | Error::FragmentCycle { .. }))
            | (Err(TooLarge::Long), Err(_)) => {}
            (Err(TooLarge::Long), Ok(priced)) => assert!(priced.selections > MAX_SELECTIONS),
            (counted, priced) => {
                panic!("the expansion costs {counted:?}, the pass says {priced:?}")
            }
        }
    }
}

/// Checks that an operation over the limit is rejected, with an error that names the measure.
fn check_limit(cost: &Cost, measure: Measure, price: impl Fn(&Limits) -> Result<Cost, Error>) {
    let value = measure.of(cost);
    let Some(limit) = value.checked_sub(1) else {
        return;
    };
    let mut limits = UNLIMITED;
    *measure.of_mut(&mut limits.0) = limit;
    let name = measure.name();
    let Err(Error::CostLimitExceeded(exceeded)) = price(&limits) else {
        panic!("{name} of {value} are accepted, though {limit} is the limit");
    };
    assert_eq!((exceeded.measure, exceeded.cost), (name, value));
    for path in &exceeded.paths {
        assert!(path.cost <= value, "{path:?} has more than {value} {name}");
    }
}

impl Measure {
    fn of_mut(self, cost: &mut Cost) -> &mut u64 {
        match self {
            Self::Tokens => &mut cost.tokens,
            Self::Selections => &mut cost.selections,
            Self::Depth => &mut cost.depth,
            Self::Aliases => &mut cost.aliases,
            Self::Directives => &mut cost.directives,
            Self::Fields => &mut cost.fields,
            Self::Rows => &mut cost.rows,
            Self::Statements => &mut cost.statements,
            Self::Scans => &mut cost.scans,
        }
    }
}

/// Why an operation cannot be expanded.
#[derive(Debug)]
enum TooLarge {
    /// Its selections are nested too deeply, or form a cycle.
    Nested,
    /// It has too many selections.
    Long,
}

/// The expansion of an operation.
struct Expansion<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    operation: &'a OperationDefinition,
    variables: Option<&'a Variables>,
    cost: Cost,
}

/// Where a selection set is.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Composite>,
    /// The number of nested sets, including this one.
    sets: u64,
    /// The number of levels of fields around the set.
    levels: u64,
    /// How often the field occurs that determines the length of lists here.
    times: u64,
    /// The length of lists here.
    length: u64,
    /// Whether the set is within such a list.
    in_list: bool,
}

impl Place<'_> {
    /// How often the object with these selections occurs.
    fn occurrences(&self) -> u64 {
        if self.in_list {
            self.times.saturating_mul(self.length)
        } else {
            self.times
        }
    }
}

/// What the enclosing field needs to know about a selection set.
#[derive(Default)]
struct Found {
    has_items: bool,
    shares_statement: bool,
    selected: Selected,
}

impl<'a> Expansion<'a> {
    fn of(
        facts: &'a Facts,
        fragments: &'a Fragments,
        operation: &'a OperationDefinition,
        variables: Option<&'a Variables>,
    ) -> Result<Cost, TooLarge> {
        let mut expansion = Self {
            facts,
            fragments,
            operation,
            variables,
            cost: Cost::default(),
        };
        let place = Place {
            parent: facts.root(operation.ty),
            sets: 1,
            levels: 0,
            times: 1,
            length: 1,
            in_list: false,
        };
        let found = expansion.set(&operation.selection_set.node, place)?;
        expansion.cost.statements += u64::from(found.shares_statement);
        expansion.cost.directives += operation.directives.len() as u64;
        for variable in &operation.variable_definitions {
            expansion.cost.directives += variable.node.directives.len() as u64;
        }
        Ok(expansion.cost)
    }

    fn set(&mut self, set: &'a SelectionSet, place: Place<'a>) -> Result<Found, TooLarge> {
        if place.sets > MAX_SETS {
            return Err(TooLarge::Nested);
        }
        let mut found = Found::default();
        for selection in &set.items {
            let directives = selection.node.directives();
            if self.is_skipped(directives) {
                continue;
            }
            self.cost.selections += 1;
            self.cost.directives += directives.len() as u64;
            if self.cost.selections > MAX_SELECTIONS {
                return Err(TooLarge::Long);
            }
            let within = Place {
                sets: place.sets + 1,
                ..place
            };
            let here = match &selection.node {
                Selection::Field(field) => self.field(&field.node, within)?,
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = match condition {
                        Some(condition) => self.facts.composite(&condition.node.on.node),
                        None => place.parent,
                    };
                    let set = &fragment.node.selection_set.node;
                    self.set(set, Place { parent, ..within })?
                }
                Selection::FragmentSpread(spread) => {
                    self.spread(&spread.node.fragment_name.node, within)?
                }
            };
            found.has_items |= here.has_items;
            found.shares_statement |= here.shares_statement;
            found.selected.page |= here.selected.page;
            found.selected.total |= here.selected.total;
        }
        Ok(found)
    }

    fn spread(&mut self, name: &Name, place: Place<'a>) -> Result<Found, TooLarge> {
        if place.sets > MAX_SETS {
            return Err(TooLarge::Nested);
        }
        let Some(fragment) = self.fragments.get(name) else {
            return Ok(Found::default());
        };
        self.cost.directives += fragment.node.directives.len() as u64;
        let parent = self
            .facts
            .composite(&fragment.node.type_condition.node.on.node);
        let set = &fragment.node.selection_set.node;
        self.set(set, Place { parent, ..place })
    }

    fn field(&mut self, field: &'a Field, place: Place<'a>) -> Result<Found, TooLarge> {
        let fact = place.parent.and_then(|it| it.field(&field.name.node));
        let occurrences = place.occurrences();
        let mut below = Place {
            parent: fact.and_then(|it| self.facts.composite(&it.type_name)),
            levels: place.levels + u64::from(fact.is_none_or(|it| it.is_level)),
            ..place
        };
        self.count_itself(field, occurrences, below.levels);
        let set = &field.selection_set.node;
        let Some(fact) = fact else {
            let found = self.set(set, below)?;
            self.cost.statements += u64::from(found.shares_statement);
            return Ok(Found {
                has_items: found.has_items,
                ..Found::default()
            });
        };
        let sized = fact
            .sizes_lists_by
            .map(|sized_by| (sized_by, self.length(field, fact, sized_by)));
        let (items, length) = match (fact.size, sized) {
            (Size::One, None) => (None, None),
            (Size::One, Some((_, length))) => (Some(1), Some(length)),
            (Size::Known(count), _) => (Some(count), Some(1)),
            (Size::List, Some((_, length))) => (Some(length), Some(length)),
            (Size::List, None) => {
                below.in_list = true;
                (None, None)
            }
        };
        if let (Some(items), Some(length)) = (items, length) {
            below.times = occurrences.saturating_mul(items);
            below.length = length;
            below.in_list = false;
        }
        let found = self.set(set, below)?;
        let argument = |name: &str| field.get_argument(name).map(|it| self.constant(&it.node));
        self.cost.scans += scans::of_list(self.facts, fact, argument, found.selected);
        self.count_stored(field, fact, sized.map(|(_, length)| length));
        let rows = rows(fact, sized, &found).saturating_mul(occurrences);
        self.cost.rows = self.cost.rows.saturating_add(rows);
        self.cost.statements += fact.statements + u64::from(found.shares_statement);
        Ok(Found {
            has_items: match (fact.size, sized) {
                (Size::One, None) => found.has_items,
                (Size::List, None) => true,
                _ => false,
            },
            shares_statement: fact.shares_statement,
            selected: Selected {
                page: !fact.is_total,
                total: fact.is_total,
            },
        })
    }

    /// Counts what a mutation hashes and stores.
    fn count_stored(&mut self, field: &Field, fact: &facts::Field, length: Option<u64>) {
        self.cost.hashes += u64::from(fact.hashes_password);
        if let Some(stored) = &fact.stores {
            let rows = self.rows_without_items(field, stored);
            self.cost.stored += rows.or(length).unwrap_or(1);
            let arguments = field.arguments.iter();
            let bytes = arguments.map(|(_, value)| bytes(&self.constant(&value.node)));
            self.cost.bytes += bytes.sum::<u64>();
        }
    }

    /// The rows that a mutation changes although its input does not list them.
    fn rows_without_items(&self, field: &Field, stored: &facts::Stored) -> Option<u64> {
        let argument = field.get_argument("input");
        let input = argument.map(|it| self.constant(&it.node));
        let get = |name: &Option<String>| match (name, &input) {
            (Some(name), Some(ConstValue::Object(input))) => input.get(name.as_str()),
            _ => None,
        };
        let is_wanted =
            stored.when.is_none() || get(&stored.when) == Some(&ConstValue::Boolean(true));
        let is_listed = !matches!(get(&stored.unless), None | Some(ConstValue::Null));
        stored.rows.filter(|_| is_wanted && !is_listed)
    }

    /// Counts a field without its selection set.
    fn count_itself(&mut self, field: &Field, occurrences: u64, levels: u64) {
        let arguments = field.arguments.iter();
        let parts: u64 = arguments
            .map(|(_, value)| parts(&self.constant(&value.node)))
            .sum();
        let fields = occurrences.saturating_mul(1 + parts);
        self.cost.fields = self.cost.fields.saturating_add(fields);
        self.cost.depth = self.cost.depth.max(levels);
        self.cost.aliases += u64::from(field.alias.is_some());
    }

    fn length(&self, field: &Field, fact: &facts::Field, sized_by: SizedBy) -> u64 {
        let argument = |name| field.get_argument(name).map(|it| self.constant(&it.node));
        match sized_by {
            SizedBy::Page {
                default, maximum, ..
            } => {
                let requested = |name| match argument(name) {
                    Some(ConstValue::Number(number)) => number.as_i64(),
                    _ => None,
                };
                match requested("first").or_else(|| requested("last")) {
                    Some(requested) => requested.max(0).unsigned_abs().min(maximum),
                    None => default,
                }
            }
            SizedBy::Input => {
                if let Some((name, maximum)) = &fact.size_input
                    && let Some(ConstValue::Object(input)) = argument("input")
                    && let Some(ConstValue::Number(number)) = input.get(name.as_str())
                    && let Some(number) = number.as_i64()
                {
                    return number.max(1).unsigned_abs().min(*maximum);
                }
                let arguments = field.arguments.iter();
                let lists = arguments.map(|(_, value)| longest(&self.constant(&value.node)));
                lists.max().unwrap_or(0).max(1)
            }
        }
    }

    /// A value with the values of its variables; those without a value are null.
    fn constant(&self, value: &Value) -> ConstValue {
        let constant = value.clone().into_const_with(|name| {
            let given = self.variables.and_then(|it| it.get(&name)).cloned();
            Ok::<_, std::convert::Infallible>(given.unwrap_or_else(|| {
                let definitions = &self.operation.variable_definitions;
                let definition = definitions.iter().find(|it| it.node.name.node == name);
                let default = definition.and_then(|it| it.node.default_value());
                default.cloned().unwrap_or_default()
            }))
        });
        let Ok(constant) = constant;
        constant
    }

    fn is_skipped(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let condition = directive.node.get_argument("if");
            let condition = condition.map(|it| self.constant(&it.node));
            self.variables.is_some()
                && match directive.node.name.node.as_str() {
                    "skip" => condition == Some(ConstValue::Boolean(true)),
                    "include" => condition == Some(ConstValue::Boolean(false)),
                    _ => false,
                }
        })
    }
}

/// The rows that a field reads each time, with the length of its list if it has one.
fn rows(fact: &facts::Field, sized: Option<(SizedBy, u64)>, found: &Found) -> u64 {
    match sized {
        Some((SizedBy::Page { rows, .. }, length))
            if found.has_items || fact.is_leaf || fact.size == Size::List =>
        {
            (length * rows).max(fact.rows)
        }
        Some((SizedBy::Input, length)) if found.has_items || fact.statements > 0 => {
            length.max(fact.rows)
        }
        _ => fact.rows,
    }
}

fn longest(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) => {
            let within = items.iter().map(longest).max().unwrap_or(0);
            within.max(items.len() as u64)
        }
        ConstValue::Object(fields) => fields.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

fn bytes(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) => items.iter().map(|it| 8 + bytes(it)).sum(),
        ConstValue::Object(fields) => fields.values().map(|it| 8 + bytes(it)).sum(),
        ConstValue::String(text) => text.len() as u64,
        _ => 0,
    }
}

fn parts(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) => items.iter().map(|it| 1 + parts(it)).sum(),
        ConstValue::Object(fields) => fields.values().map(|it| 1 + parts(it)).sum(),
        ConstValue::String(text) => text.len() as u64 / 64,
        _ => 0,
    }
}
