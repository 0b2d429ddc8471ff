//! Mutations as declared by their inputs, and the fields of `Mutation` that are made of them.

use std::{marker::PhantomData, sync::Arc};

use async_graphql::{
    Context, Error as GraphqlError, InputType, OutputType, ServerResult, Value,
    registry::{MetaField, MetaInputValue, MetaType, Registry},
};
use futures_util::future::BoxFuture;

use super::{
    Stop, Write,
    payload::{Made, Outcome, Payload},
};
use crate::{
    database::trouble::Trouble, error::Error, error::user_error::UserError,
    read::context::ContextExt, table,
};

/// How often a transaction is begun anew that others came between.
const MOST_ATTEMPTS: usize = 5;

/// What changes the graph, in one transaction.
pub(crate) trait Change: Sync {
    /// What comes of it.
    type Outcome: Made;

    /// Whether nobody in particular may do it too.
    const IS_PUBLIC: bool = false;

    /// Does it. The transaction may be begun anew, and this called again.
    fn apply(&self, write: &mut Write) -> impl Future<Output = Result<Self::Outcome, Stop>> + Send;
}

/// The input of a mutation. The field of `Mutation` has its name and its description: the input
/// `MeetingStartInput` is that of `meetingStart`.
pub(crate) trait Mutation: InputType + 'static {
    /// What the answer shows beside `userErrors` and `query`.
    type Outcome: Outcome;

    /// Does what is asked.
    fn answer(
        &self,
        ctx: &Context<'_>,
    ) -> impl Future<Output = Result<Answer<Self::Outcome>, Error>> + Send;

    /// The name of the mutation with a capital letter, such as `MeetingStart`.
    fn mutation_name() -> String {
        let name = Self::type_name();
        name.strip_suffix("Input").unwrap_or(&name).to_owned()
    }
}

/// The outcome of a mutation, and what the user can mend.
pub(crate) type Answer<O> = (O, Vec<UserError>);

impl<C: Change<Outcome: Outcome> + InputType + 'static> Mutation for C {
    type Outcome = C::Outcome;

    async fn answer(&self, ctx: &Context<'_>) -> Result<Answer<C::Outcome>, Error> {
        change(ctx, self).await
    }
}

/// Carries out a change in a transaction, anew where another one came between.
pub(crate) async fn change<C: Change>(
    ctx: &Context<'_>,
    change: &C,
) -> Result<Answer<C::Outcome>, Error> {
    if !C::IS_PUBLIC {
        ctx.viewer()?;
    }
    let mut attempt = 1;
    loop {
        match attempt_change(ctx, change).await {
            Err(error) if error.is_race() && attempt < MOST_ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

async fn attempt_change<C: Change>(
    ctx: &Context<'_>,
    change: &C,
) -> Result<Answer<C::Outcome>, Error> {
    let mut write = Write::begin(ctx).await?;
    if !C::IS_PUBLIC {
        write.viewer()?;
    }
    let applied = change.apply(&mut write).await;
    let mistakes = std::mem::take(&mut write.mistakes);
    match applied {
        Ok(outcome) if mistakes.is_empty() || write.partial => {
            let viewer = write.viewer.take();
            write.commit(&outcome).await?;
            ctx.request().live.publish();
            // What was loaded before may have changed, the viewer included.
            ctx.loads().enable_all_cache(false);
            if let Some(viewer) = viewer {
                ctx.set_viewer(viewer);
            }
            Ok((outcome, mistakes))
        }
        Ok(_) | Err(Stop::Refused) => {
            write.transaction.rollback().await?;
            Ok((C::Outcome::default(), mistakes))
        }
        Err(Stop::Failed(error)) => {
            // Its own error says more than one of rolling back would.
            let _ = write.transaction.rollback().await;
            Err(error)
        }
    }
}

impl Write {
    async fn commit(mut self, outcome: &impl Made) -> Result<(), Error> {
        self.keep_key(outcome.database_id()).await?;
        self.transaction.commit().await.map_err(|error| {
            if Trouble::of(&error) == Trouble::Unreachable {
                Error::Uncertain(Arc::new(error))
            } else {
                error.into()
            }
        })
    }
}

/// A field of `Mutation`.
pub(crate) trait MutationField: Sync {
    /// Its name, such as `meetingStart`.
    fn name(&self) -> String;

    /// Declares it: its type, its argument, its description.
    fn declare(&self, registry: &mut Registry) -> MetaField;

    /// Resolves it.
    fn resolve<'a>(&self, ctx: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>>;
}

/// The field that takes the input `M`.
pub(crate) const fn field<M: Mutation>() -> &'static dyn MutationField {
    &FieldOf::<M>(PhantomData)
}

struct FieldOf<M>(PhantomData<fn() -> M>);

impl<M: Mutation> MutationField for FieldOf<M> {
    fn name(&self) -> String {
        lower_camel_case(&M::mutation_name())
    }

    fn declare(&self, registry: &mut Registry) -> MetaField {
        let input = M::create_type_info(registry);
        let payload = <Option<Payload<M>>>::create_type_info(registry);
        let mut field = MetaField::new(self.name(), payload);
        field.description = match registry.types.get(&*M::type_name()) {
            Some(MetaType::InputObject { description, .. }) => description.clone(),
            _ => None,
        };
        let mut argument = MetaInputValue::new("input", input);
        argument.description = Some("What it is to do, and to which object.".to_owned());
        field.args.insert("input".to_owned(), argument);
        field
    }

    fn resolve<'a>(&self, ctx: &'a Context<'a>) -> BoxFuture<'a, ServerResult<Value>> {
        Box::pin(async move {
            let answer = match ctx.param_value::<M>("input", None) {
                Ok((_, input)) => {
                    let answer = input.answer(ctx).await;
                    answer.map(Payload::<M>::new).map_err(GraphqlError::from)
                }
                Err(error) => {
                    ctx.add_error(ctx.set_error_path(error));
                    return Ok(Value::Null);
                }
            };
            table::resolve(ctx, &Some(answer)).await
        })
    }
}

/// `MeetingStart` as a field of that name: `meetingStart`.
pub(crate) fn lower_camel_case(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}
