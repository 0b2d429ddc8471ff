//! The SELECT statements: rows by a key, pages of lists, counts of lists.
//!
//! The parents of a batch are a table in the statement. Each page has its own `LIMIT`, so that a parent
//! with many children costs no more than one with few.

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
    read::join::{self, Join},
    read::key::{CountOf, PageOf},
    read::order::TotalOrder,
    read::page::keyset::{Bound, Seek},
    read::page::listed::{Listed, PageSpec},
    read::parents::Parents,
    read::relation::{Key, Related},
    read::row::{ColumnOf, Row},
    read::source::{Parent, Source, counted_rows, expect_few, rows_of_list, visible_rows},
    value::{is_any_of, to_json},
};

/// The column with the index of the parent that a row belongs to.
const BATCH_INDEX: &str = "batch_index";
/// The column of a count.
pub(crate) const TOTAL: &str = "total";

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

/// The pages of a batch of parents, in the order of the parents. All must have the same spec, and
/// NULLs at the same places of their cursors; see [`PageOf::shares_statement`]. The columns of joined
/// objects come last.
pub(crate) fn pages<T: Listed, K: Key>(
    batch: &[&PageOf<T, K>],
    viewer: &Viewer,
    (columns, joins): (Columns<'_>, &[Join]),
    backend: DbBackend,
) -> Result<SelectStatement, Error> {
    let spec = &batch[0].spec;
    let order = TotalOrder::<T>::new(&spec.order_by);
    let binds_cursors = have_same_cursors(batch);
    let parents = if is_one_list(batch) {
        None
    } else if binds_cursors {
        let keys = batch.iter().map(|page| page.related.key.clone());
        Some(Parents::with_keys(keys, backend))
    } else {
        Some(Parents::with_values(batch.iter().map(|page| {
            [
                to_json(page.related.key.clone().into()),
                json!(page.after),
                json!(page.before),
            ]
        })))
    };
    let scene = Scene {
        viewer,
        parents: parents.as_ref(),
        backend,
    };
    let page = one_page(batch[0], binds_cursors, &order, columns, &scene)?;
    let mut select = match parents {
        Some(parents) => batched::<T>(parents, page, columns, backend),
        None if joins.is_empty() => return Ok(page),
        None => {
            let mut select = Query::select();
            select.column((PAGE, BATCH_INDEX));
            columns.add_to::<T>(&mut select, PAGE);
            select.from_subquery(page, PAGE).take()
        }
    };
    join::add_to::<T>(joins, &mut select, PAGE, viewer, backend);
    if backend != DbBackend::Postgres {
        select.order_by_expr(Expr::cust(BATCH_INDEX), Order::Asc);
        order.sort(&mut select, PAGE, backend, spec.backward);
    }
    Ok(select.take())
}

/// Whether all pages of a batch are the same one, of a list at the root. Then the rows come once, with
/// the index 0.
pub(crate) fn is_one_list<T: Listed, K: Key>(batch: &[&PageOf<T, K>]) -> bool {
    batch[0].related.column().is_none() && have_same_cursors(batch)
}

fn have_same_cursors<T: Listed, K: Key>(batch: &[&PageOf<T, K>]) -> bool {
    let [first, others @ ..] = batch else {
        return true;
    };
    let mut others = others.iter();
    others.all(|page| page.after == first.after && page.before == first.before)
}

/// What a list is selected for.
struct Scene<'a> {
    viewer: &'a Viewer,
    /// None if there is only the root.
    parents: Option<&'a Parents>,
    backend: DbBackend,
}

/// The rows of the select `one` for each of some parents, with the index of the parent. `one` refers
/// to the parent by [`Parents::key`].
///
/// PostgreSQL can execute `one`, which refers to the parent and has a limit, only for one parent after
/// the other, so the rows come in the order of the parents and within it in that of `one`. On SQLite, they come in any order.
pub(crate) fn batched<T: Row>(
    parents: Parents,
    one: SelectStatement,
    columns: Columns<'_>,
    backend: DbBackend,
) -> SelectStatement {
    let mut select = Query::select();
    select.expr_as(parents.index(), BATCH_INDEX);
    parents.add_to(&mut select, backend);
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
}

/// The size of each list of a batch. All must have the same filter.
pub(crate) fn counts<T: Listed, K: Key>(
    batch: &[&CountOf<T, K>],
    viewer: &Viewer,
    backend: DbBackend,
) -> Result<SelectStatement, Error> {
    let keys = batch.iter().map(|count| count.related.key.clone());
    let parents = Parents::with_keys(keys, backend);
    let CountOf { related, filter } = batch[0];
    let scene = Scene {
        viewer,
        parents: Some(&parents),
        backend,
    };
    let mut count = match filter {
        None => counted_rows::<T>(viewer, scene.parent(related), backend),
        Some(_) => list(related, filter.as_deref(), &scene)?.0,
    };
    count.expr(Func::count(Expr::cust("*")));
    let mut select = Query::select();
    select
        .expr_as(parents.index(), BATCH_INDEX)
        .expr_as(Expr::SubQuery(None, Box::new(count.into())), TOTAL);
    parents.add_to(&mut select, backend);
    Ok(select)
}

/// The select of one page, with one row more than requested to tell whether the list goes on. Without
/// parents, the rows have the index 0.
fn one_page<T: Listed, K: Key>(
    key: &PageOf<T, K>,
    binds_cursors: bool,
    order: &TotalOrder<T>,
    columns: Columns<'_>,
    scene: &Scene<'_>,
) -> Result<SelectStatement, Error> {
    let (spec, backend) = (&key.spec, scene.backend);
    let (start, end) = cursor_bounds(key, binds_cursors);
    let (mut rows, source) = list(&key.related, spec.filter.as_deref(), scene)?;
    if scene.parents.is_none() {
        rows.expr_as(Expr::cust("0"), BATCH_INDEX);
    }
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
    scene: &Scene<'_>,
) -> Result<(SelectStatement, Source), Error> {
    let Scene {
        viewer, backend, ..
    } = *scene;
    let parent = scene.parent(related);
    let (mut rows, source) = rows_of_list::<T::Entity>(viewer, parent, ROOT_TABLE, backend);
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

impl Scene<'_> {
    /// The parent whose rows are selected. None if the list has all rows that the viewer may see.
    fn parent<T: Row, K: Key>(&self, related: &Related<T, K>) -> Option<Parent> {
        let (column, parents) = related.column().zip(self.parents)?;
        Some(Parent {
            column: column.as_str().to_owned(),
            key: parents.key::<K>(),
        })
    }
}
