//! The schemas: the public one, and one for events, in which subscriptions are executed as queries
//! whose root is an event.

use async_graphql::{
    EmptyMutation, EmptySubscription, SDLExportOptions, Schema, SchemaBuilder, ValidationMode,
};

use crate::schema::{
    mutation::Mutation,
    node::Node,
    part::Part,
    query::Query,
    subscription::{Subscription, SubscriptionRoot},
};

/// The public schema.
pub(crate) type ClientSchema = Schema<Query, Mutation, SubscriptionRoot>;

/// The schema in which subscriptions are executed as queries whose root is an event.
pub(super) type EventSchema = Schema<Subscription, EmptyMutation, EmptySubscription>;

/// A builder of the public schema.
pub(crate) fn builder() -> SchemaBuilder<Query, Mutation, SubscriptionRoot> {
    Schema::build(Query, Mutation, SubscriptionRoot)
}

/// The schema for execution. It validates as little as possible, because documents were validated
/// before.
pub(super) fn executing() -> ClientSchema {
    builder().validation_mode(ValidationMode::Fast).finish()
}

/// The schema for executing subscriptions, once per event.
///
/// No field of an event returns the interface `Node`, so it is registered separately: execution
/// applies `... on Node` only to types of which the registry knows that they implement it.
pub(super) fn executing_events() -> EventSchema {
    Schema::build(Subscription, EmptyMutation, EmptySubscription)
        .register_output_type::<Node>()
        .validation_mode(ValidationMode::Fast)
        .finish()
}

/// The schema of what query plans leave to async-graphql.
pub(crate) type PartSchema = Schema<Part, EmptyMutation, EmptySubscription>;

/// The schema for executing parts of queries.
pub(super) fn executing_parts() -> PartSchema {
    Schema::build(Part, EmptyMutation, EmptySubscription)
        .register_output_type::<Node>()
        .validation_mode(ValidationMode::Fast)
        .finish()
}

/// The schema in the schema definition language. It is sorted, so that reordering code does not
/// change the text.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    builder().finish().sdl_with_options(options)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The lines that declare types with interfaces, and unions.
    fn abstract_types(sdl: &str) -> BTreeSet<&str> {
        let declarations = sdl.lines().filter(|line| {
            line.contains(" implements ")
                || line.starts_with("interface ")
                || line.starts_with("union ")
        });
        declarations.collect()
    }

    #[test]
    fn events_know_every_interface() {
        let public = sdl();
        let events = executing_events().sdl();
        let missing = &abstract_types(&public) - &abstract_types(&events);
        // Only a query leads to search results.
        let missing: Vec<&str> = missing.into_iter().collect();
        assert!(
            missing
                .iter()
                .all(|line| line.starts_with("union SearchResult")),
            "{missing:#?}"
        );
        assert!(events.contains("type Meeting implements Node"));
    }
}
