//! Conversions between columns and the values of the schema.

use async_graphql::resolver_utils::EnumType;
use sea_orm::{
    ActiveEnum,
    prelude::{Date as SqlDate, DateTime as SqlDateTime, Json as SqlJson},
};

use crate::{
    database::usage,
    json,
    read::filter::ClosedSet,
    read::format::Kind,
    scalar::{Date, DateTime, Float, Json, Uuid},
};

/// A value of the schema that is stored in a column of type `C`.
pub(crate) trait FromColumn<'a, C: ?Sized>: Sized {
    fn from_column(stored: &'a C) -> Self;
}

/// The bytes that the value of a field takes in an answer, beside its text.
pub(crate) const FIELD_BYTES: usize = 100;

/// Whether a text may be added to the answer. If not, the answer fails as a whole, so what takes
/// the place of the text does not matter.
fn admits_text(text: &str) -> bool {
    usage::admits(text.len())
}

macro_rules! stored {
    ($($value:ty: $column:ty => $read:expr;)*) => {
        $(impl<'a> FromColumn<'a, $column> for $value {
            fn from_column(stored: &'a $column) -> Self {
                let _ = usage::admits(FIELD_BYTES);
                let read: fn(&'a $column) -> Self = $read;
                read(stored)
            }
        })*
    };
}

stored! {
    &'a str: String => |stored| if admits_text(stored) { stored } else { "" };
    Option<&'a str>: Option<String> => |stored| {
        stored.as_deref().filter(|text| admits_text(text))
    };
    i32: i32 => |stored| *stored;
    Option<i32>: Option<i32> => |stored| *stored;
    // SQLite has no negative zero.
    // Other programs may have stored numbers that JSON cannot have.
    Option<Float>: Option<f64> => |stored| {
        stored.filter(|value| value.is_finite()).map(|value| Float(value + 0.0))
    };
    Option<bool>: Option<bool> => |stored| *stored;
    Option<Date>: Option<SqlDate> => |stored| stored.map(Date);
    Option<DateTime>: Option<SqlDateTime> => |stored| stored.map(DateTime);
    // The data contract allows NULL, but every writer sets the column.
    DateTime: Option<SqlDateTime> => |stored| DateTime(stored.unwrap_or_default());
    Option<Json>: Option<SqlJson> => |stored| {
        // After a failure, nothing is measured any more.
        let admits = |json: &&SqlJson| usage::admits(0) && usage::admits(json::size(json));
        let stored = stored.as_ref().filter(admits);
        stored.cloned().map(Json)
    };
    Uuid: String => |stored| Uuid(stored.clone());
}

/// An enum. NULL means the default of the data contract.
impl<'a, T> FromColumn<'a, Option<T::Stored>> for T
where
    T: ClosedSet<Stored: Copy + Default> + From<T::Stored>,
{
    fn from_column(stored: &'a Option<T::Stored>) -> Self {
        let _ = usage::admits(FIELD_BYTES);
        stored.unwrap_or_default().into()
    }
}

/// A value of the schema, as plans write it from a column.
pub(crate) trait Formatted {
    /// The kind of the column.
    fn kind() -> Kind;
}

macro_rules! formatted {
    ($($value:ty => $kind:ident;)*) => {
        $(impl Formatted for $value {
            fn kind() -> Kind {
                Kind::$kind
            }
        })*
    };
}

formatted! {
    &str => Text;
    Option<&str> => Text;
    Uuid => Text;
    i32 => Integer;
    Option<i32> => Integer;
    Option<Float> => Float;
    bool => Boolean;
    Option<bool> => Boolean;
    Option<Date> => Date;
    DateTime => DateTime;
    Option<DateTime> => DateTime;
    Json => Object;
    Option<Json> => Json;
}

impl<T> Formatted for T
where
    T: ClosedSet + EnumType,
{
    fn kind() -> Kind {
        let values = T::items().iter().map(|item| {
            let stored: T::Stored = item.value.into();
            (stored.to_value(), format!("\"{}\"", item.name))
        });
        Kind::Enum(values.collect())
    }
}

/// A column that refers to another row.
pub(crate) trait ForeignKey<K> {
    /// The key of the other row, if the column has one.
    fn key(&self) -> Option<K>;
}

impl<K: Clone> ForeignKey<K> for K {
    fn key(&self) -> Option<K> {
        Some(self.clone())
    }
}

impl<K: Clone> ForeignKey<K> for Option<K> {
    fn key(&self) -> Option<K> {
        self.clone()
    }
}
