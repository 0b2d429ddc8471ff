//! The SELECT statements: rows by a key, pages of lists, counts of lists.
//!
//! The parents of a batch are passed as one JSON array, `[[index, key, after, before], …]`, so that
//! the text of a statement does not depend on their number. Each page has its own `LIMIT`, so that
//! a parent with many children costs no more than one with few.

use sea_orm::{
    DbBackend, ExprTrait, IdenStatic, Order, Value,
    sea_query::{Asterisk, Condition, Expr, Func, JoinType, Query, SelectStatement, UnionType},
};
use serde_json::json;

use crate::{
    account::viewer::Viewer,
    error::Error,
    read::columns::Columns,
    read::filter::{self, ROOT_TABLE},
    read::key::{CountOf, PageOf},
    read::order::TotalOrder,
    read::page::keyset::{Bound, Seek},
    read::page::listed::{Listed, PageSpec},
    read::relation::{Key, Related},
    read::row::{ColumnOf, Row},
    read::source::{Parent, Source, counted_rows, expect_few, rows_of_list, visible_rows},
    value::{is_any_of, to_json},
};

/// The column with the index of the parent that a row belongs to.
pub(crate) const BATCH_INDEX: &str = "batch_index";
/// The column of a count.
pub(crate) const TOTAL: &str = "total";

/// The table of parents in a statement. Cursor conditions refer to it by this name.
const BATCH: &str = "batch";
/// The rows of a page, outside of the select with the `LIMIT`.
const PAGE: &str = "page";

/// The visible rows in which `column` is one of `keys`.
pub(crate) fn matching<T: Row, K: Key>(
    column: ColumnOf<T>,
    keys: Vec<K>,
    viewer: &Viewer,
    columns: Columns<'_>,
    backend: DbBackend,
) -> SelectStatement {
    let keys: Vec<Value> = keys.into_iter().map(Into::into).collect();
    let column = Expr::col((ROOT_TABLE, column));
    let mut select = visible_rows::<T>(viewer);
    columns.add_to::<T>(&mut select, ROOT_TABLE);
    select
        .and_where(is_any_of(column, K::array_type(), keys, backend))
        .take()
}

/// The pages of a batch of parents. All must have the same spec, and NULLs at the same places of
/// their cursors; see [`PageOf::shares_statement`].
pub(crate) fn pages<T: Listed, K: Key>(
    batch: &[&PageOf<T, K>],
    viewer: &Viewer,
    columns: Columns<'_>,
    backend: DbBackend,
) -> Result<SelectStatement, Error> {
    let spec = &batch[0].spec;
    let order = TotalOrder::<T>::new(&spec.order_by);
    // A single root list has no parent, so it needs no batch.
    let alone = batch[0].related.column().is_none() && batch.len() == 1;
    let page = one_page(batch[0], alone, &order, viewer, columns, backend)?;
    let mut select = Query::select();
    if alone {
        select
            .expr_as(Expr::cust("0"), BATCH_INDEX)
            .column((PAGE, Asterisk))
            .from_subquery(page, PAGE);
    } else {
        let parents = parents(batch.iter().map(|key| {
            [
                to_json(key.related.key.clone().into()),
                json!(key.after),
                json!(key.before),
            ]
        }));
        select = batched::<T>(parents, page, columns, backend);
    }
    order.sort(&mut select, PAGE, backend, spec.backward);
    Ok(select.take())
}

/// The rows of the select `one` for each parent of a batch, with the index of the parent. `one`
/// refers to the parent as `batch.value`.
pub(crate) fn batched<T: Row>(
    parents: String,
    one: SelectStatement,
    columns: Columns<'_>,
    backend: DbBackend,
) -> SelectStatement {
    let mut select = Query::select();
    from_batch(&mut select, parents, backend);
    select.expr_as(
        Expr::cust("CAST(batch.value ->> 0 AS integer)"),
        BATCH_INDEX,
    );
    columns.add_to::<T>(&mut select, PAGE);
    if backend == DbBackend::Postgres {
        select.join_lateral(JoinType::InnerJoin, one, PAGE, Condition::all());
    } else {
        // SQLite has no LATERAL, but accepts a correlated select with a LIMIT after IN.
        let ids = Query::select()
            .column((PAGE, T::ID))
            .from_subquery(one, PAGE)
            .take();
        let id = Expr::col((PAGE, T::ID));
        select.join_as(
            JoinType::InnerJoin,
            T::Entity::default(),
            PAGE,
            id.in_subquery(ids),
        );
    }
    select
        .order_by_expr(Expr::cust(BATCH_INDEX), Order::Asc)
        .take()
}

/// The size of each list of a batch. All must have the same filter.
pub(crate) fn counts<T: Listed, K: Key>(
    batch: &[&CountOf<T, K>],
    viewer: &Viewer,
    backend: DbBackend,
) -> Result<SelectStatement, Error> {
    let parents = parents(
        batch
            .iter()
            .map(|key| [to_json(key.related.key.clone().into())]),
    );
    let CountOf { related, filter } = batch[0];
    let mut count = match filter {
        None => counted_rows::<T>(viewer, parent(related), backend),
        Some(_) => list(related, filter.as_ref(), viewer, backend)?.0,
    };
    count.expr(Func::count(Expr::cust("*")));
    let mut select = Query::select();
    from_batch(&mut select, parents, backend);
    Ok(select
        .expr_as(
            Expr::cust("CAST(batch.value ->> 0 AS integer)"),
            BATCH_INDEX,
        )
        .expr_as(Expr::SubQuery(None, Box::new(count.into())), TOTAL)
        .take())
}

/// The select of one page, with one row more than requested to tell whether the list goes on.
fn one_page<T: Listed, K: Key>(
    key: &PageOf<T, K>,
    alone: bool,
    order: &TotalOrder<T>,
    viewer: &Viewer,
    columns: Columns<'_>,
    backend: DbBackend,
) -> Result<SelectStatement, Error> {
    let spec = &key.spec;
    let (start, end) = cursor_bounds(key, alone || key.has_float());
    let (mut rows, source) = list(&key.related, spec.filter.as_ref(), viewer, backend)?;
    columns.add_to::<T>(&mut rows, ROOT_TABLE);
    if let (seek, Some(bound)) = &end {
        rows.cond_where(order.side(source, backend, *seek, bound));
    }
    let cut = |select, source| first_rows(select, source, order, spec, backend);
    let (seek, Some(bound)) = &start else {
        return Ok(cut(rows, source));
    };
    let is_whole = key.related.column().is_none();
    let ranges = order.ranges(source, backend, *seek, bound, is_whole);
    ranges
        .into_iter()
        .map(|range| cut(rows.clone().cond_where(range).take(), source))
        .reduce(|union, range| cut(union_all(union, range), ROOT_TABLE.into()))
        .ok_or_else(|| Error::Internal("a position has no range".into()))
}

/// The cursors of a page: the one where the page begins, and the one on the other side. The first
/// cuts the list into ranges of an index; the second is an ordinary condition. Their values are
/// bound as parameters or are in the batch.
fn cursor_bounds<T: Listed, K: Key>(
    key: &PageOf<T, K>,
    bind: bool,
) -> ((Seek, Option<Bound<'_>>), (Seek, Option<Bound<'_>>)) {
    let bound = |position, slot| {
        if bind {
            Bound::Values(position)
        } else {
            Bound::Batch {
                slot,
                example: position,
            }
        }
    };
    let after = key.after.as_ref().map(|position| bound(position, 2));
    let before = key.before.as_ref().map(|position| bound(position, 3));
    if key.spec.backward {
        ((Seek::Before, before), (Seek::After, after))
    } else {
        ((Seek::After, after), (Seek::Before, before))
    }
}

/// Limits a select to the first rows in the order, and one more.
fn first_rows<T: Listed>(
    mut select: SelectStatement,
    source: Source,
    order: &TotalOrder<T>,
    spec: &PageSpec<T>,
    backend: DbBackend,
) -> SelectStatement {
    order.sort(&mut select, source, backend, spec.backward);
    select.limit(u64::from(spec.limit) + 1).take()
}

/// The rows of two selects that have an `ORDER BY`.
fn union_all(one: SelectStatement, other: SelectStatement) -> SelectStatement {
    // SQLite takes an ORDER BY within a UNION only inside a subselect.
    let wrapped = |select| {
        Query::select()
            .column(Asterisk)
            .from_subquery(select, "part")
            .take()
    };
    let both = wrapped(one).union(UnionType::All, wrapped(other)).take();
    Query::select()
        .column((ROOT_TABLE, Asterisk))
        .from_subquery(both, ROOT_TABLE)
        .take()
}

/// A select from the rows of a list, without columns yet: those of the parent in the batch that the
/// viewer may see and that match the filter.
fn list<T: Listed, K: Key>(
    related: &Related<T, K>,
    filter: Option<&T::Where>,
    viewer: &Viewer,
    backend: DbBackend,
) -> Result<(SelectStatement, Source), Error> {
    let (mut rows, source) =
        rows_of_list::<T::Entity>(viewer, parent(related), ROOT_TABLE, backend);
    let mut fixes_copy = false;
    if let Some(filter) = filter {
        let (condition, fixes) = filter::condition(filter, source, viewer, backend)?;
        rows.cond_where(condition);
        fixes_copy = fixes;
    }
    if related.column().is_none() && !fixes_copy {
        expect_few(&mut rows, source, viewer, backend);
    }
    Ok((rows, source))
}

/// The parent in the batch. None if the list has all rows that the viewer may see.
fn parent<T: Row, K: Key>(related: &Related<T, K>) -> Option<Parent> {
    related.column().map(|column| Parent {
        column: column.as_str().to_owned(),
        key: Expr::cust(format!("CAST(batch.value ->> 1 AS {})", K::SQL_TYPE)),
    })
}

/// The parents of a batch in the form that statements take: the index of each, then its values.
pub(crate) fn parents<const N: usize>(
    values_of_parents: impl IntoIterator<Item = [serde_json::Value; N]>,
) -> String {
    let rows: serde_json::Value = (0_i32..)
        .zip(values_of_parents)
        .map(|(index, values)| {
            std::iter::once(index.into())
                .chain(values)
                .collect::<serde_json::Value>()
        })
        .collect();
    rows.to_string()
}

fn from_batch(select: &mut SelectStatement, parents: String, backend: DbBackend) {
    let function = if backend == DbBackend::Postgres {
        let parents = Expr::value(parents).cast_as("jsonb");
        Func::cust("jsonb_array_elements").arg(parents)
    } else {
        Func::cust("json_each").arg(Expr::value(parents))
    };
    select.from_function(function, BATCH);
}
