//! Which columns of a type a statement reads.

use heck::ToLowerCamelCase;
use sea_orm::{
    ColumnTrait, IdenStatic, Iterable,
    sea_query::{Asterisk, ColumnType, Expr, SelectStatement},
};

use super::row::{ColumnOf, Row};
use crate::guard::document::LargeFields;

/// The columns that a statement reads.
#[derive(Clone, Copy)]
pub(crate) enum Columns<'a> {
    /// All of them. In place of long values that are not selected, which may take more room than all
    /// others together, there is NULL.
    All(&'a LargeFields),
    /// Only these.
    Only(ColumnSet),
}

impl Columns<'_> {
    /// Adds the columns of a type to a select.
    pub(crate) fn add_to<T: Row>(self, select: &mut SelectStatement, table: &'static str) {
        let columns = match self {
            Self::All(large) => ColumnSet::all::<T>(large),
            Self::Only(columns) => columns,
        };
        // Whole rows are read by the names of their columns.
        if matches!(self, Self::All(_)) && columns.null == 0 {
            select.column((table, Asterisk));
            return;
        }
        for (number, column) in ColumnOf::<T>::iter().enumerate() {
            if columns.read & (1 << number) != 0 {
                select.column((table, column));
            } else if columns.null & (1 << number) != 0 {
                select.expr_as(Expr::cust("NULL"), column);
            }
        }
    }
}

/// Whether a long value of a type is selected that can be left out.
pub(crate) fn has_large<T: Row>(large: &LargeFields) -> bool {
    ColumnOf::<T>::iter().any(|column| is_large(&column) && selects::<T>(large, &column))
}

fn selects<T: Row>(large: &LargeFields, column: &ColumnOf<T>) -> bool {
    large.contains(T::NAME, &column.as_str().to_lower_camel_case())
}

/// Whether the values of a column can be long, and may be left out. Their fields have the directive
/// `@large`.
fn is_large(column: &impl ColumnTrait) -> bool {
    column.def().is_null() && has_long_type(column)
}

fn has_long_type(column: &impl ColumnTrait) -> bool {
    let definition = column.def();
    let column_type = definition.get_column_type();
    matches!(column_type, ColumnType::Text | ColumnType::JsonBinary)
}

/// A set of columns of one type, each known by its number in the order of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ColumnSet {
    read: u64,
    /// Columns in whose place there is NULL.
    null: u64,
}

impl ColumnSet {
    /// The set with one column.
    pub(crate) fn one(number: usize) -> Self {
        Self {
            read: 1 << number,
            null: 0,
        }
    }

    /// The set with this column.
    pub(crate) fn of_column<T: Row>(column: ColumnOf<T>) -> Self {
        Self::one(number_of::<T>(column))
    }

    /// All columns, with NULL in place of long values that are not selected.
    pub(crate) fn all<T: Row>(large: &LargeFields) -> Self {
        let mut all = Self::default();
        for (number, column) in ColumnOf::<T>::iter().enumerate() {
            if is_large(&column) && !selects::<T>(large, &column) {
                all.null |= 1 << number;
            } else {
                all.read |= 1 << number;
            }
        }
        all
    }

    /// The columns of both sets.
    #[must_use]
    pub(crate) fn union(self, other: Self) -> Self {
        let read = self.read | other.read;
        Self {
            read,
            null: (self.null | other.null) & !read,
        }
    }

    /// Whether values of a column of the set can be long.
    pub(crate) fn has_long<T: Row>(self) -> bool {
        let columns = ColumnOf::<T>::iter().enumerate();
        let mut read = columns.filter(|(number, _)| self.read & (1 << number) != 0);
        read.any(|(_, column)| has_long_type(&column))
    }

    /// How many values a row has for the columns.
    pub(crate) fn len(self) -> usize {
        (self.read | self.null).count_ones() as usize
    }

    /// The index of a column of the set in the rows of a statement that reads the set.
    pub(crate) fn index(self, number: usize) -> usize {
        let before = (self.read | self.null) & ((1 << number) - 1);
        before.count_ones() as usize
    }
}

/// The number of a column in the order of the table.
pub(crate) fn number_of<T: Row>(column: ColumnOf<T>) -> usize {
    let mut columns = ColumnOf::<T>::iter();
    let number = columns.position(|it| it.as_str() == column.as_str());
    number.unwrap_or_else(|| unreachable!("every column of a table is one of its columns"))
}
