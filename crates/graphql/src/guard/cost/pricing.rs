//! Computes the cost of an operation and checks it against the limits.

use async_graphql::{Variables, parser::types::OperationDefinition};

use super::{
    measure::{Cost, Fragments, Limits, Measure},
    walk::Walk,
};
use crate::{
    error::{Error, limit::LimitExceeded},
    guard::facts::Facts,
};

/// Computes the costs of the operations of a document.
pub(crate) struct Pricing<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) limits: &'a Limits,
    pub(crate) fragments: &'a Fragments,
    pub(crate) tokens: u64,
}

impl Pricing<'_> {
    /// The cost of an operation without the values of its variables, or an error if it exceeds a
    /// limit that does not depend on them.
    pub(crate) fn check_text(&self, operation: &OperationDefinition) -> Result<Cost, Error> {
        self.check(operation, None, &Measure::OF_TEXT)
    }

    /// The cost of an operation with these variables, or an error if it exceeds a limit.
    pub(crate) fn price(
        &self,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<Cost, Error> {
        self.check(operation, Some(variables), &Measure::ALL)
    }

    pub(super) fn check(
        &self,
        operation: &OperationDefinition,
        variables: Option<&Variables>,
        measures: &[Measure],
    ) -> Result<Cost, Error> {
        let walk = |traced| Walk::new(self.facts, self.fragments, operation, variables, traced);
        let (mut cost, _) = walk(None).operation()?;
        cost.tokens = self.tokens;
        for &measure in measures {
            let (value, limit) = (measure.of(&cost), measure.of(&self.limits.0));
            if value > limit {
                // The paths are computed only for rejected operations, by a second pass.
                let (_, paths) = walk(Some(measure)).operation()?;
                return Err(Error::CostLimitExceeded(Box::new(LimitExceeded {
                    measure: measure.name(),
                    cost: value,
                    limit,
                    paths,
                })));
            }
        }
        Ok(cost)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::DocumentOperations};
    use serde_json::json;

    use super::*;
    use crate::guard::cost::naive::UNLIMITED;

    fn price_within(
        limits: Limits,
        text: &str,
        variables: serde_json::Value,
    ) -> Result<Cost, Error> {
        let document = parse_query(text).unwrap();
        let DocumentOperations::Single(operation) = &document.operations else {
            panic!("several operations");
        };
        let pricing = Pricing {
            facts: &Facts::new(&crate::guard::schema::parse(&crate::sdl())),
            limits: &limits,
            fragments: &document.fragments,
            tokens: 0,
        };
        pricing.price(&operation.node, &Variables::from_json(variables))
    }

    /// Fields, rows and statements.
    fn volume(text: &str, variables: serde_json::Value) -> (u64, u64, u64) {
        let cost = price_within(UNLIMITED, text, variables).unwrap();
        (cost.fields, cost.rows, cost.statements)
    }

    #[test]
    fn page_sizes_multiply_the_fields_of_items() {
        let of = |text: &str| volume(text, json!({}));
        assert_eq!(of("{ viewer { id username } }"), (3, 1, 1));
        assert_eq!(
            of("{ meetings(first: 10) { nodes { id title } } }"),
            (22, 10, 1)
        );
        assert_eq!(
            of("{ meetings(last: 10) { edges { node { id } } } }"),
            (22, 10, 1)
        );
        assert_eq!(of("{ meetings { nodes { id } totalCount } }"), (28, 25, 2));
        assert_eq!(of("{ meetings { totalCount } }"), (2, 0, 2));
        assert_eq!(
            of(
                "{ meetings(first: 10) { nodes { tasks(first: 5) { nodes { meeting { id } } } } } }"
            ),
            (2 + 10 * (2 + 5 * 2), 10 * (1 + 5 * 2), 3)
        );
    }

    #[test]
    fn variables_and_their_defaults_determine_page_sizes() {
        let text = "query ($n: Int = 7) { meetings(first: $n) { nodes { id } } }";
        assert_eq!(volume(text, json!({})).1, 7);
        assert_eq!(volume(text, json!({"n": 50})).1, 50);
        assert_eq!(volume(text, json!({"n": 1_000_000})).1, 100);
        assert_eq!(volume(text, json!({"n": -5})).1, 0);
        let ids = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(volume(ids, json!({"ids": ["a", "b", "c"]})).1, 3);
    }

    #[test]
    fn mutations_cost_what_they_write_though_their_input_does_not_list_it() {
        let stored = |text: &str, input: serde_json::Value| {
            let text = format!("mutation ($in: {text}");
            let cost = price_within(UNLIMITED, &text, json!({"in": input})).unwrap();
            cost.stored
        };
        let delete = "SegmentsDeleteInput!) { segmentsDelete(input: $in) { hasMore } }";
        assert_eq!(stored(delete, json!({"sessionId": "a"})), 10_000);
        assert_eq!(
            stored(delete, json!({"sessionId": "a", "ids": null})),
            10_000
        );
        let two = json!({"sessionId": "a", "ids": ["b", "c"]});
        assert_eq!(stored(delete, two), 2);
        let written = "ID!) { segmentsDelete(input: {sessionId: $in, ids: [$in]}) { hasMore } }";
        assert_eq!(stored(written, json!("a")), 1);
        let session = "SessionDeleteInput!) { sessionDelete(input: $in) { deletedId } }";
        assert_eq!(stored(session, json!({"id": "a"})), 10_000);
        let meeting = "MeetingDeleteInput!) { meetingDelete(input: $in) { deletedId } }";
        assert_eq!(stored(meeting, json!({"id": "a"})), 1);
        assert_eq!(
            stored(meeting, json!({"id": "a", "deleteSession": false})),
            1
        );
        let with_session = json!({"id": "a", "deleteSession": true});
        assert_eq!(stored(meeting, with_session), 10_000);
        let rename = "SpeakerRenameInput!) { speakerRename(input: $in) { hasMore } }";
        let names = json!({"sessionId": "a", "name": "b", "newName": "c"});
        assert_eq!(stored(rename, names), 10_000);
    }

    #[test]
    fn arguments_count_for_each_object() {
        let text = "query ($in: [String!]) {
            meetings(first: 10) { nodes { tasks(where: {title: {in: $in}}) { totalCount } } } }";
        assert_eq!(volume(text, json!({})).0, 2 + 10 * (2 + 2));
        let titles = json!({"in": ["a", "b", "c"]});
        assert_eq!(volume(text, titles).0, 2 + 10 * (2 + 2 + 3));
        let long = json!({"in": ["a".repeat(640)]});
        assert_eq!(volume(text, long).0, 2 + 10 * (2 + 2 + 1 + 10));
    }

    #[test]
    fn skipped_selections_cost_nothing() {
        let text =
            "query ($x: Boolean!) { viewer { id } meetings @include(if: $x) { nodes { id } } }";
        assert_eq!(volume(text, json!({"x": false})), (2, 1, 1));
        assert_eq!(volume(text, json!({"x": true})), (2 + 27, 1 + 25, 2));
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        let spread = "{ a: meetings(first: 2) { ...P } b: meetings(first: 3) { ...P } }
            fragment P on MeetingConnection { nodes { ...M } }
            fragment M on Meeting { id tasks(first: 4) { nodes { id } } }";
        let written = "{
            a: meetings(first: 2) { nodes { id tasks(first: 4) { nodes { id } } } }
            b: meetings(first: 3) { nodes { id tasks(first: 4) { nodes { id } } } } }";
        assert_eq!(volume(spread, json!({})), volume(written, json!({})));
        let cost = price_within(UNLIMITED, spread, json!({})).unwrap();
        assert_eq!((cost.aliases, cost.depth, cost.selections), (2, 5, 16));
    }

    #[test]
    fn nested_fragments_are_counted_quickly_and_without_overflow() {
        let levels: Vec<String> = (0..30)
            .map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }}", n + 1))
            .collect();
        let levels = levels.join(" ");
        let bomb = format!("{{ ...f0 }} {levels} fragment f30 on Query {{ __typename }}");
        let limits = Limits(Cost {
            selections: 1000,
            ..UNLIMITED.0
        });
        let error = price_within(limits, &bomb, json!({})).unwrap_err();
        let Error::CostLimitExceeded(exceeded) = error else {
            panic!("{error}");
        };
        assert_eq!(exceeded.measure, "selections");
        assert_eq!(exceeded.cost, 3 * (1 << 30) - 1);
    }

    #[test]
    fn the_costliest_paths_are_named() {
        let limits = Limits(Cost {
            rows: 100,
            ..UNLIMITED.0
        });
        let text = "{ users(first: 3) { nodes { id } } viewer { id }
            plans: meetings(first: 10) { nodes { ...M } } }
            fragment M on Meeting { tasks(first: 20) { edges { node { id } } } organizer { id } }";
        let error = price_within(limits, text, json!({})).unwrap_err();
        let Error::CostLimitExceeded(exceeded) = error else {
            panic!("{error}");
        };
        let paths: Vec<(&str, u64)> = exceeded
            .paths
            .iter()
            .map(|it| (it.path.as_str(), it.cost))
            .collect();
        assert_eq!(
            (exceeded.cost, exceeded.limit),
            (3 + 1 + 10 * (1 + 20 + 1), 100)
        );
        assert_eq!(paths[0], ("plans.nodes.tasks", 200));
        assert_eq!(paths.len(), 3);
    }

    #[test]
    fn fragment_cycles_are_rejected() {
        let text = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
        let error = price_within(UNLIMITED, text, json!({})).unwrap_err();
        assert!(error.to_string().contains("spreads itself"), "{error}");
    }
}
