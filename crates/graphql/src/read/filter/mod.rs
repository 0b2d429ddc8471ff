//! `where`: filters on the columns of a type and on related objects, and combinations of them, as
//! SQL.
//!
//! A filter is either true or false. A comparison that is unknown in SQL because of a NULL counts
//! as false, and `not` turns it into true. A NULL in a column with a default counts as that default.
//!
//! Every table that a filter reaches is limited to the viewer's workspace scope, so that no filter
//! reveals rows that the viewer may not see.

mod argument;
mod comparison;
mod operand;

pub(crate) use argument::Filter;
pub(crate) use comparison::{
    BooleanFilter, Comparison, Equality, StringFilter, contains_ignore_case,
};
pub(crate) use operand::ClosedSet;

use std::{borrow::Cow, cell::Cell, fmt::Debug, hash::Hash};

use async_graphql::{InputObject, InputType, TypeName};
use comparison::{Comparator, Compared};
use entity::null::NullDefault;
use sea_orm::{
    ColumnTrait, DbBackend, ExprTrait, Identity, RelationDef,
    sea_query::{Cond, Condition, DynIden, Expr, Func},
};

use crate::{
    account::viewer::Viewer,
    error::Error,
    guard::document::coercion::MAX_CONDITIONS,
    read::row::Row,
    read::source::{Parent, Source, fenced, rows_of_list},
};

/// The aliases of tables in a statement, by the number of relations followed so far.
const TABLES: [&str; 9] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"];

/// The alias of the table whose rows are listed.
pub(crate) const ROOT_TABLE: &str = TABLES[0];

/// The `where` of a type.
pub(crate) trait Where: InputType + Clone + Debug + Eq + Hash + 'static {
    /// The type that is filtered.
    type Of: Row;

    /// Adds a condition for each field that is set.
    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error>;
}

/// Filters by related objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct ListWhere<W: Where> {
    /// At least one related object matches. Use `{}` for "has any".
    pub some: Option<Box<W>>,
    /// No related object matches. Use `{}` for "has none".
    pub none: Option<Box<W>>,
    /// Every related object matches (also true if there are none).
    pub every: Option<Box<W>>,
}

impl<W: Where> TypeName for ListWhere<W> {
    fn type_name() -> Cow<'static, str> {
        format!("{}ListWhere", W::Of::NAME).into()
    }
}

/// The context shared by all conditions of one `where`.
struct Shared<'a> {
    /// Where the columns of the listed rows are.
    source: Source,
    viewer: &'a Viewer,
    backend: DbBackend,
    /// The number of conditions that may still be added.
    remaining: Cell<usize>,
    /// Whether a copy of a column in places must have certain values.
    fixes_copy: Cell<bool>,
}

/// Conditions on one table of a statement, under construction. All of them must hold.
pub(crate) struct Conditions<'a> {
    shared: &'a Shared<'a>,
    depth: usize,
    all: Condition,
}

/// The condition of `filter` on the rows of `source`, and whether it requires certain values of a copy
/// of a column in places, by which an index finds them.
pub(crate) fn condition<W: Where>(
    filter: &W,
    source: impl Into<Source>,
    viewer: &Viewer,
    backend: DbBackend,
) -> Result<(Condition, bool), Error> {
    let shared = Shared {
        source: source.into(),
        viewer,
        backend,
        remaining: Cell::new(MAX_CONDITIONS),
        fixes_copy: Cell::new(false),
    };
    let conditions = Conditions {
        shared: &shared,
        depth: 0,
        all: Cond::all(),
    };
    let all = filter.add_to(conditions)?.all;
    Ok((all, shared.fixes_copy.get()))
}

impl Conditions<'_> {
    fn table(&self) -> &'static str {
        TABLES[self.depth]
    }

    fn source(&self) -> Source {
        if self.depth == 0 {
            self.shared.source
        } else {
            self.table().into()
        }
    }

    fn count(&self) -> Result<(), Error> {
        let remaining = self.shared.remaining.get().checked_sub(1).ok_or_else(|| {
            Error::BadUserInput(format!(
                "`where` has more than {MAX_CONDITIONS} conditions. Use `in` to compare with many \
                 values at once."
            ))
        })?;
        self.shared.remaining.set(remaining);
        Ok(())
    }

    /// An empty set of conditions that shares the context of this one.
    fn nested(&self, depth: usize) -> Self {
        Self {
            shared: self.shared,
            depth,
            all: Cond::all(),
        }
    }

    fn add(mut self, condition: impl Into<Condition>) -> Self {
        self.all = self.all.add(condition.into());
        self
    }

    /// Adds the condition that the value of a column matches the filter.
    pub(crate) fn column<C: ColumnTrait + NullDefault, F: Comparator>(
        self,
        column: C,
        filter: Option<&F>,
    ) -> Result<Self, Error> {
        let Some(filter) = filter else {
            return Ok(self);
        };
        self.count()?;
        let source = self.source();
        let copy = source.copy_of(column);
        if copy.is_some() && filter.is_equality() {
            self.shared.fixes_copy.set(true);
        }
        let is_looked_up = copy.is_none() && column.def().is_unique() && filter.is_equality();
        let compared = Compared {
            default: if copy.is_some() {
                None
            } else {
                column.null_default()
            },
            stored: copy.unwrap_or_else(|| source.column(column)),
        };
        let mut condition = filter.condition(&compared, self.shared.backend)?;
        if is_looked_up
            && let Some(found) = source.is_found_by::<C>(condition.clone(), self.shared.backend)
        {
            condition = condition.add(found);
        }
        Ok(self.add(condition))
    }

    /// Adds the condition that the related object exists and matches the filter.
    pub(crate) fn one<W: Where>(
        self,
        relation: RelationDef,
        filter: Option<&W>,
    ) -> Result<Self, Error> {
        let Some(filter) = filter else {
            return Ok(self);
        };
        let exists = self.exists(relation, filter, false)?;
        Ok(self.add(exists))
    }

    /// Adds the condition that the related objects match the filter.
    pub(crate) fn many<W: Where>(
        mut self,
        relation: &dyn Fn() -> RelationDef,
        filter: Option<&ListWhere<W>>,
    ) -> Result<Self, Error> {
        let Some(filter) = filter else {
            return Ok(self);
        };
        if let Some(some) = &filter.some {
            let exists = self.exists(relation(), some.as_ref(), false)?;
            self = self.add(exists);
        }
        if let Some(none) = &filter.none {
            let exists = self.exists(relation(), none.as_ref(), false)?;
            self = self.add(exists.not());
        }
        if let Some(every) = &filter.every {
            let exception = self.exists(relation(), every.as_ref(), true)?;
            self = self.add(exception.not());
        }
        Ok(self)
    }

    /// Adds the condition that all of `and` match, at least one of `or` if given, and not `not`.
    pub(crate) fn combined<W: Where>(
        mut self,
        and: Option<&Vec<W>>,
        or: Option<&Vec<W>>,
        not: Option<&W>,
    ) -> Result<Self, Error> {
        for filter in and.into_iter().flatten() {
            let condition = self.inner(filter)?;
            self = self.add(condition);
        }
        if let Some(or) = or {
            let mut any = Cond::any().add(Expr::value(1).eq(0));
            for filter in or {
                any = any.add(self.inner(filter)?);
            }
            self = self.add(any);
        }
        if let Some(filter) = not {
            let condition = self.inner(filter)?;
            self = self.add(is_not_true(condition));
        }
        Ok(self)
    }

    fn inner<W: Where>(&self, filter: &W) -> Result<Condition, Error> {
        self.count()?;
        Ok(filter.add_to(self.nested(self.depth))?.all)
    }

    /// Whether a row of the related table exists in the viewer's workspace scope that matches the
    /// filter or, if `negated`, does not match it.
    ///
    /// The first relation is looked up for each row of the list, which ends when the page is full.
    /// Each row of the related table belongs to few rows of the list, so this is at most one pass
    /// over the related table. Within another relation, a lookup for each row would multiply: from
    /// each task to the workspace, and from there to all tasks. So all relations below the first are
    /// lists of keys, which refer to no other table and which the database makes once a statement.
    ///
    /// Databases would make joins of both, which could begin with the related rows of all
    /// workspaces. The fence and `IS TRUE` prevent it.
    fn exists<W: Where>(
        &self,
        relation: RelationDef,
        filter: &W,
        negated: bool,
    ) -> Result<Expr, Error> {
        self.count()?;
        let depth = self.depth + 1;
        let Some(&table) = TABLES.get(depth) else {
            return Err(Error::BadUserInput(format!(
                "`where` follows more than {} relations in a row.",
                TABLES.len() - 1
            )));
        };
        let mut condition = filter.add_to(self.nested(depth))?.all;
        if negated {
            condition = Cond::all().add(is_not_true(condition));
        }
        let from = Expr::col((self.table(), single_column(relation.from_col)?));
        let to = single_column(relation.to_col)?;
        let Shared {
            viewer, backend, ..
        } = *self.shared;
        let is_first = self.depth == 0;
        let parent = is_first.then(|| Parent {
            column: to.to_string(),
            key: from.clone(),
        });
        let (mut related, _) =
            rows_of_list::<<W::Of as Row>::Entity>(viewer, parent, table, backend);
        related.cond_where(condition);
        if is_first {
            related.expr(Expr::cust("1"));
            if backend == DbBackend::Postgres {
                return Ok(Expr::exists(fenced(related)));
            }
            return Ok(is_true(Expr::exists(related), backend));
        }
        related
            .distinct()
            .column((table, to.clone()))
            // With a NULL in the list, `NOT IN` is never true.
            .and_where(Expr::col((table, to)).is_not_null());
        Ok(is_true(from.in_subquery(related), backend))
    }
}

/// Whether a condition is true, and not unknown because of a NULL.
fn is_true(condition: Expr, backend: DbBackend) -> Expr {
    let sql = match backend {
        DbBackend::Postgres => "$1 IS TRUE",
        _ => "? IS TRUE",
    };
    Expr::cust_with_expr(sql, condition)
}

/// In SQL, a comparison with NULL is unknown, and `NOT` would keep it so. Here unknown counts as
/// not true.
fn is_not_true(condition: Condition) -> Expr {
    if condition.is_empty() {
        return Expr::value(1).eq(0);
    }
    Expr::from(Func::coalesce([condition.into(), Expr::cust("FALSE")])).not()
}

/// The column on one side of a relation. All relations have a single column on each side.
fn single_column(identity: Identity) -> Result<DynIden, Error> {
    match identity {
        Identity::Unary(column) => Ok(column),
        _ => Err(Error::Internal("a relation over several columns".into())),
    }
}
