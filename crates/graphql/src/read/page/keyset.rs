//! The start of a page: the rows on one side of a position in a total order, as SQL.

use entity::null::NullDefault;
use sea_orm::{
    ColumnTrait, DbBackend, ExprTrait,
    sea_query::{Cond, Condition, Expr},
};

use crate::{
    moment::is_storable,
    read::order::{SortKind, Term, TotalOrder},
    read::row::Row,
    read::source::Source,
    value::TIMESTAMP_FORMAT,
};

/// A position in a total order: the values of its terms, as JSON.
pub(crate) type Position = Vec<serde_json::Value>;

/// The side of a position that rows must be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seek {
    After,
    Before,
}

/// The place of a position's values in a statement.
pub(crate) enum Bound<'a> {
    /// The values are bound as parameters.
    Values(&'a Position),
    /// The values are in this slot of the JSON that contains the statement's batch of parents. The
    /// example is one of the positions in the batch: all of them have their NULLs in the same
    /// terms.
    Batch { slot: usize, example: &'a Position },
}

impl Bound<'_> {
    fn is_null(&self, index: usize) -> bool {
        let (Self::Values(position)
        | Self::Batch {
            example: position, ..
        }) = self;
        position.get(index).is_none_or(serde_json::Value::is_null)
    }

    fn expr(&self, index: usize, kind: SortKind, backend: DbBackend) -> Expr {
        match self {
            Self::Values(position) => literal(&position[index], kind),
            Self::Batch { slot, .. } => {
                let sql_type = sql_type(kind, backend);
                Expr::cust(format!(
                    "CAST(batch.value -> {slot} ->> {index} AS {sql_type})"
                ))
            }
        }
    }
}

fn literal(value: &serde_json::Value, kind: SortKind) -> Expr {
    let text = value.as_str().unwrap_or_default();
    match kind {
        SortKind::Integer => {
            Expr::value(value.as_i64().and_then(|value| i32::try_from(value).ok()))
        }
        SortKind::Float => Expr::value(value.as_f64()),
        SortKind::Text => Expr::value(text),
        SortKind::Date => Expr::value(text.parse::<chrono::NaiveDate>().ok()),
        SortKind::Timestamp => {
            Expr::value(chrono::NaiveDateTime::parse_from_str(text, TIMESTAMP_FORMAT).ok())
        }
    }
}

/// The SQL type to cast a value to. SQLite stores dates and timestamps as text.
fn sql_type(kind: SortKind, backend: DbBackend) -> &'static str {
    match (kind, backend) {
        (SortKind::Integer, _) => "integer",
        (SortKind::Float, DbBackend::Postgres) => "double precision",
        (SortKind::Float, _) => "real",
        (SortKind::Date, DbBackend::Postgres) => "date",
        (SortKind::Timestamp, DbBackend::Postgres) => "timestamp",
        (SortKind::Text | SortKind::Date | SortKind::Timestamp, _) => "text",
    }
}

/// Whether `value` can be the value of `term` in a cursor of this server. Dates and timestamps must
/// have the exact format of cursors, since the databases may not accept other formats that Rust can
/// parse.
pub(crate) fn is_value_of<C>(term: &Term<C>, value: &serde_json::Value) -> bool {
    if value.is_null() {
        return term.nullable;
    }
    let text = value.as_str().unwrap_or_default();
    match term.kind {
        SortKind::Integer => value
            .as_i64()
            .is_some_and(|value| i32::try_from(value).is_ok()),
        SortKind::Float => value.is_f64(),
        // PostgreSQL cannot hold a NUL character, so no row has one.
        SortKind::Text => value.is_string() && !text.contains('\0'),
        SortKind::Date => text
            .parse::<chrono::NaiveDate>()
            .is_ok_and(|day| is_storable(day) && day.to_string() == text),
        SortKind::Timestamp => chrono::NaiveDateTime::parse_from_str(text, TIMESTAMP_FORMAT)
            .is_ok_and(|moment| {
                is_storable(moment.date()) && moment.format(TIMESTAMP_FORMAT).to_string() == text
            }),
    }
}

impl<T: Row> TotalOrder<T> {
    /// The rows on one side of a position, as ranges that do not overlap.
    ///
    /// Without NULLs, one range would be enough. But "greater or NULL" is not a range of an index,
    /// so a statement with this condition reads the index from its start. Within a range, the bound
    /// on the first term is a separate condition, because databases do not derive it from an `OR`.
    ///
    /// That range begins with all rows that have the same value of the first term, however many they
    /// are. PostgreSQL compares rows as a whole where it can, and then begins right behind the
    /// position. SQLite does so only by two ranges, which are worth it where there is an index: for
    /// a copy of a column that places have, if the list has all rows of a workspace.
    pub(crate) fn ranges(
        &self,
        source: Source,
        backend: DbBackend,
        seek: Seek,
        bound: &Bound<'_>,
        is_whole: bool,
    ) -> Vec<Condition> {
        let sql = Sql {
            source,
            backend,
            seek,
            bound,
        };
        let first = &self.terms[0];
        let expr = first.expr(source, backend);
        let upward = sql.upward(first);
        if bound.is_null(0) {
            // The term can be NULL, so it is not the id, and another term follows.
            let nulls = Cond::all()
                .add(expr.clone().is_null())
                .add(sql.beyond(&self.terms, 1));
            // NULL is the greatest value, so all others come after it in descending order.
            return if upward {
                vec![nulls]
            } else {
                vec![nulls, Cond::all().add(expr.is_not_null())]
            };
        }
        let value = bound.expr(0, first.kind, backend);
        if self.terms.len() == 1 {
            return vec![Cond::all().add(sql.strictly(first, 0))];
        }
        let nulls = (first.nullable && upward).then(|| Cond::all().add(expr.clone().is_null()));
        if backend == DbBackend::Postgres && self.is_compared_as_row(&sql) {
            let row = Cond::all().add(sql.strictly_as_row(&self.terms));
            return std::iter::once(row).chain(nulls).collect();
        }
        if backend == DbBackend::Sqlite && is_whole && source.copy_of(first.column).is_some() {
            let ties = Cond::all()
                .add(expr.clone().eq(value))
                .add(sql.beyond(&self.terms, 1));
            let others = Cond::all().add(sql.strictly(first, 0));
            return [ties, others].into_iter().chain(nulls).collect();
        }
        let at_least = if upward {
            expr.clone().gte(value.clone())
        } else {
            expr.clone().lte(value.clone())
        };
        let mut ranges = vec![
            Cond::all().add(at_least).add(
                Cond::any().add(sql.strictly(first, 0)).add(
                    Cond::all()
                        .add(expr.clone().eq(value))
                        .add(sql.beyond(&self.terms, 1)),
                ),
            ),
        ];
        ranges.extend(nulls);
        ranges
    }

    /// Whether rows can be compared with the position as a whole: all terms have the same direction,
    /// and no further one can be NULL.
    fn is_compared_as_row(&self, sql: &Sql<'_>) -> bool {
        let upward = sql.upward(&self.terms[0]);
        let mut further = self.terms[1..].iter();
        further.all(|term| !term.nullable && sql.upward(term) == upward)
    }

    /// The rows on one side of a position, as one condition.
    pub(crate) fn side(
        &self,
        source: Source,
        backend: DbBackend,
        seek: Seek,
        bound: &Bound<'_>,
    ) -> Condition {
        self.ranges(source, backend, seek, bound, false)
            .into_iter()
            .fold(Cond::any(), Condition::add)
    }
}

/// The context shared by all conditions on one position.
struct Sql<'a> {
    source: Source,
    backend: DbBackend,
    seek: Seek,
    bound: &'a Bound<'a>,
}

impl Sql<'_> {
    /// Whether values increase in the direction of the search.
    fn upward<C>(&self, term: &Term<C>) -> bool {
        term.descending == (self.seek == Seek::Before)
    }

    /// Rows that are beyond the position, comparing the terms from `index` on.
    fn beyond<C: ColumnTrait + NullDefault>(&self, terms: &[Term<C>], index: usize) -> Condition {
        let term = &terms[index];
        let expr = term.expr(self.source, self.backend);
        let is_null = self.bound.is_null(index);
        let mut rows = Cond::any();
        if is_null {
            if !self.upward(term) {
                rows = rows.add(expr.clone().is_not_null());
            }
        } else {
            rows = rows.add(self.strictly(term, index));
            if term.nullable && self.upward(term) {
                rows = rows.add(expr.clone().is_null());
            }
        }
        if index + 1 < terms.len() {
            let tie = if is_null {
                expr.is_null()
            } else {
                expr.eq(self.bound.expr(index, term.kind, self.backend))
            };
            rows = rows.add(Cond::all().add(tie).add(self.beyond(terms, index + 1)));
        }
        rows
    }

    /// Rows that are strictly beyond the position, in which no value is NULL.
    fn strictly_as_row<C: ColumnTrait + NullDefault>(&self, terms: &[Term<C>]) -> Expr {
        let of_rows = terms.iter().map(|it| it.expr(self.source, self.backend));
        let rows = Expr::tuple(of_rows);
        let of_position = terms.iter().enumerate();
        let of_position = of_position.map(|(i, it)| self.bound.expr(i, it.kind, self.backend));
        let position = Expr::tuple(of_position);
        if self.upward(&terms[0]) {
            rows.gt(position)
        } else {
            rows.lt(position)
        }
    }

    /// Rows whose value of the term is strictly beyond that of the position, which is not NULL.
    fn strictly<C: ColumnTrait + NullDefault>(&self, term: &Term<C>, index: usize) -> Expr {
        let expr = term.expr(self.source, self.backend);
        let value = self.bound.expr(index, term.kind, self.backend);
        if self.upward(term) {
            expr.gt(value)
        } else {
            expr.lt(value)
        }
    }
}
