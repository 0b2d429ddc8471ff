//! Checks of input values: those of variables, and those in a document. (async-graphql checks only
//! some of the latter when it validates a document.)

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

/// Checks that the variables of an operation have values of the right types.
///
/// # Errors
///
/// If a value is missing or of another type. The error says where, what it is and what it must be.
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
                Check::new(facts, Nulls::Null).value(ty, value, &root)
            }
            None if !ty.nullable && definition.default_value.is_none() => {
                Err(format!("`${name}` is missing. Its type is `{ty}`."))
            }
            None => Ok(()),
        };
        problem.map_err(|problem| Error::BadUserInput(format!("Variables: {problem}")))?;
    }
    Ok(())
}

/// What a null in a value means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// Null.
    Null,
    /// A variable, whose value is not known yet.
    Variable,
}

/// Checks the arguments of a valid document in the same way as variables. The validation skips
/// lists and objects that contain variables, and values of other types where an object is required.
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
        Nulls::Variable
    } else {
        Nulls::Null
    };
    let path = Path::Argument(&name.node);
    let problem = Check::new(facts, nulls).value(ty, &value, &path).err()?;
    let message = format!("Invalid value for argument {problem}");
    Some(ServerError::new(message, Some(name.pos)))
}

/// How many conditions one `where` may have.
pub(crate) const MAX_CONDITIONS: usize = 200;

/// How deep input objects may be nested. Reading them is recursive, and so is the processing of the
/// resulting condition in the database.
const MAX_LEVELS: usize = 24;

/// The place of a value in the input.
enum Path<'a> {
    Variable(&'a str),
    Argument(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The number of objects around the value.
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
    /// How many more conditions the `where` may have, counted in the same way as by the filter.
    /// They are counted here too, because parsing them takes longer than the filter takes to reject
    /// them.
    conditions: Cell<usize>,
}

impl<'a> Check<'a> {
    fn new(facts: &'a Facts, nulls: Nulls) -> Self {
        Self {
            facts,
            nulls,
            // The outermost object is counted, but is not a condition itself.
            conditions: Cell::new(MAX_CONDITIONS + 1),
        }
    }

    fn value(&self, ty: &Type, value: &ConstValue, path: &Path<'_>) -> Result<(), String> {
        if *value == ConstValue::Null {
            return if ty.nullable || self.nulls == Nulls::Variable {
                Ok(())
            } else {
                Err(format!("`{path}` is null. Its type is `{ty}`."))
            };
        }
        match (&ty.base, value) {
            (BaseType::List(item), ConstValue::List(values)) => values
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| self.value(item, value, &Path::Item(path, index))),
            // A single value is accepted as a list of one.
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
                    description(value),
                    names.join(", ")
                )),
                (Some(Input::Object(_)), _) => Err(wrong_type(path, ty, value)),
                (_, value) if is_scalar(name, value) => Ok(()),
                (_, value) => Err(wrong_type(path, ty, value)),
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
        if path.levels() >= MAX_LEVELS {
            return Err(format!(
                "`{path}` is nested too deeply: at most {MAX_LEVELS} levels of objects are allowed."
            ));
        }
        let is_condition = object.fields.contains_key("or") || name.ends_with("Filter");
        if is_condition {
            let left = self.conditions.get().checked_sub(1);
            self.conditions.set(left.ok_or_else(|| {
                format!(
                    "`{path}` is one of more than {MAX_CONDITIONS} conditions. Use `in` to compare \
                     with many values at once."
                )
            })?);
        }
        for (key, value) in values {
            let Some(field) = object.fields.get(key.as_str()) else {
                return Err(format!(
                    "`{path}` has a field `{key}`, which is not a field of `{name}`."
                ));
            };
            self.value(&field.ty, value, &Path::Field(path, key))?;
        }
        let missing = object.fields.iter().find(|(key, field)| {
            !field.ty.nullable && !field.has_default && !values.contains_key(key.as_str())
        });
        match missing {
            Some((key, field)) => Err(format!(
                "`{path}.{key}` is missing. Its type is `{}`.",
                field.ty
            )),
            None => Ok(()),
        }
    }
}

/// Whether a value can be one of a scalar type. The texts of custom scalars are parsed later.
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

fn wrong_type(path: &Path<'_>, ty: &Type, value: &ConstValue) -> String {
    let range = match (&ty.base, value) {
        (BaseType::Named(name), ConstValue::Number(_)) if name == "Int" => {
            ", a whole number from -2147483648 to 2147483647"
        }
        _ => "",
    };
    format!(
        "`{path}` is {}. It must be of type `{ty}`{range}.",
        description(value)
    )
}

/// Describes a value, without showing it if it may be long or secret.
fn description(value: &ConstValue) -> String {
    match value {
        ConstValue::Null => "null".to_owned(),
        ConstValue::Number(number) => format!("the number {number}"),
        ConstValue::Boolean(value) => value.to_string(),
        ConstValue::String(_) => "a string".to_owned(),
        ConstValue::Enum(name) => format!("the name {name}"),
        ConstValue::List(_) => "a list".to_owned(),
        ConstValue::Object(_) => "an object".to_owned(),
        ConstValue::Binary(_) => "binary".to_owned(),
    }
}
