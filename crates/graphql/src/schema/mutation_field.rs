//! The fields of `Mutation`, each generated from its input.

use std::{any::Any, marker::PhantomData};

use async_graphql::{
    Context, Error as GraphqlError, OutputType, ServerResult, TypeDirective, Value,
    registry::{MetaField, MetaInputValue, MetaType, Registry},
};
use futures_util::future::BoxFuture;

use super::payload::Payload;
use crate::{
    database::usage,
    directive::{cost, hashes_password, sized_by_input, stores},
    error::{Error, input::reason},
    guard::document::MutationInputs,
    read::context::ContextExt,
    table,
    write::input::MutationInput,
};

/// The input field of bulk mutations that decides whether valid items are changed if others have
/// problems.
const ALL_OR_NOTHING: &str = "allOrNothing";

/// The number of SQL statements of a mutation: those of its transaction and of the checks before
/// it.
pub(crate) const STATEMENTS: i32 = 10;

/// The same of a mutation that hashes a password. Its input is checked before, in a transaction of
/// its own.
const STATEMENTS_WITH_HASH: i32 = 16;

/// A field of `Mutation`.
pub(crate) trait MutationField: Sync {
    /// The name of the mutation, such as `meetingStart`.
    fn name(&self) -> &'static str;

    /// Declares the field: its type, its argument and its description.
    fn declare(&self, registry: &mut Registry) -> MetaField;

    /// Parses the input of the field.
    ///
    /// # Errors
    ///
    /// What is wrong with the input.
    fn parse(&self, input: Option<Value>) -> Result<Box<dyn Any + Send>, String>;

    /// Resolves the field.
    fn resolve<'a>(&self, ctx: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>>;
}

/// The field that takes the input `M`. The description of the input is that of the field.
pub(crate) const fn field<M: MutationInput>() -> &'static dyn MutationField {
    &FieldOf::<M>(PhantomData)
}

struct FieldOf<M>(PhantomData<fn() -> M>);

impl<M: MutationInput> MutationField for FieldOf<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn declare(&self, registry: &mut Registry) -> MetaField {
        let input = M::create_type_info(registry);
        let payload = <Option<Payload<M>>>::create_type_info(registry);
        let (description, is_bulk) = match registry.types.get(&*M::type_name()) {
            Some(MetaType::InputObject {
                description,
                input_fields,
                ..
            }) => (
                description.clone(),
                input_fields.contains_key(ALL_OR_NOTHING),
            ),
            _ => (None, false),
        };
        describe_payload(registry, &payload, M::NAME, is_bulk);
        cost.register(registry);
        sized_by_input.register(registry);
        stores.register(registry);
        hashes_password.register(registry);
        let mut field = MetaField::new(self.name(), payload);
        field.description = description;
        let statements = if M::HASHES_PASSWORD {
            STATEMENTS_WITH_HASH
        } else {
            STATEMENTS
        };
        let (size, maximum) = M::SIZE.unzip();
        field.directive_invocations = vec![
            cost::apply(Some(statements + M::FURTHER_STATEMENTS), None),
            sized_by_input::apply(size.map(str::to_owned), maximum),
            stores::apply(
                M::WRITES.map(|it| it.rows),
                M::WRITES.and_then(|it| it.when).map(str::to_owned),
                M::WRITES.and_then(|it| it.unless).map(str::to_owned),
            ),
        ];
        if M::HASHES_PASSWORD {
            let hashes = hashes_password::apply();
            field.directive_invocations.push(hashes);
        }
        let mut argument = MetaInputValue::new("input", input);
        argument.description = Some("The input of this mutation.".to_owned());
        field.args.insert("input".to_owned(), argument);
        field
    }

    fn parse(&self, input: Option<Value>) -> Result<Box<dyn Any + Send>, String> {
        match M::parse(input) {
            Ok(input) => Ok(Box::new(input)),
            Err(error) => Err(reason(error)),
        }
    }

    fn resolve<'a>(&self, ctx: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>> {
        Box::pin(async move {
            let name = &ctx.item.node.response_key().node;
            let input = ctx.data_opt::<MutationInputs>();
            let payload = match input.and_then(|it| it.take::<M>(name)) {
                Some(input) => {
                    // Whoever writes may wait for others who write.
                    let mutating = usage::mutating(name, input.run(ctx));
                    let request = ctx.request();
                    let waiting_places = &request.waiting_places;
                    let result = request
                        .place
                        .exchanged_during(waiting_places, mutating)
                        .await;
                    result.map(Payload::<M>::from).map_err(GraphqlError::from)
                }
                None => Err(Error::Internal("the input was not parsed".to_owned()).into()),
            };
            table::resolve(ctx, &Some(payload)).await
        })
    }
}

/// Adds the name of the mutation to the description of a payload.
fn describe_payload(registry: &mut Registry, payload: &str, name: &str, is_bulk: bool) {
    let Some(MetaType::Object {
        description,
        fields,
        ..
    }) = registry.types.get_mut(payload)
    else {
        return;
    };
    *description = Some(format!("The result of `{name}`."));
    if let Some(field) = fields.get_mut("userErrors")
        && is_bulk
    {
        let description = "Problems the user can fix. If this list is not empty, nothing was \
                           changed; with `allOrNothing: false`, the items without problems were \
                           still processed.";
        field.description = Some(description.to_owned());
    }
}
