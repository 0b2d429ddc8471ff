//! The values that columns can be compared with.

use std::{borrow::Cow, fmt::Debug, hash::Hash};

use async_graphql::InputType;
use sea_orm::{ActiveEnum, Value, sea_query::ArrayType};

use crate::{
    read::row::{Id, Row},
    scalar::{Date, DateTime, Float, Uuid},
};

/// A GraphQL value that columns can be compared with.
pub(crate) trait Operand: InputType + Clone + Debug + Eq + Hash + 'static {
    /// Whether the filter has more fields than [`super::Equality`], which is then flattened into it.
    const EXTENDS_EQUALITY: bool = false;

    /// For IDs, the type of the objects that have them.
    const IDS_OF: Option<&'static str> = None;

    /// The name of the filter.
    fn filter_name() -> Cow<'static, str> {
        format!("{}Filter", <Self as InputType>::type_name()).into()
    }

    /// The type of an array of such values on PostgreSQL.
    fn array_type() -> ArrayType;

    /// The value as an SQL value.
    fn to_sql(&self) -> Value;
}

impl Operand for i32 {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::Int
    }

    fn to_sql(&self) -> Value {
        (*self).into()
    }
}

impl Operand for DateTime {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::ChronoDateTime
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for Date {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::ChronoDate
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for Float {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::Double
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for String {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn to_sql(&self) -> Value {
        self.as_str().into()
    }
}

impl Operand for Uuid {
    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn to_sql(&self) -> Value {
        self.0.as_str().into()
    }
}

impl<T: Row> Operand for Id<T> {
    const IDS_OF: Option<&'static str> = Some(T::NAME);

    /// Each type has its own filter, because ids of other types are rejected.
    fn filter_name() -> Cow<'static, str> {
        format!("{}IDFilter", T::NAME).into()
    }

    fn array_type() -> ArrayType {
        ArrayType::Int
    }

    fn to_sql(&self) -> Value {
        self.database_id().into()
    }
}

/// A GraphQL enum that is stored as text.
pub(crate) trait ClosedSet:
    InputType + Copy + Debug + Eq + Hash + Into<Self::Stored> + 'static
{
    /// The enum as it is stored.
    type Stored: ActiveEnum<Value = String>;
}

impl<T: ClosedSet> Operand for T {
    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn to_sql(&self) -> Value {
        let stored: T::Stored = (*self).into();
        stored.to_value().into()
    }
}
