//! Coercion of one value by its type.

use async_graphql::{
    Name,
    parser::types::{BaseType, Type},
};
use async_graphql_value::{ConstValue, indexmap::IndexMap};

use super::{path::Path, scalar};
use crate::{
    error::response::MAX_ERRORS,
    guard::facts::{Facts, Input, InputObject},
};

/// How many conditions one `where` may have.
pub(crate) const MAX_CONDITIONS: usize = 200;

/// How deep input objects may be nested. Reading them is recursive, and so is the processing of the
/// resulting condition in the database.
const MAX_LEVELS: usize = 24;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The variables of a request, where the names of enum values are strings.
    Variable,
    /// The text of a document.
    Literal,
    /// The text of a document, with variables inside, in whose places is null.
    Template,
}

/// The coercion of one value.
pub(super) struct Check<'a> {
    facts: &'a Facts,
    source: Source,
    problems: Vec<String>,
    /// How many more conditions the `where` may have, counted in the same way as by the filter.
    /// They are counted here too, because parsing them takes longer than the filter takes to reject
    /// them.
    conditions: usize,
    /// Whether there were too many, which is reported once.
    is_exhausted: bool,
}

impl<'a> Check<'a> {
    pub(super) fn new(facts: &'a Facts, source: Source) -> Self {
        Self {
            facts,
            source,
            problems: Vec::new(),
            // The outermost object is counted, but is not a condition itself.
            conditions: MAX_CONDITIONS + 1,
            is_exhausted: false,
        }
    }

    /// What is wrong with the value.
    pub(super) fn problems(self) -> Vec<String> {
        self.problems
    }

    /// Adds a problem, unless there are more than are listed already.
    pub(super) fn report(&mut self, problem: String) {
        if self.problems.len() < MAX_ERRORS {
            self.problems.push(problem);
        }
    }

    /// Whether more problems would not be listed.
    fn is_over(&self) -> bool {
        self.problems.len() >= MAX_ERRORS || self.is_exhausted
    }

    /// The value as one of the type, or null if it is not one.
    pub(super) fn coerce(&mut self, ty: &Type, value: &ConstValue, path: &Path<'_>) -> ConstValue {
        if self.is_over() {
            return ConstValue::Null;
        }
        if *value == ConstValue::Null {
            if !ty.nullable && self.source != Source::Template {
                self.report(format!("`{path}` is null. Its type is `{ty}`."));
            }
            return ConstValue::Null;
        }
        match (&ty.base, value) {
            (BaseType::List(item), ConstValue::List(values)) => {
                let items = values.iter().enumerate();
                let items =
                    items.map(|(index, it)| self.coerce(item, it, &Path::Item(path, index)));
                ConstValue::List(items.collect())
            }
            // A single value is accepted as a list of one.
            (BaseType::List(item), value) => ConstValue::List(vec![self.coerce(item, value, path)]),
            (BaseType::Named(name), value) => match (self.facts.input(name), value) {
                (Some(Input::Object(object)), ConstValue::Object(fields)) => {
                    self.object(name, object, fields, path)
                }
                (Some(Input::Enum(names)), value) => self.enum_value(names, value, path),
                (Some(Input::Object(_)), _) => {
                    self.report(wrong_type(path, ty, value, ""));
                    ConstValue::Null
                }
                (_, value) => scalar::coerce(name, value).unwrap_or_else(|expected| {
                    self.report(wrong_type(path, ty, value, &expected));
                    ConstValue::Null
                }),
            },
        }
    }

    fn enum_value(&mut self, names: &[String], value: &ConstValue, path: &Path<'_>) -> ConstValue {
        let name = match value {
            ConstValue::String(name) if self.source == Source::Variable => Some(name.as_str()),
            // Default values of variables are written in the document.
            ConstValue::Enum(name) => Some(name.as_str()),
            _ => None,
        };
        if let Some(name) = name.filter(|name| names.iter().any(|it| it == name)) {
            return ConstValue::Enum(Name::new(name));
        }
        let found = match (name, value) {
            (Some(name), _) if name.len() <= MAX_SHOWN => format!("`{name}`"),
            _ => description(value),
        };
        self.report(format!(
            "`{path}` is {found}. It must be one of {}.",
            names.join(", ")
        ));
        ConstValue::Null
    }

    fn object(
        &mut self,
        name: &str,
        object: &InputObject,
        values: &IndexMap<Name, ConstValue>,
        path: &Path<'_>,
    ) -> ConstValue {
        if let Err(problem) = self.count(object, path) {
            self.report(problem);
            // Whatever is inside would only be more of the same.
            return ConstValue::Null;
        }
        let mut coerced = IndexMap::with_capacity(values.len());
        for (key, value) in values {
            // An object may have as many unknown fields as fit into a request.
            if self.is_over() {
                return ConstValue::Null;
            }
            let outer = path;
            let path = Path::Field(path, key);
            match object.fields.get(key.as_str()) {
                Some(field) => {
                    coerced.insert(key.clone(), self.coerce(&field.ty, value, &path));
                }
                None if key.len() > MAX_SHOWN => self.report(format!(
                    "`{}` has a field with a name of {} bytes, which `{name}` does not have.",
                    outer,
                    key.len()
                )),
                None => self.report(format!(
                    "`{path}` is not allowed: `{name}` has no field `{key}`."
                )),
            }
        }
        for (key, field) in &object.fields {
            if values.contains_key(key.as_str()) {
                continue;
            }
            if let Some(default) = &field.default {
                coerced.insert(Name::new(key), default.clone());
            } else if !field.ty.nullable {
                self.report(format!(
                    "`{path}.{key}` is missing. Its type is `{}`.",
                    field.ty
                ));
            }
        }
        ConstValue::Object(coerced)
    }

    /// Counts an object against the limits on nesting and on conditions.
    fn count(&mut self, object: &InputObject, path: &Path<'_>) -> Result<(), String> {
        if path.levels() >= MAX_LEVELS {
            return Err(format!(
                "`{path}` is nested too deeply: at most {MAX_LEVELS} levels of objects are allowed."
            ));
        }
        if object.is_condition {
            let Some(left) = self.conditions.checked_sub(1) else {
                self.is_exhausted = true;
                return Err(format!(
                    "`{path}` is one of more than {MAX_CONDITIONS} conditions. Use `in` to compare \
                     with many values at once."
                ));
            };
            self.conditions = left;
        }
        Ok(())
    }
}

/// How long a value may be to be shown in an error, in bytes.
const MAX_SHOWN: usize = 60;

/// The problem of a value of the wrong type. `expected` adds to the name of the type.
fn wrong_type(path: &Path<'_>, ty: &Type, value: &ConstValue, expected: &str) -> String {
    if expected.is_empty() || expected.starts_with(',') {
        let found = description(value);
        format!("`{path}` is {found}. It must be of type `{ty}`{expected}.")
    } else {
        format!("`{path}` has the wrong format: {expected}")
    }
}

/// Describes a value, without showing it if it may be long or secret.
fn description(value: &ConstValue) -> String {
    match value {
        ConstValue::Null => "null".to_owned(),
        ConstValue::Number(number) => format!("the number {number}"),
        ConstValue::Boolean(value) => value.to_string(),
        ConstValue::String(_) => "a string".to_owned(),
        ConstValue::Enum(_) => "a name".to_owned(),
        ConstValue::List(_) => "a list".to_owned(),
        ConstValue::Object(_) => "an object".to_owned(),
        ConstValue::Binary(_) => "binary".to_owned(),
    }
}
