//! Descriptions that depend on the declarations of fields: page sizes, sort orders and names of
//! types.

use async_graphql::{
    Value,
    registry::{MetaDirectiveInvocation, MetaField, MetaType, Registry},
};

use super::subject::SUBJECTS;

/// Completes the descriptions of all registered lists and changes.
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
    describe_changes(registry);
}

/// Adds the page sizes and the order that a list declares to the descriptions of its arguments.
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
    // The results of a search have several types, so their connection has its own description.
    if !registry.types.contains_key(item) {
        return;
    }
    for (name, text) in [
        (
            connection.to_owned(),
            format!("One page of a list of `{item}` objects, with pagination info."),
        ),
        (
            format!("{item}Edge"),
            format!("One `{item}` object in a list, with its cursor."),
        ),
    ] {
        if let Some(MetaType::Object { description, .. }) = registry.types.get_mut(&name) {
            *description = Some(text);
        }
    }
}

/// Names the type of the object in the description of each change that subscriptions deliver.
fn describe_changes(registry: &mut Registry) {
    for subject in SUBJECTS {
        let name = subject.name;
        if let Some(MetaType::Object { description, .. }) =
            registry.types.get_mut(&format!("{name}Change"))
        {
            *description = Some(format!(
                "A change to one `{name}` object: created, updated or deleted."
            ));
        }
    }
}

fn number(directive: &MetaDirectiveInvocation, argument: &str) -> String {
    let value = directive.args.get(argument);
    value.map(Value::to_string).unwrap_or_default()
}
