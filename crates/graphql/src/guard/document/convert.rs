//! From the tree that apollo-compiler parses to the one that async-graphql executes.
//!
//! Two rules are checked on the way because apollo-compiler does not have them: an input object
//! names each field once, and a selection set is not empty.

use std::collections::HashMap;

use apollo_compiler::{
    Name, Node,
    ast::{self, Definition},
};
use async_graphql::{
    Positioned, ServerError,
    parser::types::{
        BaseType, Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        FragmentSpread, InlineFragment, OperationDefinition, OperationType, Selection,
        SelectionSet, Type, TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::{ConstValue, Value, indexmap::IndexMap};
use serde_json::Number;

use super::position::Lines;

/// Converts a document. Where definitions have the same name, the first is kept; validation reports
/// the others. The errors are of the rules that are checked here.
pub(super) fn document(
    document: &ast::Document,
    lines: &Lines,
) -> (ExecutableDocument, Vec<ServerError>) {
    let mut converter = Converter {
        lines,
        errors: Vec::new(),
    };
    let mut anonymous = None;
    let mut named = HashMap::new();
    let mut fragments = HashMap::new();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(node) => {
                let operation = converter.operation(node);
                match &node.name {
                    Some(name) => {
                        named.entry(to_name(name)).or_insert(operation);
                    }
                    None => {
                        anonymous.get_or_insert(operation);
                    }
                }
            }
            Definition::FragmentDefinition(node) => {
                let fragment = converter.fragment(node);
                fragments.entry(to_name(&node.name)).or_insert(fragment);
            }
            // Validation rejects the definitions of a schema.
            _ => {}
        }
    }
    let operations = match anonymous {
        Some(operation) => DocumentOperations::Single(operation),
        None => DocumentOperations::Multiple(named),
    };
    let document = ExecutableDocument {
        operations,
        fragments,
    };
    (document, converter.errors)
}

/// Converts a type.
pub(crate) fn to_type(ty: &ast::Type) -> Type {
    let (base, nullable) = match ty {
        ast::Type::Named(name) => (BaseType::Named(to_name(name)), true),
        ast::Type::NonNullNamed(name) => (BaseType::Named(to_name(name)), false),
        ast::Type::List(item) => (BaseType::List(Box::new(to_type(item))), true),
        ast::Type::NonNullList(item) => (BaseType::List(Box::new(to_type(item))), false),
    };
    Type { base, nullable }
}

/// Converts a value without variables.
pub(crate) fn to_const(value: &Node<ast::Value>) -> ConstValue {
    let lines = Lines::new("");
    let mut converter = Converter {
        lines: &lines,
        errors: Vec::new(),
    };
    converter.constant(value)
}

fn to_name(name: &Name) -> async_graphql::Name {
    async_graphql::Name::new(name.as_str())
}

/// A number as JSON has it. Integers beyond 64 bits become floating-point numbers.
fn number(text: &str) -> Option<Number> {
    let integer = text.parse::<i64>().map(Number::from);
    integer
        .or_else(|_| text.parse::<u64>().map(Number::from))
        .ok()
        .or_else(|| Number::from_f64(text.parse().ok()?))
}

struct Converter<'a> {
    lines: &'a Lines,
    errors: Vec<ServerError>,
}

impl Converter<'_> {
    fn at<T>(&self, node: &Node<impl Sized>, value: T) -> Positioned<T> {
        Positioned::new(value, self.lines.position(node.location()))
    }

    fn name(&self, name: &Name) -> Positioned<async_graphql::Name> {
        Positioned::new(to_name(name), self.lines.position(name.location()))
    }

    fn operation(
        &mut self,
        node: &Node<ast::OperationDefinition>,
    ) -> Positioned<OperationDefinition> {
        let definition = OperationDefinition {
            ty: match node.operation_type {
                ast::OperationType::Query => OperationType::Query,
                ast::OperationType::Mutation => OperationType::Mutation,
                ast::OperationType::Subscription => OperationType::Subscription,
            },
            variable_definitions: node.variables.iter().map(|it| self.variable(it)).collect(),
            directives: self.directives(&node.directives),
            selection_set: self.selection_set(node, Some(&node.selection_set)),
        };
        self.at(node, definition)
    }

    fn variable(&mut self, node: &Node<ast::VariableDefinition>) -> Positioned<VariableDefinition> {
        let default = node.default_value.as_ref();
        let definition = VariableDefinition {
            name: self.name(&node.name),
            var_type: self.at(&node.ty, to_type(&node.ty)),
            directives: self.directives(&node.directives),
            default_value: default.map(|value| {
                let constant = self.constant(value);
                self.at(value, constant)
            }),
        };
        self.at(node, definition)
    }

    fn fragment(&mut self, node: &Node<ast::FragmentDefinition>) -> Positioned<FragmentDefinition> {
        let definition = FragmentDefinition {
            type_condition: self.type_condition(&node.type_condition),
            directives: self.directives(&node.directives),
            selection_set: self.selection_set(node, Some(&node.selection_set)),
        };
        self.at(node, definition)
    }

    fn type_condition(&self, name: &Name) -> Positioned<TypeCondition> {
        let on = self.name(name);
        Positioned::new(TypeCondition { on: on.clone() }, on.pos)
    }

    /// The selection set that belongs to a node, if it has one.
    fn selection_set(
        &mut self,
        node: &Node<impl Sized>,
        selections: Option<&Vec<ast::Selection>>,
    ) -> Positioned<SelectionSet> {
        if selections.is_some_and(Vec::is_empty) {
            let position = self.lines.position(node.location());
            let problem = "A selection set must not be empty: select at least one field.";
            self.errors.push(ServerError::new(problem, Some(position)));
        }
        let selections = selections.into_iter().flatten();
        let items = selections.map(|it| self.selection(it)).collect();
        self.at(node, SelectionSet { items })
    }

    fn selection(&mut self, selection: &ast::Selection) -> Positioned<Selection> {
        match selection {
            ast::Selection::Field(node) => {
                let field = self.field(node);
                self.at(node, Selection::Field(field))
            }
            ast::Selection::FragmentSpread(node) => {
                let spread = FragmentSpread {
                    fragment_name: self.name(&node.fragment_name),
                    directives: self.directives(&node.directives),
                };
                self.at(node, Selection::FragmentSpread(self.at(node, spread)))
            }
            ast::Selection::InlineFragment(node) => {
                let condition = node.type_condition.as_ref();
                let fragment = InlineFragment {
                    type_condition: condition.map(|it| self.type_condition(it)),
                    directives: self.directives(&node.directives),
                    selection_set: self.selection_set(node, Some(&node.selection_set)),
                };
                self.at(node, Selection::InlineFragment(self.at(node, fragment)))
            }
        }
    }

    fn field(&mut self, node: &Node<ast::Field>) -> Positioned<Field> {
        let field = Field {
            alias: node.alias.as_ref().map(|it| self.name(it)),
            name: self.name(&node.name),
            arguments: self.arguments(&node.arguments),
            directives: self.directives(&node.directives),
            selection_set: self.selection_set(node, node.selection_set.as_ref()),
        };
        self.at(node, field)
    }

    fn arguments(
        &mut self,
        arguments: &[Node<ast::Argument>],
    ) -> Vec<(Positioned<async_graphql::Name>, Positioned<Value>)> {
        let arguments = arguments.iter().map(|it| {
            let value = self.value(&it.value);
            (self.name(&it.name), self.at(&it.value, value))
        });
        arguments.collect()
    }

    fn directives(&mut self, directives: &ast::DirectiveList) -> Vec<Positioned<Directive>> {
        let directives = directives.iter().map(|node| {
            let directive = Directive {
                name: self.name(&node.name),
                arguments: self.arguments(&node.arguments),
            };
            self.at(node, directive)
        });
        directives.collect()
    }

    fn value(&mut self, node: &Node<ast::Value>) -> Value {
        match &**node {
            ast::Value::Null => Value::Null,
            ast::Value::Enum(name) => Value::Enum(to_name(name)),
            ast::Value::Variable(name) => Value::Variable(to_name(name)),
            ast::Value::String(text) => Value::String(text.as_str().to_owned()),
            ast::Value::Boolean(value) => Value::Boolean(*value),
            ast::Value::Int(value) => self.number(node, value.as_str()),
            ast::Value::Float(value) => self.number(node, value.as_str()),
            ast::Value::List(items) => Value::List(items.iter().map(|it| self.value(it)).collect()),
            ast::Value::Object(fields) => {
                let mut object = IndexMap::with_capacity(fields.len());
                for (name, value) in fields {
                    let value = self.value(value);
                    if object.insert(to_name(name), value).is_some() {
                        let problem =
                            format!("There can be only one input field named \"{name}\".");
                        let position = self.lines.position(name.location());
                        self.errors.push(ServerError::new(problem, Some(position)));
                    }
                }
                Value::Object(object)
            }
        }
    }

    fn number(&mut self, node: &Node<ast::Value>, text: &str) -> Value {
        number(text).map_or_else(
            || {
                let position = self.lines.position(node.location());
                let problem = format!("The number {text} is too large.");
                self.errors.push(ServerError::new(problem, Some(position)));
                Value::Null
            },
            Value::Number,
        )
    }

    /// A value without variables. Validation rejects those with some.
    fn constant(&mut self, node: &Node<ast::Value>) -> ConstValue {
        let value = self.value(node);
        let constant =
            value.into_const_with(|_| Ok::<_, std::convert::Infallible>(ConstValue::Null));
        let Ok(constant) = constant;
        constant
    }
}
