//! Arguments and conditions, with the values of the operation's variables.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Directive, Field, OperationDefinition},
};
use async_graphql_value::{ConstValue, Value};

use super::{given::Given, sum::count};
use crate::guard::facts::Stored;

/// Reads the arguments of one operation.
pub(super) struct Arguments<'a> {
    operation: &'a OperationDefinition,
    /// Without variables, every selection counts, whatever its conditions are.
    variables: Option<&'a Variables>,
    /// The sizes of the variables that were used so far: each variable is measured once.
    variable_sizes: HashMap<&'a Name, ValueSize>,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(
        operation: &'a OperationDefinition,
        variables: Option<&'a Variables>,
    ) -> Self {
        Self {
            operation,
            variables,
            variable_sizes: HashMap::new(),
        }
    }

    /// The size of all arguments of a field.
    pub(super) fn size(&mut self, field: &'a Field) -> ValueSize {
        let arguments = field.arguments.iter();
        arguments.fold(ValueSize::default(), |size, (_, value)| {
            size.and(self.value_size(&value.node))
        })
    }

    fn value_size(&mut self, value: &'a Value) -> ValueSize {
        match value {
            Value::List(items) => ValueSize::of_list(items.iter().map(|it| self.value_size(it))),
            Value::Object(fields) => {
                ValueSize::of_object(fields.values().map(|it| self.value_size(it)))
            }
            Value::String(text) => ValueSize::of_text(text),
            Value::Variable(name) => {
                if let Some(size) = self.variable_sizes.get(name) {
                    return *size;
                }
                let size = self
                    .variable(name)
                    .map_or_else(ValueSize::default, ValueSize::of);
                self.variable_sizes.insert(name, size);
                size
            }
            _ => ValueSize::default(),
        }
    }

    /// The value of an argument, with the variable in its place if it is one. None if it is null.
    pub(super) fn given(&self, field: &'a Field, name: &str) -> Option<Given<'_, 'a>> {
        Given::of(self, &field.get_argument(name)?.node)
    }

    /// The page size that a field's `first` or `last` requests.
    pub(super) fn page_size(&self, field: &Field, default: u64, maximum: u64) -> u64 {
        let requested = |name| self.integer(&field.get_argument(name)?.node);
        let requested = requested("first").or_else(|| requested("last"));
        // Invalid page sizes are rejected later, with a better message.
        requested.map_or(default, |requested| {
            u64::try_from(requested).map_or(0, |requested| requested.min(maximum))
        })
    }

    /// The number in a field of the argument `input`, at most `maximum`.
    pub(super) fn number_in_input(&self, field: &Field, name: &str, maximum: u64) -> Option<u64> {
        let number = match &field.get_argument("input")?.node {
            Value::Object(fields) => self.integer(fields.get(name)?)?,
            Value::Variable(variable) => match self.variable(variable)? {
                ConstValue::Object(fields) => match fields.get(name)? {
                    ConstValue::Number(number) => number.as_i64()?,
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        // Numbers out of range are rejected later, with a better message.
        Some(u64::try_from(number).map_or(0, |number| number.min(maximum)))
    }

    /// The rows that a mutation changes at most, unless its input lists them.
    pub(super) fn rows_without_items(&self, field: &'a Field, stored: &Stored) -> Option<u64> {
        let input = self.given(field, "input");
        let get = |name: &str| input.and_then(|it| it.get(name));
        let is_wanted = |name: &String| get(name).is_some_and(Given::is_true);
        let is_listed = |name: &String| get(name).is_some();
        let applies = stored.when.iter().all(is_wanted) && !stored.unless.iter().any(is_listed);
        stored.rows.filter(|_| applies)
    }

    fn integer(&self, value: &Value) -> Option<i64> {
        let number = match value {
            Value::Number(number) => number,
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Number(number) => number,
                _ => return None,
            },
            _ => return None,
        };
        number.as_i64()
    }

    /// The value of a variable, or else its default.
    pub(super) fn variable(&self, name: &Name) -> Option<&'a ConstValue> {
        let given = self.variables.and_then(|it| it.get(name));
        given.or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|it| it.node.name.node == *name);
            definition?.node.default_value()
        })
    }

    /// Whether `@skip` or `@include` excludes a selection.
    pub(super) fn is_skipped(&self, directives: &[Positioned<Directive>]) -> bool {
        self.variables.is_some()
            && directives.iter().any(|directive| {
                let skipped_if = match directive.node.name.node.as_str() {
                    "skip" => true,
                    "include" => false,
                    _ => return false,
                };
                let condition = directive.node.get_argument("if").map(|it| &it.node);
                let value = match condition {
                    Some(Value::Boolean(value)) => Some(*value),
                    Some(Value::Variable(name)) => match self.variable(name) {
                        Some(ConstValue::Boolean(value)) => Some(*value),
                        _ => None,
                    },
                    _ => None,
                };
                value == Some(skipped_if)
            })
    }
}

/// How large a value is.
#[derive(Clone, Copy, Default)]
pub(super) struct ValueSize {
    /// The length of the longest list in it.
    pub(super) longest_list: u64,
    /// The number of list items, object fields and pieces of text in it.
    pub(super) parts: u64,
    /// The bytes that it takes to store it.
    pub(super) bytes: u64,
}

/// The bytes of a list item or an object field, without its text.
const PART_BYTES: u64 = 8;

/// How many bytes of text cost as much as a field.
const TEXT_PART_BYTES: usize = 64;

impl ValueSize {
    fn of(value: &ConstValue) -> Self {
        match value {
            ConstValue::List(items) => Self::of_list(items.iter().map(Self::of)),
            ConstValue::Object(fields) => Self::of_object(fields.values().map(Self::of)),
            ConstValue::String(text) => Self::of_text(text),
            _ => Self::default(),
        }
    }

    fn of_text(text: &str) -> Self {
        Self {
            longest_list: 0,
            parts: count(text.len() / TEXT_PART_BYTES),
            bytes: count(text.len()),
        }
    }

    fn of_list(items: impl ExactSizeIterator<Item = Self>) -> Self {
        let length = count(items.len());
        let all = Self::of_object(items);
        Self {
            longest_list: all.longest_list.max(length),
            ..all
        }
    }

    fn of_object(fields: impl ExactSizeIterator<Item = Self>) -> Self {
        let itself = Self {
            longest_list: 0,
            parts: count(fields.len()),
            bytes: count(fields.len()).saturating_mul(PART_BYTES),
        };
        fields.fold(itself, Self::and)
    }

    /// The size of both values together.
    fn and(self, other: Self) -> Self {
        Self {
            longest_list: self.longest_list.max(other.longest_list),
            parts: self.parts.saturating_add(other.parts),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}
