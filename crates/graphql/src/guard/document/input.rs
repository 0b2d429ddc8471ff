//! Checking what clients put in: the values of variables, and those in a document. (async-graphql
//! checks only some of the latter when it validates the document.)

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
};

use async_graphql::{
    Positioned, ServerError, Variables,
    parser::types::{
        BaseType, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type,
    },
};
use async_graphql_value::{ConstValue, Value};

use crate::{
    error::Error,
    guard::cost::facts::{Composite, Facts, Input, InputObject},
};

/// Checks that the variables of an operation have values of their types.
///
/// # Errors
///
/// If one is missing or of another type; the error says where, what it is and what it may be.
pub(super) fn check_variables(
    facts: &Facts,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<(), Error> {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = &definition.name.node;
        let ty = &definition.var_type.node;
        let problem = match variables.get(name) {
            Some(value) => {
                let root = Path::Variable(name);
                Check::new(facts, Nulls::AsWritten).value(ty, value, &root)
            }
            None if !ty.nullable && definition.default_value.is_none() => {
                Err(format!("`${name}` is missing. It is of the type `{ty}`."))
            }
            None => Ok(()),
        };
        problem.map_err(|problem| Error::BadUserInput(format!("Variables: {problem}")))?;
    }
    Ok(())
}

/// What a null stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    AsWritten,
    /// A variable, which can be anything.
    Anything,
}

/// Checks the arguments of a valid document as variables are checked: the validation passes over
/// lists and objects that have variables within, and over what is no object where one must be.
pub(super) fn check_arguments(facts: &Facts, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut errors = Vec::new();
    for (_, operation) in document.operations.iter() {
        let root = facts.root(operation.node.ty);
        check_selections(facts, root, &operation.node.selection_set.node, &mut errors);
    }
    for fragment in document.fragments.values() {
        let on = facts.composite(&fragment.node.type_condition.node.on.node);
        check_selections(facts, on, &fragment.node.selection_set.node, &mut errors);
    }
    errors
}

fn check_selections(
    facts: &Facts,
    parent: Option<&Composite>,
    set: &SelectionSet,
    errors: &mut Vec<ServerError>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let fact = parent.and_then(|it| it.field(&field.node.name.node));
                for (name, value) in &field.node.arguments {
                    let ty = fact.and_then(|it| it.arguments.get(name.node.as_str()));
                    errors.extend(ty.and_then(|ty| check_argument(facts, ty, name, &value.node)));
                }
                let below = fact.and_then(|it| facts.composite(&it.type_name));
                check_selections(facts, below, &field.node.selection_set.node, errors);
            }
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let on = condition.map_or(parent, |it| facts.composite(&it.node.on.node));
                check_selections(facts, on, &fragment.node.selection_set.node, errors);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn check_argument(
    facts: &Facts,
    ty: &Type,
    name: &Positioned<async_graphql::Name>,
    value: &Value,
) -> Option<ServerError> {
    if matches!(value, Value::Variable(_)) {
        return None;
    }
    let mut has_variables = false;
    let value = value.clone().into_const_with(|_| {
        has_variables = true;
        Ok::<_, std::convert::Infallible>(ConstValue::Null)
    });
    let Ok(value) = value;
    let nulls = if has_variables {
        Nulls::Anything
    } else {
        Nulls::AsWritten
    };
    let path = Path::Argument(&name.node);
    let problem = Check::new(facts, nulls).value(ty, &value, &path).err()?;
    let message = format!("Invalid value for argument {problem}");
    Some(ServerError::new(message, Some(name.pos)))
}

/// How many conditions one `where` may have.
pub(crate) const MOST_CONDITIONS: usize = 200;

/// The most input objects within each other: whoever reads them calls itself for each, and so does
/// the database for the condition that comes of them.
const MOST_LEVELS: usize = 24;

/// Where a value stands.
enum Path<'a> {
    Variable(&'a str),
    Argument(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The number of objects around it.
    fn levels(&self) -> usize {
        match self {
            Self::Variable(_) | Self::Argument(_) => 0,
            Self::Field(path, _) => path.levels() + 1,
            Self::Item(path, _) => path.levels(),
        }
    }
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::Argument(name) => f.write_str(name),
            Self::Field(path, name) => write!(f, "{path}.{name}"),
            Self::Item(path, index) => write!(f, "{path}[{index}]"),
        }
    }
}

/// The check of one value.
struct Check<'a> {
    facts: &'a Facts,
    nulls: Nulls,
    /// How many conditions of a `where` there may still be, counted as the filter counts them: who
    /// reads them needs longer than the filter that refuses them.
    conditions: Cell<usize>,
}

impl<'a> Check<'a> {
    fn new(facts: &'a Facts, nulls: Nulls) -> Self {
        Self {
            facts,
            nulls,
            // That around all of them is no condition yet.
            conditions: Cell::new(MOST_CONDITIONS + 1),
        }
    }

    fn value(&self, ty: &Type, value: &ConstValue, path: &Path<'_>) -> Result<(), String> {
        if *value == ConstValue::Null {
            return if ty.nullable || self.nulls == Nulls::Anything {
                Ok(())
            } else {
                Err(format!("`{path}` is null. It is of the type `{ty}`."))
            };
        }
        match (&ty.base, value) {
            (BaseType::List(item), ConstValue::List(values)) => values
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| self.value(item, value, &Path::Item(path, index))),
            // One value stands for a list of it.
            (BaseType::List(item), value) => self.value(item, value, path),
            (BaseType::Named(name), value) => match (self.facts.input(name), value) {
                (Some(Input::Object(object)), ConstValue::Object(_)) => {
                    self.object(name, object, value, path)
                }
                (Some(Input::Enum(names)), ConstValue::String(value)) if names.contains(value) => {
                    Ok(())
                }
                (Some(Input::Enum(names)), ConstValue::Enum(value))
                    if names.iter().any(|it| *it == **value) =>
                {
                    Ok(())
                }
                (Some(Input::Enum(names)), _) => Err(format!(
                    "`{path}` is {}. It must be one of {}.",
                    kind(value),
                    names.join(", ")
                )),
                (Some(Input::Object(_)), _) => Err(wrong_kind(path, ty, value)),
                (_, value) if is_scalar(name, value) => Ok(()),
                (_, value) => Err(wrong_kind(path, ty, value)),
            },
        }
    }

    fn object(
        &self,
        name: &str,
        object: &InputObject,
        value: &ConstValue,
        path: &Path<'_>,
    ) -> Result<(), String> {
        let ConstValue::Object(values) = value else {
            return Ok(());
        };
        if path.levels() >= MOST_LEVELS {
            return Err(format!(
                "`{path}` is nested too deep: there may be {MOST_LEVELS} objects within each other."
            ));
        }
        let is_condition = object.fields.contains_key("or") || name.ends_with("Filter");
        if is_condition {
            let left = self.conditions.get().checked_sub(1);
            self.conditions.set(left.ok_or_else(|| {
                format!(
                    "`{path}` is one of more than {MOST_CONDITIONS} conditions. `in` takes many \
                     values at once."
                )
            })?);
        }
        for (key, value) in values {
            let Some(field) = object.fields.get(key.as_str()) else {
                return Err(format!(
                    "`{path}` has a field `{key}`, which `{name}` does not have."
                ));
            };
            self.value(&field.ty, value, &Path::Field(path, key))?;
        }
        let missing = object.fields.iter().find(|(key, field)| {
            !field.ty.nullable && !field.has_default && !values.contains_key(key.as_str())
        });
        match missing {
            Some((key, field)) => Err(format!(
                "`{path}.{key}` is missing. It is of the type `{}`.",
                field.ty
            )),
            None => Ok(()),
        }
    }
}

/// Whether a value can be one of a scalar type. What is in the text of our own scalars is for them
/// to read.
fn is_scalar(name: &str, value: &ConstValue) -> bool {
    match (name, value) {
        ("Int", ConstValue::Number(number)) => {
            number.as_i64().is_some_and(|it| i32::try_from(it).is_ok())
        }
        ("Float", ConstValue::Number(_))
        | ("String" | "ID", ConstValue::String(_))
        | ("Boolean", ConstValue::Boolean(_)) => true,
        ("ID", ConstValue::Number(number)) => number.is_i64() || number.is_u64(),
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => true,
    }
}

fn wrong_kind(path: &Path<'_>, ty: &Type, value: &ConstValue) -> String {
    let range = match (&ty.base, value) {
        (BaseType::Named(name), ConstValue::Number(_)) if name == "Int" => {
            ", a whole number from -2147483648 to 2147483647"
        }
        _ => "",
    };
    format!(
        "`{path}` is {}. It must be of the type `{ty}`{range}.",
        kind(value)
    )
}

/// What a value is, without showing it where it may be long or secret.
fn kind(value: &ConstValue) -> String {
    match value {
        ConstValue::Null => "null".to_owned(),
        ConstValue::Number(number) => format!("the number {number}"),
        ConstValue::Boolean(value) => value.to_string(),
        ConstValue::String(_) => "a text".to_owned(),
        ConstValue::Enum(name) => format!("the name {name}"),
        ConstValue::List(_) => "a list".to_owned(),
        ConstValue::Object(_) => "an object".to_owned(),
        ConstValue::Binary(_) => "binary".to_owned(),
    }
}
