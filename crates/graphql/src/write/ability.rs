//! Fields that say in advance what the viewer may do to an object.

use std::sync::Arc;

use async_graphql::{
    Context, OutputType, ServerResult, TypeDirective, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};

use super::action::{Action, Resource};
use crate::{
    directive::{per_viewer, shared_statement},
    error::Error,
    read::{
        context::ContextExt,
        row::{ModelOf, Row},
    },
    table::{self, FieldTable},
};

/// Whether the viewer can do it to a row now.
pub(crate) async fn can<T: Resource>(
    ctx: &Context<'_>,
    action: &Action<T>,
    row: &ModelOf<T>,
) -> Result<bool, Error> {
    let (viewer, loads) = (ctx.viewer()?, ctx.loaders());
    Ok(action.is_permitted(row, &viewer, loads).await?
        && action.obstacle(row, loads).await?.is_none())
}

/// The states to which something can go from where it is, whoever asks.
pub(crate) async fn allowed_transitions<T: Resource, G: From<T::State>>(
    ctx: &Context<'_>,
    row: &ModelOf<T>,
) -> Result<Vec<G>, Error> {
    let mut reached = Vec::new();
    for action in T::ACTIONS {
        if let Some(to) = action.to
            && !reached.contains(&to)
            && action.obstacle(row, ctx.loaders()).await?.is_none()
        {
            reached.push(to);
        }
    }
    Ok(reached.into_iter().map(Into::into).collect())
}

/// The fields that foretell what the viewer can do to an object.
pub(crate) struct Abilities<T: Row>(pub(crate) Arc<ModelOf<T>>);

impl<T: Resource> FieldTable for Abilities<T> {
    fn name() -> String {
        format!("{}Abilities", T::NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        let boolean = bool::create_type_info(registry);
        shared_statement.register(registry);
        per_viewer.register(registry);
        T::ACTIONS
            .iter()
            .map(|action| {
                let (name, mut field) =
                    table::field(action.ability, boolean.clone(), action.description);
                field.directive_invocations = vec![shared_statement::apply(), per_viewer::apply()];
                (name, field)
            })
            .collect()
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        let action = T::ACTIONS.iter().find(|action| action.ability == name)?;
        let can = can(ctx, action, &self.0).await;
        Some(table::resolve(ctx, &can).await)
    }
}
