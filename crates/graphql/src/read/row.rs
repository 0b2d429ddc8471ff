//! Rows as GraphQL objects, and their global ids.

use std::{
    borrow::Cow,
    fmt::{self, Display, Formatter},
    marker::PhantomData,
    sync::Arc,
};

use async_graphql::{
    InputType, InputValueError, InputValueResult, OutputType, Value, registry::Registry,
};
use derive_where::derive_where;
use entity::{null::NullDefault, scope::Scoped};
use sea_orm::EntityTrait;

use crate::{
    global_id::{decode, encode},
    scalar::shown,
};

/// The model behind a GraphQL object.
pub(crate) type ModelOf<T> = <<T as Row>::Entity as EntityTrait>::Model;
/// The columns of the model behind a GraphQL object.
pub(crate) type ColumnOf<T> = <<T as Row>::Entity as EntityTrait>::Column;

/// A GraphQL object that wraps one row of a table.
pub(crate) trait Row:
    OutputType + From<Arc<<Self::Entity as EntityTrait>::Model>> + Clone + 'static
{
    /// The table.
    type Entity: Scoped<Model: Default + Send + Sync + 'static, Column: NullDefault>;
    /// The name of the GraphQL type, which is also part of global ids.
    const NAME: &'static str;
    /// The primary key of the table.
    const ID: ColumnOf<Self>;

    /// The database id of a row.
    fn database_id(row: &ModelOf<Self>) -> i32;

    /// The global id of a row.
    fn global_id(row: &ModelOf<Self>) -> async_graphql::ID {
        encode(Self::NAME, Self::database_id(row)).into()
    }
}

/// The global id of an object of a certain type, as sent by clients. An id of another type is
/// rejected when the request is parsed, with an error that names both types.
#[derive_where(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id<T> {
    database_id: i32,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    pub(crate) fn new(database_id: i32) -> Self {
        Self {
            database_id,
            of: PhantomData,
        }
    }

    pub(crate) fn database_id(&self) -> i32 {
        self.database_id
    }
}

impl<T: Row> Id<T> {
    /// The name of the type of the objects, for the directive `@idOf`.
    pub(crate) fn of() -> String {
        T::NAME.to_owned()
    }
}

impl<T: Row> Display for Id<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(T::NAME, self.database_id))
    }
}

impl<T: Row> InputType for Id<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <async_graphql::ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <async_graphql::ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let text = match value {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            other => return Err(InputValueError::expected_type(other.unwrap_or_default())),
        };
        match decode(&text) {
            Some((name, database_id)) if name == T::NAME => Ok(Self {
                database_id,
                of: PhantomData,
            }),
            Some((name, _)) => Err(InputValueError::custom(format!(
                "{} is an ID of type {name}; an ID of type {} is required here.",
                shown(&text),
                T::NAME
            ))),
            None => Err(InputValueError::custom(format!(
                "{} is not an ID. IDs are opaque: send the `id` of an object of type {}.",
                shown(&text),
                T::NAME
            ))),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
