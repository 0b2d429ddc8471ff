//! Values of arguments, in which each variable stands for its value.

use async_graphql_value::{ConstValue, Value};

use super::arguments::Arguments;

/// A value of an argument that is not null.
#[derive(Clone, Copy)]
pub(super) enum Given<'v, 'a> {
    /// A value in the document, which may contain variables.
    Written(&'v Arguments<'a>, &'a Value),
    /// The value of a variable, or a part of it.
    Variable(&'a ConstValue),
}

impl<'v, 'a> Given<'v, 'a> {
    /// A value in the document, or that of the variable there. None if it is null.
    pub(super) fn of(arguments: &'v Arguments<'a>, value: &'a Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Variable(name) => Self::of_constant(arguments.variable(name)?),
            _ => Some(Self::Written(arguments, value)),
        }
    }

    fn of_constant(value: &'a ConstValue) -> Option<Self> {
        (*value != ConstValue::Null).then_some(Self::Variable(value))
    }

    /// The fields of an object that are not null.
    pub(super) fn fields(self) -> Vec<(&'a str, Self)> {
        match self {
            Self::Written(arguments, Value::Object(fields)) => fields
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), Self::of(arguments, value)?)))
                .collect(),
            Self::Variable(ConstValue::Object(fields)) => fields
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), Self::of_constant(value)?)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A field of an object, if it is not null.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        match self {
            Self::Written(arguments, Value::Object(fields)) => {
                Self::of(arguments, fields.get(name)?)
            }
            Self::Variable(ConstValue::Object(fields)) => Self::of_constant(fields.get(name)?),
            _ => None,
        }
    }

    /// The items of a list. A value that is no list stands for a list with one item.
    pub(super) fn items(self) -> Vec<Self> {
        match self {
            Self::Written(arguments, Value::List(items)) => items
                .iter()
                .filter_map(|item| Self::of(arguments, item))
                .collect(),
            Self::Variable(ConstValue::List(items)) => {
                items.iter().filter_map(Self::of_constant).collect()
            }
            _ => vec![self],
        }
    }

    /// Whether it is the Boolean `true`.
    pub(super) fn is_true(self) -> bool {
        matches!(
            self,
            Self::Written(_, Value::Boolean(true)) | Self::Variable(ConstValue::Boolean(true))
        )
    }

    /// The name of an enum value.
    pub(super) fn name(self) -> Option<&'a str> {
        match self {
            Self::Written(_, Value::Enum(name)) | Self::Variable(ConstValue::Enum(name)) => {
                Some(name)
            }
            // Variables that come as JSON have enum values as text. In a document, this is an error
            // that is reported later.
            Self::Written(_, Value::String(name)) | Self::Variable(ConstValue::String(name)) => {
                Some(name)
            }
            _ => None,
        }
    }
}
