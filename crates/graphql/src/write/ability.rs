//! The fields `viewerCan…` and `allowedTransitions`, which tell clients in advance what is allowed.

use std::sync::Arc;

use async_graphql::{
    Context, OutputType, ServerResult, TypeDirective, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};

use super::action::{Action, Resource};
use crate::{
    database::usage,
    directive::{per_viewer, shared_statement},
    error::Error,
    read::{
        context::ContextExt,
        row::{ModelOf, Row},
    },
    table::{self, FieldTable},
};

/// The bytes that a field with code behind it takes while an answer is built: its future and its
/// value. If there is no room for them, the answer fails as a whole.
const CODE_BYTES: usize = 400;

/// Whether the viewer can perform an action on a row right now.
pub(crate) async fn can<T: Resource>(
    ctx: &Context<'_>,
    action: &Action<T>,
    row: &ModelOf<T>,
) -> Result<bool, Error> {
    let (viewer, loads) = (ctx.viewer()?, ctx.loaders());
    Ok(action.is_permitted(row, &viewer, loads).await?
        && action.obstacle(row, loads).await?.is_none())
}

/// The states that a row can move to from its current one. The viewer's permissions are not
/// considered.
pub(crate) async fn allowed_transitions<T: Resource, G: From<T::State>>(
    ctx: &Context<'_>,
    row: &ModelOf<T>,
) -> Result<Vec<G>, Error> {
    let _ = usage::admits(CODE_BYTES);
    let mut states = Vec::new();
    for action in T::ACTIONS {
        if let Some(to) = action.to
            && !states.contains(&to)
            && action.obstacle(row, ctx.loaders()).await?.is_none()
        {
            states.push(to);
        }
    }
    Ok(states.into_iter().map(Into::into).collect())
}

/// The `viewerCan…` fields of an object: one for each of its actions.
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
        let _ = usage::admits(CODE_BYTES);
        let can = can(ctx, action, &self.0).await;
        Some(table::resolve(ctx, &can).await)
    }
}
