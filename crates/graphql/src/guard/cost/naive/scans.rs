//! The scans of a list, from the constants of its arguments: a list of all conditions is made first.

use async_graphql_value::ConstValue;

use crate::guard::facts::{Facts, Field as Fact, Input, InputField, InputObject};

/// What is selected of a list.
#[derive(Clone, Copy, Default)]
pub(super) struct Selected {
    pub(super) page: bool,
    pub(super) total: bool,
}

/// A condition on a list, or on an object that is related to its objects.
struct Condition<'a> {
    /// The field of the `where`.
    field: &'a InputField,
    /// Whether the field leads to related objects.
    is_relation: bool,
    operator: &'a str,
    /// Whether it is in an `or`, in a `not` or within a relation.
    is_optional: bool,
}

/// The scans of a list.
pub(super) fn of_list(
    facts: &Facts,
    fact: &Fact,
    argument: impl Fn(&str) -> Option<ConstValue>,
    selected: Selected,
) -> u64 {
    let statements = u64::from(selected.page) + u64::from(selected.total);
    if let Some((types, all)) = &fact.searches {
        let types = match argument(types) {
            None | Some(ConstValue::Null) => *all,
            Some(types) => (list_of(Some(&types)).len() as u64).min(*all),
        };
        return types * statements;
    }
    let Some(list) = &fact.list else {
        return 0;
    };
    let order = steps(argument("orderBy").as_ref());
    let mut conditions = Vec::new();
    let filter = argument("where");
    if let (Some(filter), Some(object)) = (&filter, facts.input_object_of(fact, "where")) {
        flatten(facts, object, filter, false, &mut conditions);
    }
    let relations = conditions.iter().filter(|it| it.is_relation).count() as u64;
    let finds = conditions.iter().any(|it| {
        let is_equal = ["eq", "in"].contains(&it.operator);
        !it.is_optional && it.field.is_unique_value && is_equal
    });
    let by = order.first().map(|(field, _)| field.clone());
    let by = by.or_else(|| list.default_order.clone());
    let is_served = |it: &Condition<'_>| {
        let is_unique = it.field.is_unique_value && ["eq", "in"].contains(&it.operator);
        let is_range = ["lt", "lte", "gt", "gte"].contains(&it.operator);
        let is_in_range = is_range && by.is_some() && it.field.indexed_range == by;
        let is_equal = it.operator == "eq" && by.is_some() && it.field.indexed_equality == by;
        !it.is_optional && !it.is_relation && (is_unique || is_in_range || is_equal)
    };
    let is_filtered = !conditions.iter().all(is_served);
    let is_sorted = !is_indexed(facts, fact, &order);
    let reads_all = !finds && (is_filtered || is_sorted);
    relations * statements
        + u64::from(selected.page && reads_all)
        + u64::from(selected.total && !finds)
}

/// The fields of `orderBy`, each with whether it is descending, without repeated ones.
fn steps(order_by: Option<&ConstValue>) -> Vec<(String, bool)> {
    let mut steps: Vec<(String, bool)> = Vec::new();
    for step in list_of(order_by) {
        let ConstValue::Object(step) = step else {
            continue;
        };
        let name = step.get("field").and_then(name);
        let descending = step.get("direction").and_then(name_of) == Some("DESC");
        if let Some(name) = name
            && steps.iter().all(|(known, _)| *known != name)
        {
            steps.push((name, descending));
        }
    }
    steps
}

/// Whether an index has the list in this order.
fn is_indexed(facts: &Facts, fact: &Fact, steps: &[(String, bool)]) -> bool {
    let parent = fact.list.as_ref().map(|it| it.parent.as_str());
    let has_index = |field: &str| match facts.orders_of(fact).and_then(|it| it.get(field)) {
        None => false,
        Some(None) => true,
        Some(Some(of)) => parent == Some(of),
    };
    match steps {
        [] => true,
        [(first, _)] => has_index(first),
        [(first, _), ..] if first == "ID" => has_index(first),
        [(first, direction), (second, other), ..] => {
            has_index(first) && second == "ID" && direction == other
        }
    }
}

fn flatten<'a>(
    facts: &'a Facts,
    object: &'a InputObject,
    filter: &'a ConstValue,
    is_optional: bool,
    found: &mut Vec<Condition<'a>>,
) {
    let ConstValue::Object(filter) = filter else {
        return;
    };
    for (key, value) in filter {
        let Some(field) = object.fields.get(key.as_str()) else {
            continue;
        };
        let Some(Input::Object(inner)) = facts.input_of(&field.ty) else {
            continue;
        };
        if *value == ConstValue::Null {
            continue;
        }
        let mut add = |operator, is_relation| {
            found.push(Condition {
                field,
                is_relation,
                operator,
                is_optional,
            });
        };
        let is_combination = ["and", "or", "not"].contains(&key.as_str());
        if inner.is_where && !is_combination {
            add("", true);
        } else if inner.is_where && (key != "and" || is_optional) {
            add("", false);
        }
        if inner.is_where {
            let is_optional = is_optional || key != "and";
            for part in list_of(Some(value)) {
                flatten(facts, inner, part, is_optional, found);
            }
            continue;
        }
        let related = facts.quantified(inner);
        if related.is_some() {
            add("", false);
        }
        if let ConstValue::Object(operators) = value {
            for (operator, part) in operators {
                if *part == ConstValue::Null {
                    continue;
                }
                found.push(Condition {
                    field,
                    is_relation: related.is_some(),
                    operator,
                    is_optional,
                });
                if let Some(related) = related {
                    flatten(facts, related, part, true, found);
                }
            }
        }
    }
}

/// The items of a list that are not null. Another value stands for a list with one item.
fn list_of(value: Option<&ConstValue>) -> Vec<&ConstValue> {
    match value {
        Some(ConstValue::List(items)) => {
            let items = items.iter();
            items.filter(|it| **it != ConstValue::Null).collect()
        }
        None | Some(ConstValue::Null) => Vec::new(),
        Some(value) => vec![value],
    }
}

fn name(value: &ConstValue) -> Option<String> {
    name_of(value).map(str::to_owned)
}

fn name_of(value: &ConstValue) -> Option<&str> {
    match value {
        ConstValue::Enum(name) => Some(name),
        ConstValue::String(name) => Some(name),
        _ => None,
    }
}
