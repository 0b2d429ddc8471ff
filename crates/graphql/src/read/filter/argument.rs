//! The argument `where` of a list.

use std::borrow::Cow;

use async_graphql::{InputType, InputValueError, InputValueResult, Value, registry::Registry};

/// A filter in which nothing is null. Null for the whole argument means no filter, because clients
/// send it for variables without a value. But if a null inside meant "no condition", a variable that
/// happens to be null would make a list return everything.
pub struct Filter<W>(pub(crate) W);

impl<W: InputType> InputType for Filter<W> {
    type RawValueType = W::RawValueType;

    fn type_name() -> Cow<'static, str> {
        W::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        W::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let mut path = "where".to_owned();
        if value
            .as_ref()
            .is_some_and(|value| find_null(value, &mut path))
        {
            return Err(InputValueError::custom(format!(
                "`{path}` is null, which matches nothing. Omit it, or use `isNull: true` to find \
                 null values. `not: {{relation: {{}}}}` finds what has no related object."
            )));
        }
        let filter = W::parse(value).map_err(InputValueError::propagate)?;
        Ok(Self(filter))
    }

    fn to_value(&self) -> Value {
        self.0.to_value()
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_raw_value()
    }
}

/// Whether a value is null or contains null. `path` is then extended to the path of the first one.
fn find_null(value: &Value, path: &mut String) -> bool {
    let length = path.len();
    let mut is_null_at = |step: String, value: &Value| {
        path.truncate(length);
        path.push_str(&step);
        find_null(value, path)
    };
    match value {
        Value::Null => true,
        Value::List(items) => items
            .iter()
            .enumerate()
            .any(|(index, item)| is_null_at(format!("[{index}]"), item)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| is_null_at(format!(".{name}"), value)),
        _ => false,
    }
}
