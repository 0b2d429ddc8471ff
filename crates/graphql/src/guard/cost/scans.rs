//! How often a list makes the database read all rows of a table, because no index serves its order
//! or its conditions.

use async_graphql::parser::types::Field;

use super::{arguments::Arguments, given::Given, sum::count};
use crate::guard::facts::{Facts, Field as Fact, Input, InputObject};

/// The field of `orderBy` after which nothing else decides, because no two rows have the same.
const UNIQUE_ORDER: &str = "ID";

/// Which statements of a list are needed.
#[derive(Clone, Copy, Default)]
pub(super) struct Needs {
    /// The one for a page.
    pub(super) page: bool,
    /// The one for `totalCount`.
    pub(super) total: bool,
}

impl Needs {
    fn statements(self) -> u64 {
        u64::from(self.page) + u64::from(self.total)
    }
}

/// How often the list of a field reads all rows of a table.
///
/// A nested list can be as long as the table: nothing limits how many markers one user has. The
/// lists of several parents are read by one statement and have no rows in common, so together they
/// read no more than all rows of the table.
pub(super) fn of_list<'a>(
    facts: &'a Facts,
    arguments: &Arguments<'a>,
    field: &'a Field,
    fact: &'a Fact,
    needs: Needs,
) -> u64 {
    if let Some((argument, all)) = &fact.searches {
        let given = arguments.given(field, argument);
        let types = given.map_or(*all, |it| count(it.items().len()).min(*all));
        return types.saturating_mul(needs.statements());
    }
    if fact.list.is_none() {
        return 0;
    }
    let order = Order::of(facts, arguments, field, fact);
    let mut conditions = Conditions {
        facts,
        order: order.field,
        relations: 0,
        finds_by_unique_value: false,
        needs_all_rows: false,
    };
    if let Some((given, object)) = arguments
        .given(field, "where")
        .zip(facts.input_object_of(fact, "where"))
    {
        conditions.add(given, object, true);
    }
    let is_short = conditions.finds_by_unique_value;
    let is_indexed = is_short || order.is_indexed && !conditions.needs_all_rows;
    conditions
        .relations
        .saturating_mul(needs.statements())
        .saturating_add(u64::from(needs.page && !is_indexed))
        .saturating_add(u64::from(needs.total && !is_short))
}

/// The order of a list.
struct Order<'a> {
    /// The first field of `orderBy`.
    field: Option<&'a str>,
    /// Whether an index has the rows of the list in this order.
    is_indexed: bool,
}

impl<'a> Order<'a> {
    fn of(facts: &'a Facts, arguments: &Arguments<'a>, field: &'a Field, fact: &'a Fact) -> Self {
        let list = fact.list.as_ref();
        let given = arguments.given(field, "orderBy");
        let steps: Vec<(&str, bool)> = given
            .into_iter()
            .flat_map(Given::items)
            .filter_map(|step| Some((step.get("field")?.name()?, is_descending(step))))
            .collect();
        let Some(&(first, descending)) = steps.first() else {
            return Self {
                field: list.and_then(|it| it.default_order.as_deref()),
                is_indexed: true,
            };
        };
        let orders = facts.orders_of(fact);
        let is_first_indexed =
            orders
                .and_then(|orders| orders.get(first))
                .is_some_and(|of| match (of, list) {
                    (None, _) => true,
                    (Some(of), Some(list)) => *of == list.parent,
                    (Some(_), None) => false,
                });
        // A repeated field has no effect.
        let then = steps.iter().find(|(name, _)| *name != first);
        let ends_as_index = match then {
            None => true,
            Some((name, direction)) => *name == UNIQUE_ORDER && *direction == descending,
        };
        Self {
            field: Some(first),
            is_indexed: is_first_indexed && (first == UNIQUE_ORDER || ends_as_index),
        }
    }
}

fn is_descending(step: Given<'_, '_>) -> bool {
    step.get("direction").and_then(Given::name) == Some("DESC")
}

/// The conditions of a `where`.
struct Conditions<'a> {
    facts: &'a Facts,
    /// The first field of the order of the list.
    order: Option<&'a str>,
    /// The number of conditions on related objects.
    relations: u64,
    /// Whether all matching rows are found by a value that few rows have.
    finds_by_unique_value: bool,
    /// Whether there is a condition that is checked row by row.
    needs_all_rows: bool,
}

impl<'a> Conditions<'a> {
    /// Adds the conditions of `given`. `always` is whether all matching rows of the list meet them.
    fn add(&mut self, given: Given<'_, 'a>, object: &'a InputObject, always: bool) {
        for (name, value) in given.fields() {
            let Some(field) = object.fields.get(name) else {
                continue;
            };
            let Some(Input::Object(of_field)) = self.facts.input_of(&field.ty) else {
                continue;
            };
            if of_field.is_where {
                let combines = match name {
                    "and" | "or" | "not" => true,
                    _ => {
                        self.relations = self.relations.saturating_add(1);
                        false
                    }
                };
                let always = always && name == "and";
                self.needs_all_rows |= !(combines && always);
                for part in value.items() {
                    self.add(part, of_field, always);
                }
            } else if let Some(related) = self.facts.quantified(of_field) {
                self.needs_all_rows = true;
                for (_, part) in value.fields() {
                    self.relations = self.relations.saturating_add(1);
                    self.add(part, related, false);
                }
            } else if always {
                for (operator, _) in value.fields() {
                    let is_of =
                        |order: &Option<String>| order.is_some() && order.as_deref() == self.order;
                    match operator {
                        "eq" | "in" if field.is_unique_value => self.finds_by_unique_value = true,
                        "eq" if is_of(&field.indexed_equality) => {}
                        "lt" | "lte" | "gt" | "gte" if is_of(&field.indexed_range) => {}
                        _ => self.needs_all_rows = true,
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{
        Variables,
        parser::{parse_query, types::DocumentOperations},
    };
    use serde_json::json;

    use super::*;
    use crate::guard::cost::{measure::Cost, naive::UNLIMITED, pricing::Pricing};

    fn cost(text: &str, variables: serde_json::Value) -> Cost {
        let document = parse_query(text).unwrap();
        let DocumentOperations::Single(operation) = &document.operations else {
            panic!("several operations");
        };
        let pricing = Pricing {
            facts: &Facts::new(&crate::guard::schema::parse(&crate::sdl())),
            limits: &UNLIMITED,
            fragments: &document.fragments,
            tokens: 0,
        };
        let variables = Variables::from_json(variables);
        pricing.price(&operation.node, &variables).unwrap()
    }

    /// The scans of a list with these arguments, of which only a page is selected.
    fn scans(arguments: &str) -> u64 {
        cost(
            &format!("{{ {arguments} {{ nodes {{ id }} }} }}"),
            json!({}),
        )
        .scans
    }

    #[test]
    fn orders_without_an_index_are_scans() {
        for (list, expected) in [
            ("meetings", 0),
            ("meetings(orderBy: [])", 0),
            ("meetings(orderBy: {field: ID, direction: DESC})", 0),
            ("meetings(orderBy: {field: CREATED_AT, direction: DESC})", 0),
            ("meetings(orderBy: [{field: CREATED_AT}, {field: ID}])", 0),
            (
                "meetings(orderBy: [{field: CREATED_AT}, {field: CREATED_AT}])",
                0,
            ),
            (
                "meetings(orderBy: [{field: CREATED_AT}, {field: ID, direction: DESC}])",
                1,
            ),
            (
                "meetings(orderBy: [{field: CREATED_AT}, {field: TITLE}])",
                1,
            ),
            ("meetings(orderBy: [{field: ID}, {field: TITLE}])", 0),
            ("meetings(orderBy: {field: TITLE})", 1),
            ("tasks(orderBy: {field: CREATED_AT})", 0),
            ("tasks(orderBy: {field: UPDATED_AT})", 1),
            ("markers(orderBy: {field: TIMESTAMP})", 1),
        ] {
            assert_eq!(scans(list), expected, "{list}");
        }
        let of_workspace = "{ workspace { meetings(orderBy: {field: TITLE}) { nodes { id } } } }";
        assert_eq!(cost(of_workspace, json!({})).scans, 1);
    }

    #[test]
    fn conditions_without_an_index_are_scans() {
        for (list, expected) in [
            ("tasks(where: {})", 0),
            ("tasks(where: {title: {contains: \"a\"}})", 1),
            (
                "tasks(where: {title: {eq: \"a\"}}, orderBy: {field: TITLE})",
                1,
            ),
            ("tasks(where: {databaseId: {eq: 1}})", 0),
            (
                "tasks(where: {databaseId: {in: [1, 2]}, title: {eq: \"a\"}})",
                0,
            ),
            (
                "tasks(where: {and: [{databaseId: {eq: 1}}, {title: {eq: \"a\"}}]})",
                0,
            ),
            ("tasks(where: {or: [{databaseId: {eq: 1}}]})", 1),
            ("tasks(where: {not: {databaseId: {eq: 1}}})", 1),
            ("tasks(where: {databaseId: {ne: 1}})", 1),
            ("tasks(where: {databaseId: {gt: 1}})", 0),
            (
                "tasks(where: {databaseId: {gt: 1}}, orderBy: {field: TITLE})",
                1,
            ),
            ("meetings(where: {status: {eq: LIVE}})", 1),
            (
                "meetings(where: {status: {eq: LIVE}}, orderBy: {field: CREATED_AT})",
                0,
            ),
            (
                "meetings(where: {status: {in: [LIVE]}}, orderBy: {field: CREATED_AT})",
                1,
            ),
        ] {
            assert_eq!(scans(list), expected, "{list}");
        }
    }

    #[test]
    fn each_relation_in_a_condition_is_a_scan() {
        for (list, expected) in [
            ("tasks(where: {meeting: {}})", 2),
            (
                "tasks(where: {meeting: {organizer: {role: {eq: ADMIN}}}})",
                3,
            ),
            ("meetings(where: {tasks: {some: {}, none: {}}})", 3),
            (
                "meetings(where: {or: [{tasks: {every: {}}}, {tasks: {every: {}}}]})",
                3,
            ),
            (
                "meetings(where: {databaseId: {eq: 1}, tasks: {some: {assignedTo: {}}}})",
                2,
            ),
        ] {
            assert_eq!(scans(list), expected, "{list}");
        }
        let variable = "query ($where: TaskWhere) { tasks(where: $where) { nodes { id } } }";
        let through_meeting = json!({"where": {"meeting": {"tasks": {"none": {}}}}});
        assert_eq!(cost(variable, through_meeting).scans, 3);
    }

    #[test]
    fn totals_read_all_rows() {
        for (query, expected) in [
            ("{ tasks { totalCount } }", 1),
            ("{ tasks { totalCount nodes { id } } }", 1),
            (
                "{ tasks(orderBy: {field: TITLE}) { totalCount ...N } }
              fragment N on TaskConnection { nodes { id } }",
                2,
            ),
            (
                "{ tasks(where: {meeting: {}}) { totalCount pageInfo { endCursor } } }",
                4,
            ),
            ("{ tasks(where: {databaseId: {eq: 1}}) { totalCount } }", 0),
            ("{ meetings { nodes { tasks { totalCount } } } }", 1),
            ("{ tasks { __typename } }", 0),
        ] {
            assert_eq!(cost(query, json!({})).scans, expected, "{query}");
        }
    }

    #[test]
    fn nested_lists_without_an_index_are_scans_too() {
        for (list, expected) in [
            ("meetings { nodes { tasks { nodes { id } } } }", 0),
            (
                "meetings { nodes { tasks(orderBy: {field: TITLE}) { nodes { id } } } }",
                1,
            ),
            (
                "viewer { markers(orderBy: {field: TYPE}) { totalCount nodes { id } } }",
                2,
            ),
            (
                "sessions { nodes { markers(orderBy: {field: TIMESTAMP}) { nodes { id } } } }",
                0,
            ),
            (
                "viewer { markers(orderBy: {field: TIMESTAMP}) { nodes { id } } }",
                1,
            ),
            (
                "sessions { nodes { segments(where: {text: {contains: \"a\"}}) { nodes { id } } } }",
                1,
            ),
            (
                "viewer { createdTasks(where: {databaseId: {eq: 1}}) { totalCount } }",
                0,
            ),
        ] {
            let query = format!("{{ {list} }}");
            assert_eq!(cost(&query, json!({})).scans, expected, "{list}");
        }
    }

    #[test]
    fn searches_scan_each_type() {
        let of = |query: &str| {
            let cost = cost(query, json!({}));
            (cost.scans, cost.rows)
        };
        let all = "{ search(text: \"ab\", first: 10) { nodes { __typename } } }";
        assert_eq!(of(all), (5, 20));
        let two =
            "{ search(text: \"ab\", types: [TASK, USER]) { totalCount nodes { __typename } } }";
        assert_eq!(of(two), (4, 50));
    }

    #[test]
    fn mutations_cost_what_they_hash_and_store() {
        let hash = "mutation { signIn(input: {login: \"a\", password: \"b\"}) { token } }";
        let cost_of_hash = cost(hash, json!({}));
        assert_eq!((cost_of_hash.hashes, cost_of_hash.points()), (1, 116));
        let create = "mutation ($text: String) {
            taskCreate(input: {meetingId: \"a\", title: \"b\", description: $text}) {
                task { id } } }";
        let long = cost(create, json!({"text": "a".repeat(64 * 1024)}));
        assert_eq!(long.points(), 10 + 64 + 1);
        assert_eq!(long.hashes, 0);
    }
}
