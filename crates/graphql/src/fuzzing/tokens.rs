//! The number of tokens of a document, computed from the parsed document.

use async_graphql::{
    Positioned,
    parser::types::{
        BaseType, Directive, ExecutableDocument, OperationDefinition, OperationType, Selection,
        SelectionSet, Type,
    },
};
use async_graphql_value::{ConstValue, Value};

/// The minimum and maximum number of tokens that the document may have been written with.
pub(super) fn tokens(document: &ExecutableDocument) -> (u64, u64) {
    let mut min = 0;
    let mut max = 0;
    for (name, operation) in document.operations.iter() {
        let written = operation_tokens(&operation.node, name.is_some());
        min += written;
        // `query` can be omitted before a selection set.
        let may_be_short = name.is_none()
            && operation.node.ty == OperationType::Query
            && operation.node.variable_definitions.is_empty()
            && operation.node.directives.is_empty();
        max += written + u64::from(may_be_short);
    }
    for fragment in document.fragments.values() {
        let fragment = &fragment.node;
        let written = 4 + directives(&fragment.directives) + set(&fragment.selection_set.node);
        min += written;
        max += written;
    }
    (min, max)
}

fn operation_tokens(operation: &OperationDefinition, has_name: bool) -> u64 {
    let mut count = u64::from(has_name) + set(&operation.selection_set.node);
    count += directives(&operation.directives);
    if !operation.variable_definitions.is_empty() {
        count += 2;
    }
    for variable in &operation.variable_definitions {
        let variable = &variable.node;
        count += 3 + type_tokens(&variable.var_type.node) + directives(&variable.directives);
        count += variable
            .default_value
            .as_ref()
            .map_or(0, |it| 1 + constant(&it.node));
    }
    let is_short = !has_name
        && operation.ty == OperationType::Query
        && operation.variable_definitions.is_empty()
        && operation.directives.is_empty();
    count + u64::from(!is_short)
}

fn type_tokens(ty: &Type) -> u64 {
    let of_base = match &ty.base {
        BaseType::Named(_) => 1,
        BaseType::List(item) => 2 + type_tokens(item),
    };
    of_base + u64::from(!ty.nullable)
}

fn set(set: &SelectionSet) -> u64 {
    let items = set.items.iter().map(|it| match &it.node {
        Selection::Field(field) => {
            let field = &field.node;
            let arguments: u64 = field.arguments.iter().map(|it| 2 + value(&it.1.node)).sum();
            let mut count = 1 + arguments + directives(&field.directives);
            count += if field.arguments.is_empty() { 0 } else { 2 };
            count += if field.alias.is_some() { 2 } else { 0 };
            if !field.selection_set.node.items.is_empty() {
                count += self::set(&field.selection_set.node);
            }
            count
        }
        Selection::FragmentSpread(spread) => 2 + directives(&spread.node.directives),
        Selection::InlineFragment(fragment) => {
            let fragment = &fragment.node;
            let condition = if fragment.type_condition.is_some() {
                2
            } else {
                0
            };
            1 + condition
                + directives(&fragment.directives)
                + self::set(&fragment.selection_set.node)
        }
    });
    2 + items.sum::<u64>()
}

fn directives(directives: &[Positioned<Directive>]) -> u64 {
    let counts = directives.iter().map(|it| {
        let arguments = &it.node.arguments;
        let values: u64 = arguments.iter().map(|it| 2 + value(&it.1.node)).sum();
        2 + values + if arguments.is_empty() { 0 } else { 2 }
    });
    counts.sum()
}

fn value(value: &Value) -> u64 {
    match value {
        Value::Variable(_) => 2,
        Value::List(items) => 2 + items.iter().map(self::value).sum::<u64>(),
        Value::Object(fields) => 2 + fields.values().map(|it| 2 + self::value(it)).sum::<u64>(),
        _ => 1,
    }
}

fn constant(value: &ConstValue) -> u64 {
    self::value(&value.clone().into_value())
}
