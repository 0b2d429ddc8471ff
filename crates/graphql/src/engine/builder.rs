//! The schemas: the public one, and one for events, in which subscriptions are executed as queries
//! whose root is an event.

use async_graphql::{
    EmptyMutation, EmptySubscription, SDLExportOptions, Schema, SchemaBuilder, ValidationMode,
};

use crate::schema::{
    mutation::Mutation,
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
pub(super) fn executing_events() -> EventSchema {
    Schema::build(Subscription, EmptyMutation, EmptySubscription)
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
