//! `where`: conditions on the columns of a type, on what its relations lead to, and their
//! combinations, as SQL.
//!
//! A condition is true or not: what compares with an absent value is not true, and `not` makes it
//! so. Every table that a filter reaches carries the viewer's wall, so that no filter can ask
//! about a row that the viewer may not see.

mod comparison;

pub(crate) use comparison::{
    BooleanFilter, ClosedSet, Comparison, Equality, StringFilter, has_text,
};

use std::{borrow::Cow, cell::Cell, fmt::Debug, hash::Hash};

use async_graphql::{InputObject, InputType, TypeName};
use comparison::Comparator;
use sea_orm::{
    ColumnTrait, DbBackend, ExprTrait, Identity, RelationDef,
    sea_query::{Cond, Condition, DynIden, Expr, Func, Query},
};

use crate::{
    account::viewer::Viewer, error::Error, guard::document::input::MAX_CONDITIONS, read::row::Row,
};

/// The names of tables in a statement, by how deep the filter goes through relations.
const TABLES: [&str; 9] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"];

/// The name in a statement of the table that is listed.
pub(crate) const ROOT_TABLE: &str = TABLES[0];

/// The `where` of a type.
pub(crate) trait Where: InputType + Clone + Debug + Eq + Hash + 'static {
    /// The type that it is about.
    type Of: Row;

    /// Adds the condition of each field that is given.
    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error>;
}

/// A condition on the objects that a list relation leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct ListWhere<W: Where> {
    /// At least one of them meets this. `{}` asks that there is one.
    pub some: Option<Box<W>>,
    /// Not one of them meets this. `{}` asks that there is none.
    pub none: Option<Box<W>>,
    /// All of them meet this, which holds where there is none.
    pub every: Option<Box<W>>,
}

impl<W: Where> TypeName for ListWhere<W> {
    fn type_name() -> Cow<'static, str> {
        format!("{}ListWhere", W::Of::NAME).into()
    }
}

/// What all the conditions of one `where` have in common.
struct Shared<'a> {
    viewer: &'a Viewer,
    backend: DbBackend,
    left: Cell<usize>,
}

/// Conditions that must all hold, under construction, on one table of a statement.
pub(crate) struct Conditions<'a> {
    shared: &'a Shared<'a>,
    depth: usize,
    all: Condition,
}

/// The condition of `filter` on the table called [`ROOT_TABLE`].
pub(crate) fn condition<W: Where>(
    filter: &W,
    viewer: &Viewer,
    backend: DbBackend,
) -> Result<Condition, Error> {
    let shared = Shared {
        viewer,
        backend,
        left: Cell::new(MAX_CONDITIONS),
    };
    let conditions = Conditions {
        shared: &shared,
        depth: 0,
        all: Cond::all(),
    };
    Ok(filter.add_to(conditions)?.all)
}

impl Conditions<'_> {
    fn table(&self) -> &'static str {
        TABLES[self.depth]
    }

    fn count(&self) -> Result<(), Error> {
        let left = self.shared.left.get().checked_sub(1).ok_or_else(|| {
            Error::BadUserInput(format!(
                "`where` has more than {MAX_CONDITIONS} conditions. `in` takes many values at once."
            ))
        })?;
        self.shared.left.set(left);
        Ok(())
    }

    /// Conditions on the same table that are not yet a part of these.
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

    /// The value of a column compares as the filter says.
    pub(crate) fn column<C: ColumnTrait, F: Comparator>(
        self,
        column: C,
        filter: Option<&F>,
    ) -> Result<Self, Error> {
        let Some(filter) = filter else {
            return Ok(self);
        };
        self.count()?;
        let condition =
            filter.condition(&Expr::col((self.table(), column)), self.shared.backend)?;
        Ok(self.add(condition))
    }

    /// The one object that a relation leads to is there and meets the filter.
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

    /// The objects that a relation leads to meet the filter.
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

    /// All of `and`, at least one of `or` where it is given, and not `not`.
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

    /// There is a row of the related table, on the viewer's side of the wall, that meets the
    /// filter or, where `exception` is set, that does not.
    fn exists<W: Where>(
        &self,
        relation: RelationDef,
        filter: &W,
        exception: bool,
    ) -> Result<Expr, Error> {
        self.count()?;
        let depth = self.depth + 1;
        let Some(&table) = TABLES.get(depth) else {
            return Err(Error::BadUserInput(format!(
                "`where` goes through more than {} relations.",
                TABLES.len() - 1
            )));
        };
        let mut condition = filter.add_to(self.nested(depth))?.all;
        if exception {
            condition = Cond::all().add(is_not_true(condition));
        }
        let link = Expr::col((table, only(relation.to_col)?))
            .equals((self.table(), only(relation.from_col)?));
        Ok(Expr::exists(
            Query::select()
                .expr(Expr::cust("1"))
                .from_as(<W::Of as Row>::Entity::default(), table)
                .and_where(link)
                .and_where(self.shared.viewer.scope::<<W::Of as Row>::Entity>(table))
                .cond_where(condition)
                .take(),
        ))
    }
}

/// SQL knows a third truth value, that of a comparison with NULL. `NOT` would keep it.
fn is_not_true(condition: Condition) -> Expr {
    if condition.is_empty() {
        return Expr::value(1).eq(0);
    }
    Expr::from(Func::coalesce([condition.into(), Expr::cust("FALSE")])).not()
}

/// The column of a relation: ours have one on either side.
fn only(identity: Identity) -> Result<DynIden, Error> {
    match identity {
        Identity::Unary(column) => Ok(column),
        _ => Err(Error::Internal("a relation over several columns".into())),
    }
}
