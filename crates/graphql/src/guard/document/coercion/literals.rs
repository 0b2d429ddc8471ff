//! Values that are written in a document. Their types are validated with the document; this adds
//! what validation does not know: the formats of custom scalars, and the limits on nesting and on
//! conditions.

use async_graphql::{
    Positioned, ServerError,
    parser::types::{ExecutableDocument, Type},
};
use async_graphql_value::{ConstValue, Value};

use super::{Check, Path, Source};
use crate::guard::{document::typed_fields, facts::Facts};

/// What is wrong with the values in a valid document, in the order of their places.
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
    }
    for typed in typed_fields::written(facts, document) {
        for (name, value, ty) in typed.arguments() {
            literals.argument(ty, name, value);
        }
    }
    let mut errors = literals.errors;
    errors.sort_by_key(|it| it.locations.first().map(|it| (it.line, it.column)));
    errors
}

struct Literals<'a> {
    facts: &'a Facts,
    errors: Vec<ServerError>,
}

impl Literals<'_> {
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
        let place = match path {
            Path::Variable(_) => "Variables",
            _ => "Arguments",
        };
        let problems = check.problems().into_iter();
        self.errors
            .extend(problems.map(|it| ServerError::new(format!("{place}: {it}"), Some(value.pos))));
    }
}
