//! Filters on the value of a column.

use std::{borrow::Cow, fmt::Debug, hash::Hash};

use async_graphql::{InputObject, InputType, TypeName};
use sea_orm::{
    DbBackend, ExprTrait, Value,
    sea_query::{Cond, Condition, Expr, Func, FunctionCall},
};

use super::operand::Operand;
use crate::{
    directive::condition,
    error::Error,
    value::{constant, is_any_of, or_default},
};

/// A column that is filtered.
pub(crate) struct Compared {
    /// The column as it is stored.
    pub(super) stored: Expr,
    /// What NULL stands for in the column.
    pub(super) default: Option<Value>,
}

impl Compared {
    /// The value of the column, for comparisons other than by equality.
    fn value(&self) -> Expr {
        or_default(self.stored.clone(), self.default.as_ref())
    }

    /// The condition that the value is this one. If it is the default, it is a constant in the
    /// statement, because an index may be limited to it.
    fn is(&self, value: Value) -> Expr {
        if self.stands_for(std::slice::from_ref(&value)) {
            let is_stored = self.stored.clone().eq(constant(&value));
            is_stored.or(self.stored.clone().is_null())
        } else {
            self.stored.clone().eq(value)
        }
    }

    /// The condition that the value is one of `values`, for which `is_stored` is the condition on
    /// what is stored. An index on the column serves it, which it would not for [`Self::value`].
    fn is_in(&self, values: &[Value], is_stored: Expr) -> Expr {
        if self.stands_for(values) {
            is_stored.or(self.stored.clone().is_null())
        } else {
            is_stored
        }
    }

    /// The condition that the value is none of `values`, for which `is_not_stored` is the condition
    /// on what is stored. It is unknown for NULL.
    fn is_not_in(&self, values: &[Value], is_not_stored: Expr) -> Expr {
        if self.stands_for(values) {
            is_not_stored
        } else {
            is_not_stored.or(self.stored.clone().is_null())
        }
    }

    /// Whether NULL stands for one of `values`.
    fn stands_for(&self, values: &[Value]) -> bool {
        self.default
            .as_ref()
            .is_some_and(|default| values.contains(default))
    }

    /// The condition that there is no value, or that there is one.
    fn is_null(&self, is_null: bool) -> Expr {
        match (&self.default, is_null) {
            (Some(_), true) => Expr::cust("FALSE"),
            (Some(_), false) => Expr::cust("TRUE"),
            (None, true) => self.stored.clone().is_null(),
            (None, false) => self.stored.clone().is_not_null(),
        }
    }
}

/// A filter on one column.
pub(crate) trait Comparator {
    /// The condition on `column`.
    fn condition(&self, column: &Compared, backend: DbBackend) -> Result<Condition, Error>;

    /// Whether only certain values match, so that a unique index finds the rows.
    fn is_equality(&self) -> bool {
        false
    }
}

/// Filters by equality. `null` never equals anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type, directive = condition::apply(T::IDS_OF.map(str::to_owned)))]
pub struct Equality<T: Operand> {
    /// Equal to this value.
    pub eq: Option<T>,
    /// Not equal to this value. Null values also match.
    pub ne: Option<T>,
    /// Equal to one of these values.
    #[graphql(name = "in")]
    pub one_of: Option<Vec<T>>,
    /// Equal to none of these values. Null values also match.
    pub not_in: Option<Vec<T>>,
    /// Whether the value is null.
    pub is_null: Option<bool>,
}

impl<T: Operand> TypeName for Equality<T> {
    fn type_name() -> Cow<'static, str> {
        if T::EXTENDS_EQUALITY {
            format!("{}Equality", <T as InputType>::type_name()).into()
        } else {
            T::filter_name()
        }
    }
}

impl<T: Operand> Comparator for Equality<T> {
    fn condition(&self, column: &Compared, backend: DbBackend) -> Result<Condition, Error> {
        let stored = || column.stored.clone();
        let is_any_of =
            |values: &[Value]| is_any_of(stored(), T::array_type(), values.to_vec(), backend);
        let all_to_sql = |values: &Vec<T>| values.iter().map(T::to_sql).collect::<Vec<_>>();
        let mut all = Cond::all();
        if let Some(value) = self.eq.as_ref().map(T::to_sql) {
            all = all.add(column.is(value));
        }
        if let Some(value) = self.ne.as_ref().map(T::to_sql) {
            let is_not_stored = stored().ne(value.clone());
            all = all.add(column.is_not_in(&[value], is_not_stored));
        }
        if let Some(values) = self.one_of.as_ref().map(all_to_sql) {
            all = all.add(column.is_in(&values, is_any_of(&values)));
        }
        if let Some(values) = self.not_in.as_ref().map(all_to_sql) {
            all = all.add(column.is_not_in(&values, is_any_of(&values).not()));
        }
        Ok(all.add_option(self.is_null.map(|is_null| column.is_null(is_null))))
    }

    fn is_equality(&self) -> bool {
        self.eq.is_some() || self.one_of.is_some()
    }
}

/// Filters by equality or range. `null` never equals anything, and is never less or greater.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type, directive = condition::apply(None))]
pub struct Comparison<T: Operand> {
    #[graphql(flatten)]
    pub equality: Equality<T>,
    /// Less than this value.
    pub lt: Option<T>,
    /// Less than or equal to this value.
    pub lte: Option<T>,
    /// Greater than this value.
    pub gt: Option<T>,
    /// Greater than or equal to this value.
    pub gte: Option<T>,
}

impl<T: Operand> TypeName for Comparison<T> {
    fn type_name() -> Cow<'static, str> {
        T::filter_name()
    }
}

impl<T: Operand> Comparator for Comparison<T> {
    fn condition(&self, column: &Compared, backend: DbBackend) -> Result<Condition, Error> {
        let mut all = self.equality.condition(column, backend)?;
        if let Some(value) = &self.lt {
            all = all.add(column.value().lt(value.to_sql()));
        }
        if let Some(value) = &self.lte {
            all = all.add(column.value().lte(value.to_sql()));
        }
        if let Some(value) = &self.gt {
            all = all.add(column.value().gt(value.to_sql()));
        }
        if let Some(value) = &self.gte {
            all = all.add(column.value().gte(value.to_sql()));
        }
        Ok(all)
    }
}

/// Filters text by exact comparison. Only `containsIgnoreCase` ignores case, and only for the
/// letters A to Z.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct StringFilter {
    #[graphql(flatten)]
    pub equality: Equality<String>,
    /// Contains this text.
    pub contains: Option<String>,
    /// Contains this text, ignoring ASCII case.
    pub contains_ignore_case: Option<String>,
    /// Starts with this text.
    pub starts_with: Option<String>,
    /// Ends with this text.
    pub ends_with: Option<String>,
}

impl Comparator for StringFilter {
    fn condition(&self, column: &Compared, backend: DbBackend) -> Result<Condition, Error> {
        self.reject_nul()?;
        let mut all = self.equality.condition(column, backend)?;
        let part = |text: &String| (column.value(), Expr::value(text.as_str()));
        if let Some(text) = &self.contains {
            let (whole, part) = part(text);
            all = all.add(contains(whole, part, backend));
        }
        if let Some(text) = &self.contains_ignore_case {
            all = all.add(contains_ignore_case(column.value(), text, backend));
        }
        if let Some(text) = &self.starts_with {
            let (whole, part) = part(text);
            let length = length(part.clone());
            let start = Func::cust("substr").args([whole, Expr::cust("1"), length.into()]);
            all = all.add(start.eq(part));
        }
        if let Some(text) = &self.ends_with {
            let (whole, part) = part(text);
            let before = Expr::from(length(whole.clone())).sub(length(part.clone()));
            let end = Func::cust("substr").args([whole, before.clone().add(1)]);
            all = all.add(before.gte(0)).add(end.eq(part));
        }
        Ok(all)
    }
}

impl StringFilter {
    /// PostgreSQL cannot store NUL characters and rejects comparisons with them, while SQLite
    /// allows them.
    fn reject_nul(&self) -> Result<(), Error> {
        let single = [
            &self.equality.eq,
            &self.equality.ne,
            &self.contains,
            &self.contains_ignore_case,
            &self.starts_with,
            &self.ends_with,
        ];
        let lists = [&self.equality.one_of, &self.equality.not_in];
        let mut texts = single
            .into_iter()
            .flatten()
            .chain(lists.into_iter().flatten().flatten());
        if texts.any(|text| text.contains('\0')) {
            return Err(Error::BadUserInput(
                "The text of a filter must not contain the NUL character (U+0000).".into(),
            ));
        }
        Ok(())
    }
}

/// The condition that the column contains the text, ignoring the case of the letters A to Z. Both
/// databases treat the case of only these letters in the same way.
pub(crate) fn contains_ignore_case(column: Expr, text: &str, backend: DbBackend) -> Expr {
    let column = if backend == DbBackend::Postgres {
        Expr::cust_with_expr("$1 COLLATE \"C\"", column)
    } else {
        column
    };
    let lower = Func::lower(column).into();
    contains(lower, Expr::value(text.to_ascii_lowercase()), backend)
}

fn contains(whole: Expr, part: Expr, backend: DbBackend) -> Expr {
    let position = if backend == DbBackend::Postgres {
        "strpos"
    } else {
        "instr"
    };
    Func::cust(position).args([whole, part]).gt(0)
}

/// The length of a text, in characters.
fn length(text: Expr) -> FunctionCall {
    Func::cust("length").arg(text)
}

/// Filters a Boolean.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct BooleanFilter {
    /// Equal to this value.
    pub eq: Option<bool>,
}

impl Comparator for BooleanFilter {
    fn condition(&self, column: &Compared, _backend: DbBackend) -> Result<Condition, Error> {
        Ok(Cond::all().add_option(self.eq.map(|value| column.value().eq(value))))
    }
}
