//! `orderBy`: what lists can be sorted by, and the total order that a request asks for.

use std::{borrow::Cow, fmt::Debug, hash::Hash};

use async_graphql::{Enum, InputObject, InputType, TypeName};
use sea_orm::{
    ActiveEnum, ColumnTrait, DbBackend, ExprTrait, IdenStatic, Iterable, ModelTrait, Order, Value,
    sea_query::{CaseStatement, ColumnType, Expr, NullOrdering, SelectStatement},
};

use crate::{
    read::row::{ColumnOf, ModelOf, Row},
    value::to_json,
};

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum OrderDirection {
    /// From least to greatest: oldest, smallest or least urgent first, absent values last.
    Asc,
    /// From greatest to least: newest, largest or most urgent first, absent values first.
    Desc,
}

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct OrderBy<F: OrderField> {
    /// What to sort by.
    pub field: F,
    /// Which end comes first.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl<F: OrderField> TypeName for OrderBy<F> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Order", F::Of::NAME).into()
    }
}

/// The enum of what one type can be sorted by.
pub(crate) trait OrderField: InputType + Copy + Debug + Eq + Hash + 'static {
    /// The type that is sorted.
    type Of: Row;

    /// What a value of this enum sorts by.
    fn sort_by(self) -> SortBy<ColumnOf<Self::Of>>;
}

/// What a field of `orderBy` sorts by.
pub(crate) enum SortBy<C> {
    /// The values of a column as they are; text by code points, on both databases.
    Column(C),
    /// The values of a closed set by their meaning, which is the order of its variants.
    Meaning(C, Vec<String>),
}

impl<C> SortBy<C> {
    /// Sorts by the order in which the variants of `E` are declared.
    pub(crate) fn meaning<E: ActiveEnum<Value = String> + Iterable>(column: C) -> Self {
        Self::Meaning(
            column,
            E::iter().map(|variant| variant.to_value()).collect(),
        )
    }
}

/// The kind of values that a term compares. Cursors contain them as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortKind {
    Integer,
    Float,
    Text,
    Date,
    Timestamp,
}

/// One step of a total order: an expression, its direction, and whether it can be NULL.
pub(crate) struct Term<C> {
    column: C,
    meaning: Option<Vec<String>>,
    pub(crate) kind: SortKind,
    pub(crate) nullable: bool,
    pub(crate) descending: bool,
}

impl<C: ColumnTrait> Term<C> {
    fn new(sort_by: SortBy<C>, descending: bool) -> Self {
        let (column, meaning) = match sort_by {
            SortBy::Column(column) => (column, None),
            SortBy::Meaning(column, meaning) => (column, Some(meaning)),
        };
        let definition = column.def();
        let kind = match definition.get_column_type() {
            _ if meaning.is_some() => SortKind::Integer,
            ColumnType::Integer => SortKind::Integer,
            ColumnType::Double => SortKind::Float,
            ColumnType::Date => SortKind::Date,
            ColumnType::DateTime => SortKind::Timestamp,
            _ => SortKind::Text,
        };
        Self {
            column,
            meaning,
            kind,
            nullable: definition.is_null(),
            descending,
        }
    }

    /// The SQL expression over the table known as `table`.
    pub(crate) fn expr(&self, table: &'static str, backend: DbBackend) -> Expr {
        let column = Expr::col((table, self.column));
        match &self.meaning {
            // The values are constants of ours: bound, they would make the plan depend on them.
            Some(meaning) => meaning
                .iter()
                .zip(0_i32..)
                .fold(CaseStatement::new(), |case, (value, rank)| {
                    let value = Expr::cust(format!("'{value}'"));
                    case.case(column.clone().eq(value), Expr::cust(rank.to_string()))
                })
                .into(),
            // SQLite compares bytes; PostgreSQL does so under the collation "C".
            None if self.kind == SortKind::Text && backend == DbBackend::Postgres => {
                Expr::cust_with_expr("$1 COLLATE \"C\"", column)
            }
            None => column,
        }
    }

    /// The value of a row, as a cursor carries it.
    fn value<M: ModelTrait>(&self, row: &M) -> serde_json::Value
    where
        M::Entity: sea_orm::EntityTrait<Column = C>,
    {
        let value = row.get(self.column);
        match (&self.meaning, value) {
            (Some(meaning), Value::String(Some(value))) => {
                meaning.iter().position(|known| *known == value).into()
            }
            (_, value) => to_json(value),
        }
    }
}

/// A total order of the rows of a table: its last term is unique.
///
/// A NULL counts as greater than every value. That is how PostgreSQL's indexes run, in both
/// directions; for SQLite it is said in the statement.
pub(crate) struct TotalOrder<T: Row> {
    pub(crate) terms: Vec<Term<ColumnOf<T>>>,
}

impl<T: Row> TotalOrder<T> {
    /// The order that `order_by` asks for, made total by the id. A field that is named again
    /// changes nothing and is left out.
    pub(crate) fn new<F: OrderField<Of = T>>(order_by: &[OrderBy<F>]) -> Self {
        let mut terms: Vec<Term<ColumnOf<T>>> = Vec::with_capacity(order_by.len() + 1);
        for step in order_by {
            let term = Term::new(step.field.sort_by(), step.direction == OrderDirection::Desc);
            if terms
                .iter()
                .all(|known| known.column.as_str() != term.column.as_str())
            {
                terms.push(term);
            }
        }
        if let Some(unique) = terms
            .iter()
            .position(|term| term.column.as_str() == T::ID.as_str())
        {
            terms.truncate(unique + 1);
        } else {
            let descending = terms.last().is_some_and(|term| term.descending);
            terms.push(Term::new(SortBy::Column(T::ID), descending));
        }
        Self { terms }
    }

    /// Names the order within cursors, so that one made under another order is noticed.
    pub(crate) fn name(&self) -> String {
        self.terms
            .iter()
            .flat_map(|term| {
                [
                    if term.descending { "-" } else { "+" },
                    term.column.as_str(),
                ]
            })
            .collect()
    }

    /// The position of a row in this order: its values, term by term.
    pub(crate) fn position(&self, row: &ModelOf<T>) -> Vec<serde_json::Value> {
        self.terms.iter().map(|term| term.value(row)).collect()
    }

    /// Adds `ORDER BY` over the table known as `table`.
    pub(crate) fn sort(
        &self,
        select: &mut SelectStatement,
        table: &'static str,
        backend: DbBackend,
        reversed: bool,
    ) {
        for term in &self.terms {
            let expr = term.expr(table, backend);
            let (order, nulls) = if term.descending == reversed {
                (Order::Asc, NullOrdering::Last)
            } else {
                (Order::Desc, NullOrdering::First)
            };
            if term.nullable {
                select.order_by_expr_with_nulls(expr, order, nulls);
            } else {
                select.order_by_expr(expr, order);
            }
        }
    }
}
