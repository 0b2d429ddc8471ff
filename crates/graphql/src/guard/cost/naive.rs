//! What an operation costs, found out the slow and plain way: each fragment is written out wherever
//! it is spread, and each selection is multiplied by the lists that it is within. The pass that
//! guards the server is compared with this.

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Directive, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};

use super::{
    facts::{Composite, Facts},
    facts::{Size, SizedBy},
    measure::{Cost, Fragments, Limits, Measure},
    pricing::Pricing,
};
use crate::error::Error;

/// The most selections that are written out.
const MOST_SELECTIONS: u64 = 5_000;

/// The most selections within each other, counted as sets.
const MOST_SETS: u64 = 33;

/// More than any operation is refused for.
pub(super) const UNLIMITED: Limits = Limits(Cost {
    tokens: u64::MAX,
    selections: u64::MAX,
    depth: u64::MAX,
    aliases: u64::MAX,
    directives: u64::MAX,
    fields: u64::MAX,
    rows: u64::MAX,
    statements: u64::MAX,
});

/// Compares the cost of an operation with what counting everything gives, with its variables and
/// without, and tries every limit just below the cost.
///
/// # Panics
///
/// If they differ, or a limit does not hold.
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
                assert_eq!(priced, counted, "the cost is not what counting gives");
                for measure in Measure::ALL {
                    hold_to_limit(&counted, measure, price);
                }
            }
            (Err(Endless::Nested), Err(Error::BadUserInput(_))) | (Err(Endless::Long), Err(_)) => {}
            (Err(Endless::Long), Ok(priced)) => assert!(priced.selections > MOST_SELECTIONS),
            (counted, priced) => panic!("counting gives {counted:?}, the cost is {priced:?}"),
        }
    }
}

/// An operation is refused where one of its numbers is over the limit, and is told which.
fn hold_to_limit(cost: &Cost, measure: Measure, price: impl Fn(&Limits) -> Result<Cost, Error>) {
    let value = measure.of(cost);
    let Some(limit) = value.checked_sub(1) else {
        return;
    };
    let mut limits = UNLIMITED;
    *measure.of_mut(&mut limits.0) = limit;
    let name = measure.name();
    let Err(Error::CostLimitExceeded(excess)) = price(&limits) else {
        panic!("{name} of {value} are accepted, though {limit} is the limit");
    };
    assert_eq!((excess.measure, excess.cost), (name, value));
    for path in &excess.paths {
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
        }
    }
}

/// Why an operation cannot be written out.
#[derive(Debug)]
enum Endless {
    /// It has too many selections within each other, or without end.
    Nested,
    /// It has too many selections.
    Long,
}

/// An operation that is being written out.
struct Expansion<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    operation: &'a OperationDefinition,
    variables: Option<&'a Variables>,
    cost: Cost,
}

/// Where a selection set stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Composite>,
    /// How many sets there are around it, itself included.
    sets: u64,
    /// How many levels of fields there are around it.
    levels: u64,
    /// How often what says the length of lists is there.
    times: u64,
    /// How long lists are here.
    length: u64,
    /// Whether it is within such a list.
    in_list: bool,
}

impl Place<'_> {
    /// How often the object is there that the set is about.
    fn occurrences(&self) -> u64 {
        if self.in_list {
            self.times.saturating_mul(self.length)
        } else {
            self.times
        }
    }
}

/// What the field around a set has to know of it.
#[derive(Default)]
struct Found {
    items: bool,
    shares_statement: bool,
}

impl<'a> Expansion<'a> {
    fn of(
        facts: &'a Facts,
        fragments: &'a Fragments,
        operation: &'a OperationDefinition,
        variables: Option<&'a Variables>,
    ) -> Result<Cost, Endless> {
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

    fn set(&mut self, set: &'a SelectionSet, place: Place<'a>) -> Result<Found, Endless> {
        if place.sets > MOST_SETS {
            return Err(Endless::Nested);
        }
        let mut found = Found::default();
        for selection in &set.items {
            let directives = selection.node.directives();
            if self.is_left_out(directives) {
                continue;
            }
            self.cost.selections += 1;
            self.cost.directives += directives.len() as u64;
            if self.cost.selections > MOST_SELECTIONS {
                return Err(Endless::Long);
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
            found.items |= here.items;
            found.shares_statement |= here.shares_statement;
        }
        Ok(found)
    }

    fn spread(&mut self, name: &Name, place: Place<'a>) -> Result<Found, Endless> {
        if place.sets > MOST_SETS {
            return Err(Endless::Nested);
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

    fn field(&mut self, field: &'a Field, place: Place<'a>) -> Result<Found, Endless> {
        let fact = place.parent.and_then(|it| it.field(&field.name.node));
        let occurrences = place.occurrences();
        let mut below = Place {
            parent: fact.and_then(|it| self.facts.composite(&it.type_name)),
            levels: place.levels + u64::from(fact.is_none_or(|it| it.is_level)),
            ..place
        };
        let arguments = field.arguments.iter();
        let parts: u64 = arguments
            .map(|(_, value)| parts(&self.constant(&value.node)))
            .sum();
        let fields = occurrences.saturating_mul(1 + parts);
        self.cost.fields = self.cost.fields.saturating_add(fields);
        self.cost.depth = self.cost.depth.max(below.levels);
        self.cost.aliases += u64::from(field.alias.is_some());
        let set = &field.selection_set.node;
        let Some(fact) = fact else {
            let found = self.set(set, below)?;
            self.cost.statements += u64::from(found.shares_statement);
            return Ok(Found {
                items: found.items,
                shares_statement: false,
            });
        };
        let sized = fact
            .sizes_lists_by
            .map(|sized_by| (sized_by, self.length(field, sized_by)));
        let (items, length) = match (fact.size, sized) {
            (Size::One, None) => (None, None),
            (Size::One, Some((_, length))) => (Some(1), Some(length)),
            (Size::Known(count), _) => (Some(count), Some(1)),
            (Size::AsAsked, Some((_, length))) => (Some(length), Some(length)),
            (Size::AsAsked, None) => {
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
        let rows = match sized {
            Some((SizedBy::Page { .. }, length)) if found.items => length.max(fact.rows),
            Some((SizedBy::Input, length)) if found.items || fact.statements > 0 => {
                length.max(fact.rows)
            }
            _ => fact.rows,
        };
        let rows = rows.saturating_mul(occurrences);
        self.cost.rows = self.cost.rows.saturating_add(rows);
        self.cost.statements += fact.statements + u64::from(found.shares_statement);
        Ok(Found {
            items: match (fact.size, sized) {
                (Size::One, None) => found.items,
                (Size::AsAsked, None) => true,
                _ => false,
            },
            shares_statement: fact.shares_statement,
        })
    }

    fn length(&self, field: &Field, sized_by: SizedBy) -> u64 {
        let argument = |name| field.get_argument(name).map(|it| self.constant(&it.node));
        match sized_by {
            SizedBy::Page { default, maximum } => {
                let asked = |name| match argument(name) {
                    Some(ConstValue::Number(number)) => number.as_i64(),
                    _ => None,
                };
                match asked("first").or_else(|| asked("last")) {
                    Some(asked) => asked.max(0).unsigned_abs().min(maximum),
                    None => default,
                }
            }
            SizedBy::Input => {
                let arguments = field.arguments.iter();
                let lists = arguments.map(|(_, value)| longest(&self.constant(&value.node)));
                lists.max().unwrap_or(0).max(1)
            }
        }
    }

    /// A value with its variables filled in; those without a value are null.
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

    fn is_left_out(&self, directives: &[Positioned<Directive>]) -> bool {
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

fn parts(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) => items.iter().map(|it| 1 + parts(it)).sum(),
        ConstValue::Object(fields) => fields.values().map(|it| 1 + parts(it)).sum(),
        ConstValue::String(text) => text.len() as u64 / 64,
        _ => 0,
    }
}
