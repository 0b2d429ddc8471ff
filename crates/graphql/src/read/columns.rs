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
        match self {
            Self::All(large) => add_all::<T>(select, table, large),
            Self::Only(columns) => {
                for column in columns.of::<T>() {
                    select.column((table, column));
                }
            }
        }
    }
}

fn add_all<T: Row>(select: &mut SelectStatement, table: &'static str, large: &LargeFields) {
    let is_left_out = |column: &ColumnOf<T>| is_large(column) && !selects::<T>(large, column);
    if !ColumnOf::<T>::iter().any(|column| is_left_out(&column)) {
        select.column((table, Asterisk));
        return;
    }
    for column in ColumnOf::<T>::iter() {
        if is_left_out(&column) {
            select.expr_as(Expr::cust("NULL"), column);
        } else {
            select.column((table, column));
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
    let definition = column.def();
    let column_type = definition.get_column_type();
    definition.is_null() && matches!(column_type, ColumnType::Text | ColumnType::JsonBinary)
}

/// A set of columns of one type, each known by its number in the order of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ColumnSet(u64);

impl ColumnSet {
    /// The set with one column.
    pub(crate) fn one(number: usize) -> Self {
        Self(1 << number)
    }

    /// The set with this column.
    pub(crate) fn of_column<T: Row>(column: ColumnOf<T>) -> Self {
        Self::one(number_of::<T>(column))
    }

    /// The columns of both sets.
    #[must_use]
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The index of a column of the set in the rows of a statement that reads the set.
    pub(crate) fn index(self, number: usize) -> usize {
        let before = self.0 & ((1 << number) - 1);
        before.count_ones() as usize
    }

    /// The columns, in the order in which they are read.
    fn of<T: Row>(self) -> impl Iterator<Item = ColumnOf<T>> {
        ColumnOf::<T>::iter()
            .enumerate()
            .filter(move |(number, _)| self.0 & (1 << number) != 0)
            .map(|(_, column)| column)
    }
}

/// The number of a column in the order of the table.
pub(crate) fn number_of<T: Row>(column: ColumnOf<T>) -> usize {
    let mut columns = ColumnOf::<T>::iter();
    let number = columns.position(|it| it.as_str() == column.as_str());
    number.unwrap_or_else(|| unreachable!("every column of a table is one of its columns"))
}
