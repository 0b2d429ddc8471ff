//! Variables that are null where null is not allowed. A nullable variable may be used at a non-null
//! position if the variable or the position has a default; validation cannot know whether its value
//! will be null.

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, Positioned, ServerError, Variables,
    parser::types::{BaseType, OperationDefinition, Selection, SelectionSet, Type},
};
use async_graphql_value::{ConstValue, Value};

use crate::guard::{
    cost::measure::Fragments,
    document::typed_fields,
    facts::{Facts, Input},
};

/// The uses of variables that are null where null is not allowed.
pub(in crate::guard::document) fn check_nulls(
    facts: &Facts,
    operation: &OperationDefinition,
    fragments: &Fragments,
    variables: &Variables,
) -> Vec<ServerError> {
    if variables.values().all(|value| *value != ConstValue::Null) {
        return Vec::new();
    }
    let mut nulls = Nulls {
        facts,
        variables,
        errors: Vec::new(),
    };
    let mut conditions = Conditions {
        fragments,
        spread: HashSet::new(),
        found: Vec::new(),
    };
    conditions.add(&operation.selection_set.node);
    for condition in conditions.found {
        let is_null = matches!(&condition.node, Value::Variable(name) if nulls.is_null(name));
        if is_null {
            nulls.report(&condition.node.to_string(), "Boolean!", condition.pos);
        }
    }
    for typed in typed_fields::executed(facts, operation, fragments, variables) {
        for (_, value, ty) in typed.arguments() {
            nulls.check(ty, &value.node, value.pos);
        }
    }
    nulls.errors
}

struct Nulls<'a> {
    facts: &'a Facts,
    variables: &'a Variables,
    errors: Vec<ServerError>,
}

impl Nulls<'_> {
    fn is_null(&self, name: &Name) -> bool {
        self.variables.get(name) == Some(&ConstValue::Null)
    }

    fn check(&mut self, ty: &Type, value: &Value, position: Pos) {
        match (&ty.base, value) {
            (_, Value::Variable(name)) if !ty.nullable && self.is_null(name) => {
                self.report(&value.to_string(), &ty.to_string(), position);
            }
            (_, Value::Variable(_)) => {}
            (BaseType::List(item), Value::List(values)) => {
                for value in values {
                    self.check(item, value, position);
                }
            }
            (BaseType::List(item), value) => self.check(item, value, position),
            (BaseType::Named(name), Value::Object(values)) => {
                if let Some(Input::Object(object)) = self.facts.input(name) {
                    for (key, value) in values {
                        if let Some(field) = object.fields.get(key.as_str()) {
                            self.check(&field.ty, value, position);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, variable: &str, ty: &str, position: Pos) {
        let problem = format!(
            "Variables: `{variable}` is null, but is used where a value of type `{ty}` is required. \
             Omit the variable to use the default."
        );
        self.errors.push(ServerError::new(problem, Some(position)));
    }
}

/// The conditions of `@skip` and `@include` in an operation.
struct Conditions<'a> {
    fragments: &'a Fragments,
    spread: HashSet<&'a Name>,
    found: Vec<&'a Positioned<Value>>,
}

impl<'a> Conditions<'a> {
    fn add(&mut self, set: &'a SelectionSet) {
        for selection in &set.items {
            let directives = selection.node.directives().iter();
            self.found
                .extend(directives.filter_map(|it| it.node.get_argument("if")));
            match &selection.node {
                Selection::Field(field) => self.add(&field.node.selection_set.node),
                Selection::InlineFragment(fragment) => self.add(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some((name, fragment)) = self.fragments.get_key_value(name)
                        && self.spread.insert(name)
                    {
                        self.add(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
}
