//! Input coercion: values as clients send them become values of the types that the schema declares,
//! before anything is executed. All problems are reported at once, each with its path.
//!
//! <https://spec.graphql.org/September2025/#sec-Input-Values.Input-Coercion>

mod check;
mod ids;
mod literals;
mod nulls;
mod path;
mod scalar;

use async_graphql::{ServerError, Variables, parser::types::OperationDefinition};
use async_graphql_value::ConstValue;

pub(crate) use self::check::MAX_CONDITIONS;
use self::{
    check::{Check, Source},
    path::Path,
};
pub(super) use self::{ids::check_ids, literals::check_literals, nulls::check_nulls};
use crate::guard::facts::Facts;

/// The values of an operation's variables, with their defaults.
///
/// # Errors
///
/// What is wrong with the values. Nothing was executed.
pub(super) fn coerce_variables(
    facts: &Facts,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Variables, Vec<ServerError>> {
    let mut coerced = Variables::default();
    let mut errors = Vec::new();
    for definition in &operation.variable_definitions {
        let position = definition.pos;
        let definition = &definition.node;
        let name = &definition.name.node;
        let ty = &definition.var_type.node;
        let mut check = Check::new(facts, Source::Variable);
        let value = match (variables.get(name), &definition.default_value) {
            (Some(value), _) => check.coerce(ty, value, &Path::Variable(name)),
            (None, Some(default)) => check.coerce(ty, &default.node, &Path::Variable(name)),
            (None, None) if ty.nullable => continue,
            (None, None) => {
                check.report(format!("`${name}` is missing. Its type is `{ty}`."));
                ConstValue::Null
            }
        };
        coerced.insert(name.clone(), value);
        let problems = check.problems().into_iter();
        errors.extend(
            problems.map(|it| ServerError::new(format!("Variables: {it}"), Some(position))),
        );
    }
    if errors.is_empty() {
        Ok(coerced)
    } else {
        Err(errors)
    }
}
