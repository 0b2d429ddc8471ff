//! Descriptions that depend on what fields declare: sizes and orders of pages, names of items.

use async_graphql::{
    Value,
    registry::{MetaDirectiveInvocation, MetaField, MetaType, Registry},
};

/// Completes the descriptions of all lists that are registered.
pub(super) fn complete(registry: &mut Registry) {
    let mut lists = Vec::new();
    for meta_type in registry.types.values_mut() {
        if let MetaType::Object { fields, .. } = meta_type {
            for field in fields.values_mut() {
                if describe_arguments(field) {
                    lists.push(field.ty.trim_end_matches('!').to_owned());
                }
            }
        }
    }
    for list in lists {
        describe_connection(registry, &list);
    }
}

/// Adds the numbers and the order that a list declares to the descriptions of its arguments.
/// Returns whether the field is a list.
fn describe_arguments(field: &mut MetaField) -> bool {
    let mut directives = field.directive_invocations.iter();
    let Some(page) = directives.find(|it| it.name == "page") else {
        return false;
    };
    let number = |argument| number(page, argument);
    let (default, maximum) = (number("default"), number("maximum"));
    let order = match page.args.get("order") {
        Some(Value::String(order)) => Some(order.clone()),
        _ => None,
    };
    for (argument, rest) in [
        (
            "first",
            format!(
                "At most {maximum}. Defaults to {default} if neither `first` nor `last` is given."
            ),
        ),
        (
            "last",
            format!("At most {maximum}. Cannot be combined with `first`."),
        ),
        (
            "orderBy",
            order
                .map(|it| format!("Default: {it}."))
                .unwrap_or_default(),
        ),
    ] {
        let argument = field.args.get_mut(argument);
        if let Some(description) = argument.and_then(|it| it.description.as_mut()) {
            *description = format!("{description} {rest}");
        }
    }
    true
}

/// Names the type of the items in the description of a connection and of its edges.
fn describe_connection(registry: &mut Registry, connection: &str) {
    let Some(item) = connection.strip_suffix("Connection") else {
        return;
    };
    for (name, text) in [
        (
            connection.to_owned(),
            format!("One page of a list of `{item}` objects, with pagination info."),
        ),
        (
            format!("{item}Edge"),
            format!("A `{item}` object in a list, with its cursor."),
        ),
    ] {
        if let Some(MetaType::Object { description, .. }) = registry.types.get_mut(&name) {
            *description = Some(text);
        }
    }
}

fn number(directive: &MetaDirectiveInvocation, argument: &str) -> String {
    let value = directive.args.get(argument);
    value.map(Value::to_string).unwrap_or_default()
}
