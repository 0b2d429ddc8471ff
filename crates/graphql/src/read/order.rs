//! `orderBy`: the fields that lists can be sorted by, and the total order of a request.

use std::{borrow::Cow, fmt::Debug, hash::Hash};

use async_graphql::{Enum, InputObject, InputType, TypeName};
use entity::null::NullDefault;
use sea_orm::{
    ActiveEnum, ColumnTrait, DbBackend, DbErr, ExprTrait, IdenStatic, Iterable, ModelTrait, Order,
    QueryResult, Value,
    sea_query::{CaseStatement, ColumnType, Expr, Func, NullOrdering, SelectStatement},
};

use crate::{
    database::times,
    error::Error,
    read::columns::{ColumnSet, number_of},
    read::level::Rows,
    read::row::{ColumnOf, ModelOf, Row},
    read::source::Source,
    value::{or_default, to_json},
};

/// The direction of a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum OrderDirection {
    /// Ascending: oldest, smallest or least urgent first, nulls last.
    Asc,
    /// Descending: newest, largest or most urgent first, nulls first.
    Desc,
}

/// A field to sort by, with a direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct OrderBy<F: OrderField> {
    /// The field to sort by.
    pub field: F,
    /// The direction of the sort.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl<F: OrderField> TypeName for OrderBy<F> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Order", F::Of::NAME).into()
    }
}

/// The enum of the fields that a type can be sorted by.
pub(crate) trait OrderField: InputType + Copy + Debug + Eq + Hash + 'static {
    /// The type that is sorted.
    type Of: Row;

    /// The column that this field sorts by, and how.
    fn sort_by(self) -> SortBy<ColumnOf<Self::Of>>;
}

/// The column that a field of `orderBy` sorts by, and how.
pub(crate) enum SortBy<C> {
    /// By the values of a column as they are. Text is sorted by code points on both databases.
    Column(C),
    /// By the rank of the values of an enum, which is the order of its variants.
    Rank(C, Vec<String>),
}

impl<C> SortBy<C> {
    /// Sorts by the order in which the variants of `E` are declared.
    pub(crate) fn rank<E: ActiveEnum<Value = String> + Iterable>(column: C) -> Self {
        Self::Rank(
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

/// A term of a total order: an expression, its direction, and whether the expression can be NULL.
pub(crate) struct Term<C> {
    pub(crate) column: C,
    /// What NULL stands for in the column. The expression is then never NULL.
    default: Option<Value>,
    /// The values of the enum in the order of their ranks, if the term sorts by rank.
    ranked: Option<Vec<String>>,
    pub(crate) kind: SortKind,
    pub(crate) nullable: bool,
    pub(crate) descending: bool,
}

impl<C: ColumnTrait + NullDefault> Term<C> {
    fn new(sort_by: SortBy<C>, descending: bool) -> Self {
        let (column, ranked) = match sort_by {
            SortBy::Column(column) => (column, None),
            SortBy::Rank(column, values) => (column, Some(values)),
        };
        let definition = column.def();
        let kind = match definition.get_column_type() {
            _ if ranked.is_some() => SortKind::Integer,
            ColumnType::Integer => SortKind::Integer,
            ColumnType::Double => SortKind::Float,
            ColumnType::Date => SortKind::Date,
            ColumnType::DateTime => SortKind::Timestamp,
            _ => SortKind::Text,
        };
        let default = column.null_default();
        Self {
            column,
            ranked,
            kind,
            nullable: definition.is_null() && default.is_none(),
            default,
            descending,
        }
    }

    /// The SQL expression.
    pub(crate) fn expr(&self, source: Source, backend: DbBackend) -> Expr {
        let column = source
            .copy_of(self.column)
            .unwrap_or_else(|| or_default(source.column(self.column), self.default.as_ref()));
        match &self.ranked {
            // The values are constants of the server, so they are not bound: the plan must not
            // depend on parameters.
            // Values of other programs may have another letter case, or be unknown.
            Some(values) => {
                let column: Expr = Func::lower(column).into();
                let ranks = values.iter().zip(0_i32..);
                let case = ranks.fold(CaseStatement::new(), |case, (value, rank)| {
                    let value = Expr::cust(format!("'{value}'"));
                    case.case(column.clone().eq(value), Expr::cust(rank.to_string()))
                });
                case.finally(Expr::cust(self.rank_of_others(values).to_string()))
                    .into()
            }
            // SQLite compares bytes; PostgreSQL does so under the collation "C".
            None if self.kind == SortKind::Text && backend == DbBackend::Postgres => {
                Expr::cust_with_expr("$1 COLLATE \"C\"", column)
            }
            None => column,
        }
    }

    /// The rank of values that are not known: that of the value as which they are shown.
    fn rank_of_others(&self, values: &[String]) -> usize {
        let default = match &self.default {
            Some(Value::String(Some(default))) => values.iter().position(|known| known == default),
            _ => None,
        };
        default.unwrap_or(values.len().saturating_sub(1))
    }

    /// Reads the value of the column with this index.
    fn stored(&self, row: &QueryResult, index: usize) -> Result<Value, DbErr> {
        Ok(match self.kind {
            _ if self.ranked.is_some() => Value::String(row.try_get_by_index(index)?),
            SortKind::Integer => Value::Int(row.try_get_by_index(index)?),
            SortKind::Float => Value::Double(row.try_get_by_index(index)?),
            SortKind::Text => Value::String(row.try_get_by_index(index)?),
            SortKind::Date => Value::ChronoDate(times::date(row, index)?),
            SortKind::Timestamp => Value::ChronoDateTime(times::date_time(row, index)?),
        })
    }

    /// The value of a column, as contained in a cursor.
    fn value(&self, stored: Value) -> serde_json::Value {
        let value = match (stored, &self.default) {
            (stored, Some(default)) if stored == stored.as_null() => default.clone(),
            (stored, _) => stored,
        };
        match (&self.ranked, value) {
            (Some(values), Value::String(Some(value))) => {
                let mut known = values.iter();
                let rank = known.position(|known| known.eq_ignore_ascii_case(&value));
                rank.unwrap_or_else(|| self.rank_of_others(values)).into()
            }
            (_, value) => to_json(value),
        }
    }
}

/// A total order of the rows of a table: the last term is unique.
///
/// A NULL counts as greater than every value. This is the order of PostgreSQL's indexes, in both
/// directions. For SQLite, the statement says so explicitly.
pub(crate) struct TotalOrder<T: Row> {
    pub(crate) terms: Vec<Term<ColumnOf<T>>>,
}

impl<T: Row> TotalOrder<T> {
    /// The order requested by `order_by`, made total by the id. A repeated field has no effect and
    /// is left out.
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

    /// The name of the order in cursors, by which a cursor of another order is recognized.
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
        let values = self.terms.iter();
        values
            .map(|term| term.value(row.get(term.column)))
            .collect()
    }

    /// The same of a row that is not a whole one.
    pub(crate) fn position_in(
        &self,
        rows: &Rows,
        row: u32,
    ) -> Result<Vec<serde_json::Value>, Error> {
        let missing = || Error::Internal("there is no such row".into());
        let received = rows.get(row).ok_or_else(missing)?;
        let values = self.terms.iter().map(|term| {
            let index = rows.index(number_of::<T>(term.column));
            Ok(term.value(term.stored(received, index)?))
        });
        values.collect()
    }

    /// The columns of the terms.
    pub(crate) fn columns(&self) -> ColumnSet {
        let columns = self.terms.iter();
        let columns = columns.map(|term| ColumnSet::of_column::<T>(term.column));
        columns.fold(ColumnSet::default(), ColumnSet::union)
    }

    /// Adds `ORDER BY` to a select from `source`.
    pub(crate) fn sort(
        &self,
        select: &mut SelectStatement,
        source: impl Into<Source>,
        backend: DbBackend,
        reversed: bool,
    ) {
        let source = source.into();
        for term in &self.terms {
            let expr = term.expr(source, backend);
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
