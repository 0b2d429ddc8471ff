//! Filters on the value of a column.

use std::{borrow::Cow, fmt::Debug, hash::Hash};

use async_graphql::{InputObject, InputType, MaybeUndefined, TypeName};
use sea_orm::{
    ActiveEnum, DbBackend, ExprTrait, Value,
    sea_query::{ArrayType, Cond, Condition, Expr, Func, FunctionCall},
};

use crate::{
    error::Error,
    read::row::{Id, Row},
    scalar::{Date, DateTime, Float, Uuid},
    value::is_any_of,
};

/// A filter on one column.
pub(crate) trait Comparator {
    /// The condition on `column`.
    fn condition(&self, column: &Expr, backend: DbBackend) -> Result<Condition, Error>;
}

/// A GraphQL value that columns can be compared with.
pub(crate) trait Operand: InputType + Clone + Debug + Eq + Hash + 'static {
    /// Whether the filter has more fields than [`Equality`], which is then flattened into it.
    const EXTENDS_EQUALITY: bool = false;

    /// The name of the filter.
    fn filter_name() -> Cow<'static, str> {
        format!("{}Filter", <Self as InputType>::type_name()).into()
    }

    /// The type of an array of such values on PostgreSQL.
    fn array_type() -> ArrayType;

    /// The value as an SQL value.
    fn to_sql(&self) -> Value;
}

impl Operand for i32 {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::Int
    }

    fn to_sql(&self) -> Value {
        (*self).into()
    }
}

impl Operand for DateTime {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::ChronoDateTime
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for Date {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::ChronoDate
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for Float {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::Double
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for String {
    const EXTENDS_EQUALITY: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn to_sql(&self) -> Value {
        self.as_str().into()
    }
}

impl Operand for Uuid {
    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn to_sql(&self) -> Value {
        self.0.as_str().into()
    }
}

impl<T: Row> Operand for Id<T> {
    /// Each type has its own filter, because ids of other types are rejected.
    fn filter_name() -> Cow<'static, str> {
        format!("{}IDFilter", T::NAME).into()
    }

    fn array_type() -> ArrayType {
        ArrayType::Int
    }

    fn to_sql(&self) -> Value {
        self.database_id().into()
    }
}

/// A GraphQL enum that is stored as text.
pub(crate) trait ClosedSet:
    InputType + Copy + Debug + Eq + Hash + Into<Self::Stored> + 'static
{
    /// The enum as it is stored.
    type Stored: ActiveEnum<Value = String>;
}

impl<T: ClosedSet> Operand for T {
    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn to_sql(&self) -> Value {
        let stored: T::Stored = (*self).into();
        stored.to_value().into()
    }
}

/// Filters by equality. `null` never equals anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct Equality<T: Operand> {
    /// Equal to this value.
    pub eq: MaybeUndefined<T>,
    /// Not equal to this value. Null values also match.
    pub ne: MaybeUndefined<T>,
    /// Equal to one of these values.
    #[graphql(name = "in")]
    pub one_of: MaybeUndefined<Vec<T>>,
    /// Equal to none of these values. Null values also match.
    pub not_in: MaybeUndefined<Vec<T>>,
    /// Whether the value is null.
    pub is_null: MaybeUndefined<bool>,
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
    fn condition(&self, column: &Expr, backend: DbBackend) -> Result<Condition, Error> {
        let is_one_of = |values: &Vec<T>| {
            is_any_of(
                column.clone(),
                T::array_type(),
                values.iter().map(T::to_sql).collect(),
                backend,
            )
        };
        let or_null = |condition: Expr| Cond::any().add(condition).add(column.clone().is_null());
        let mut all = Cond::all();
        if let Some(value) = value_of("eq", &self.eq)? {
            all = all.add(column.clone().eq(value.to_sql()));
        }
        if let Some(value) = value_of("ne", &self.ne)? {
            all = all.add(or_null(column.clone().ne(value.to_sql())));
        }
        if let Some(values) = value_of("in", &self.one_of)? {
            all = all.add(is_one_of(values));
        }
        if let Some(values) = value_of("notIn", &self.not_in)? {
            all = all.add(or_null(is_one_of(values).not()));
        }
        Ok(all.add_option(is_null(column, self.is_null)?))
    }
}

/// Filters by equality or range. `null` never equals anything, and is never less or greater.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct Comparison<T: Operand> {
    #[graphql(flatten)]
    pub equality: Equality<T>,
    /// Less than this value.
    pub lt: MaybeUndefined<T>,
    /// Less than or equal to this value.
    pub lte: MaybeUndefined<T>,
    /// Greater than this value.
    pub gt: MaybeUndefined<T>,
    /// Greater than or equal to this value.
    pub gte: MaybeUndefined<T>,
}

impl<T: Operand> TypeName for Comparison<T> {
    fn type_name() -> Cow<'static, str> {
        T::filter_name()
    }
}

impl<T: Operand> Comparator for Comparison<T> {
    fn condition(&self, column: &Expr, backend: DbBackend) -> Result<Condition, Error> {
        let mut all = self.equality.condition(column, backend)?;
        if let Some(value) = value_of("lt", &self.lt)? {
            all = all.add(column.clone().lt(value.to_sql()));
        }
        if let Some(value) = value_of("lte", &self.lte)? {
            all = all.add(column.clone().lte(value.to_sql()));
        }
        if let Some(value) = value_of("gt", &self.gt)? {
            all = all.add(column.clone().gt(value.to_sql()));
        }
        if let Some(value) = value_of("gte", &self.gte)? {
            all = all.add(column.clone().gte(value.to_sql()));
        }
        Ok(all)
    }
}

/// Filters text by exact comparison. Only `containsIgnoreCase` ignores case, and only for the
/// letters A to Z.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct StringFilter {
    #[graphql(flatten)]
    pub equality: Equality<String>,
    /// Contains this text.
    pub contains: MaybeUndefined<String>,
    /// Contains this text, ignoring ASCII case.
    pub contains_ignore_case: MaybeUndefined<String>,
    /// Starts with this text.
    pub starts_with: MaybeUndefined<String>,
    /// Ends with this text.
    pub ends_with: MaybeUndefined<String>,
}

impl Comparator for StringFilter {
    fn condition(&self, column: &Expr, backend: DbBackend) -> Result<Condition, Error> {
        self.reject_nul()?;
        let mut all = self.equality.condition(column, backend)?;
        let part = |text: &String| (column.clone(), Expr::value(text.as_str()));
        if let Some(text) = value_of("contains", &self.contains)? {
            let (whole, part) = part(text);
            all = all.add(contains(whole, part, backend));
        }
        if let Some(text) = value_of("containsIgnoreCase", &self.contains_ignore_case)? {
            all = all.add(contains_ignore_case(column.clone(), text, backend));
        }
        if let Some(text) = value_of("startsWith", &self.starts_with)? {
            let (whole, part) = part(text);
            let length = length(part.clone());
            let start = Func::cust("substr").args([whole, Expr::cust("1"), length.into()]);
            all = all.add(start.eq(part));
        }
        if let Some(text) = value_of("endsWith", &self.ends_with)? {
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
            .filter_map(|text| text.value())
            .chain(lists.into_iter().filter_map(|list| list.value()).flatten());
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
pub struct BooleanFilter {
    /// Equal to this value.
    pub eq: MaybeUndefined<bool>,
}

impl Comparator for BooleanFilter {
    /// A NULL reads as the default of the data contract, which is true for all Boolean columns.
    fn condition(&self, column: &Expr, _backend: DbBackend) -> Result<Condition, Error> {
        let value = value_of("eq", &self.eq)?;
        Ok(Cond::all().add_option(
            value.map(|value| Func::coalesce([column.clone(), Expr::cust("TRUE")]).eq(*value)),
        ))
    }
}

fn is_null(column: &Expr, is_null: MaybeUndefined<bool>) -> Result<Option<Expr>, Error> {
    Ok(value_of("isNull", &is_null)?.map(|is_null| {
        if *is_null {
            column.clone().is_null()
        } else {
            column.clone().is_not_null()
        }
    }))
}

/// The operand called `name`, if set. An explicit null is rejected: if it meant "no condition", a
/// variable that happens to be null would make the list return everything.
fn value_of<'a, T>(name: &str, operand: &'a MaybeUndefined<T>) -> Result<Option<&'a T>, Error> {
    match operand {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(Error::BadUserInput(format!(
            "`{name}: null` matches nothing. Omit `{name}`, or use `isNull: true` to find null \
             values."
        ))),
    }
}
