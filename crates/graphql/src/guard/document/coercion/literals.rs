//! Values that are written in a document. Their types are validated with the document; this adds
//! what validation does not know: the formats of custom scalars, and the limits on nesting and on
//! conditions.

use async_graphql::{
    Positioned, ServerError,
    parser::types::{ExecutableDocument, Selection, SelectionSet, Type},
};
use async_graphql_value::{ConstValue, Value};

use super::{Check, Path, Source};
use crate::guard::cost::facts::{Composite, Facts};

/// What is wrong with the values in a valid document.
pub(in crate::guard::document) fn check_literals(
    facts: &Facts,
    document: &ExecutableDocument,
) -> Vec<ServerError> {
    let mut literals = Literals {
        facts,
        errors: Vec::new(),
    };
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let variable = &variable.node;
            if let Some(default) = &variable.default_value {
                let path = Path::Variable(&variable.name.node);
                literals.check(&variable.var_type.node, default, Source::Literal, &path);
            }
        }
        let root = facts.root(operation.node.ty);
        literals.selections(root, &operation.node.selection_set.node);
    }
    for fragment in document.fragments.values() {
        let on = facts.composite(&fragment.node.type_condition.node.on.node);
        literals.selections(on, &fragment.node.selection_set.node);
    }
    literals.errors
}

struct Literals<'a> {
    facts: &'a Facts,
    errors: Vec<ServerError>,
}

impl Literals<'_> {
    fn selections(&mut self, parent: Option<&Composite>, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let fact = parent.and_then(|it| it.field(&field.node.name.node));
                    for (name, value) in &field.node.arguments {
                        let ty = fact.and_then(|it| it.arguments.get(name.node.as_str()));
                        if let Some(ty) = ty {
                            self.argument(ty, &name.node, value);
                        }
                    }
                    let below = fact.and_then(|it| self.facts.composite(&it.type_name));
                    self.selections(below, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |it| self.facts.composite(&it.node.on.node));
                    self.selections(on, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn argument(&mut self, ty: &Type, name: &str, value: &Positioned<Value>) {
        if matches!(value.node, Value::Variable(_)) {
            return;
        }
        let mut source = Source::Literal;
        let constant = value.node.clone().into_const_with(|_| {
            source = Source::Template;
            Ok::<_, std::convert::Infallible>(ConstValue::Null)
        });
        let Ok(constant) = constant;
        let constant = Positioned::new(constant, value.pos);
        self.check(ty, &constant, source, &Path::Argument(name));
    }

    fn check(
        &mut self,
        ty: &Type,
        value: &Positioned<ConstValue>,
        source: Source,
        path: &Path<'_>,
    ) {
        let mut check = Check::new(self.facts, source);
        check.coerce(ty, &value.node, path);
        let problems = check.problems().into_iter();
        self.errors.extend(
            problems.map(|it| ServerError::new(format!("Arguments: {it}"), Some(value.pos))),
        );
    }
}
