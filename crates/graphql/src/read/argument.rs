//! Arguments whose errors concern their field alone.

use std::borrow::Cow;

use async_graphql::{InputType, InputValueResult, Value, registry::Registry};

use crate::error::{Error, input::reason};

/// An argument of a query that may hold an invalid id.
///
/// If an argument cannot be read, async-graphql fails before the resolver runs, and the error makes
/// the parent null, even if the field itself is nullable. This type keeps the error for the
/// resolver, which returns it as that of the field.
///
/// The value is boxed, because filters are large and each resolver has room for its arguments.
pub(crate) struct Argument<T>(Result<Box<T>, String>);

impl<T> Argument<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// If it is invalid. The error says why.
    pub(crate) fn valid(self) -> Result<T, Error> {
        self.0.map(|value| *value).map_err(Error::BadUserInput)
    }
}

impl<T: InputType> InputType for Argument<T> {
    type RawValueType = T::RawValueType;

    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        Ok(Self(T::parse(value).map(Box::new).map_err(reason)))
    }

    fn to_value(&self) -> Value {
        let value = self.0.as_ref().map(InputType::to_value);
        value.unwrap_or_default()
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_ref().ok()?.as_raw_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read::row::Id, schema::task::Task, schema::task::inputs::TaskWhere};

    fn error<T: InputType>(value: serde_json::Value) -> String {
        let value = Value::from_json(value).unwrap();
        let argument = Argument::<T>::parse(Some(value)).ok().unwrap();
        argument.valid().err().unwrap().to_string()
    }

    #[test]
    fn the_reason_is_kept() {
        let expected = "`x` is not an ID. IDs are opaque: send the `id` of an object of type Task.";
        assert_eq!(error::<Id<Task>>("x".into()), expected);
        let nested = serde_json::json!({"not": {"and": [{"id": {"in": ["x"]}}]}});
        assert_eq!(error::<TaskWhere>(nested), expected);
        let odd = "\": (occurred while parsing \"Y\")";
        assert!(error::<Id<Task>>(odd.into()).starts_with(&format!("`{odd}` is not an ID")));
    }
}
