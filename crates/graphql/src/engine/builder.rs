//! The schemas: the one that clients see, and the one in which a subscription is a query whose root
//! is an event.

use async_graphql::{
    EmptyMutation, EmptySubscription, SDLExportOptions, Schema, SchemaBuilder, ValidationMode,
};

use crate::schema::{
    mutation::Mutation,
    query::Query,
    subscription::{Declared, Subscription},
};

/// The schema that clients see.
pub(crate) type ClientSchema = Schema<Query, Mutation, Declared>;

/// The schema in which a subscription is a query whose root is an event.
pub(super) type EventSchema = Schema<Subscription, EmptyMutation, EmptySubscription>;

/// The schema that clients see, ready to be built.
pub(crate) fn builder() -> SchemaBuilder<Query, Mutation, Declared> {
    Schema::build(Query, Mutation, Declared)
}

/// The schema that executes. Documents were validated before, so it validates as little as it can.
pub(super) fn executing() -> ClientSchema {
    builder().validation_mode(ValidationMode::Fast).finish()
}

/// The schema that executes subscriptions, event by event.
pub(super) fn executing_events() -> EventSchema {
    Schema::build(Subscription, EmptyMutation, EmptySubscription)
        .validation_mode(ValidationMode::Fast)
        .finish()
}

/// The schema in the schema definition language, sorted, so that reordering code leaves the text
/// as it is.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    builder().finish().sdl_with_options(options)
}
