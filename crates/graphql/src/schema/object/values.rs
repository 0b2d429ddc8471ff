//! Conversions between columns and the values of the schema.

use sea_orm::prelude::{Date as SqlDate, DateTime as SqlDateTime, Json as SqlJson};

use crate::{
    read::filter::ClosedSet,
    scalar::{Date, DateTime, Json, Uuid},
};

/// A value of the schema that is stored in a column of type `C`.
pub(crate) trait FromColumn<'a, C: ?Sized>: Sized {
    fn from_column(stored: &'a C) -> Self;
}

macro_rules! stored {
    ($($value:ty: $column:ty => $read:expr;)*) => {
        $(impl<'a> FromColumn<'a, $column> for $value {
            fn from_column(stored: &'a $column) -> Self {
                let read: fn(&'a $column) -> Self = $read;
                read(stored)
            }
        })*
    };
}

stored! {
    &'a str: String => |stored| stored;
    Option<&'a str>: Option<String> => |stored| stored.as_deref();
    i32: i32 => |stored| *stored;
    Option<i32>: Option<i32> => |stored| *stored;
    // SQLite has no negative zero.
    Option<f64>: Option<f64> => |stored| stored.map(|value| value + 0.0);
    Option<bool>: Option<bool> => |stored| *stored;
    Option<Date>: Option<SqlDate> => |stored| stored.map(Date);
    Option<DateTime>: Option<SqlDateTime> => |stored| stored.map(DateTime);
    // The data contract allows NULL, but every writer sets the column.
    DateTime: Option<SqlDateTime> => |stored| DateTime(stored.unwrap_or_default());
    Option<Json>: Option<SqlJson> => |stored| stored.clone().map(Json);
    Uuid: String => |stored| Uuid(stored.clone());
}

/// An enum. NULL means the default of the data contract.
impl<'a, T> FromColumn<'a, Option<T::Stored>> for T
where
    T: ClosedSet<Stored: Copy + Default> + From<T::Stored>,
{
    fn from_column(stored: &'a Option<T::Stored>) -> Self {
        stored.unwrap_or_default().into()
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
