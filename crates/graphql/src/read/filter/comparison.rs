//! How the value of a column compares.

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

/// A GraphQL value that columns compare with.
pub(crate) trait Operand: InputType + Clone + Debug + Eq + Hash + 'static {
    /// Whether its filter has more than [`Equality`], which is then flattened into it.
    const HAS_MORE: bool = false;

    /// The name of its filter.
    fn filter_name() -> Cow<'static, str> {
        format!("{}Filter", <Self as InputType>::type_name()).into()
    }

    /// The type of an array of it on PostgreSQL.
    fn array_type() -> ArrayType;

    /// The value, as SQL knows it.
    fn to_sql(&self) -> Value;
}

impl Operand for i32 {
    const HAS_MORE: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::Int
    }

    fn to_sql(&self) -> Value {
        (*self).into()
    }
}

impl Operand for DateTime {
    const HAS_MORE: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::ChronoDateTime
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for Date {
    const HAS_MORE: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::ChronoDate
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for Float {
    const HAS_MORE: bool = true;

    fn array_type() -> ArrayType {
        ArrayType::Double
    }

    fn to_sql(&self) -> Value {
        self.0.into()
    }
}

impl Operand for String {
    const HAS_MORE: bool = true;

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
    /// One filter a type, because an id of another type is refused.
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

/// The GraphQL enum of a closed set.
pub(crate) trait ClosedSet:
    InputType + Copy + Debug + Eq + Hash + Into<Self::Stored> + 'static
{
    /// The same set as it is stored.
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

/// Compares for equality. An absent value is equal to none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct Equality<T: Operand> {
    /// Equal to this.
    pub eq: MaybeUndefined<T>,
    /// Not equal to this, or absent.
    pub ne: MaybeUndefined<T>,
    /// Equal to one of these.
    #[graphql(name = "in")]
    pub among: MaybeUndefined<Vec<T>>,
    /// Equal to none of these, or absent.
    pub not_in: MaybeUndefined<Vec<T>>,
    /// Whether the value is absent.
    pub is_null: MaybeUndefined<bool>,
}

impl<T: Operand> TypeName for Equality<T> {
    fn type_name() -> Cow<'static, str> {
        if T::HAS_MORE {
            format!("{}Equality", <T as InputType>::type_name()).into()
        } else {
            T::filter_name()
        }
    }
}

impl<T: Operand> Comparator for Equality<T> {
    fn condition(&self, column: &Expr, backend: DbBackend) -> Result<Condition, Error> {
        let among = |values: &Vec<T>| {
            is_any_of(
                column.clone(),
                T::array_type(),
                values.iter().map(T::to_sql).collect(),
                backend,
            )
        };
        let or_absent = |condition: Expr| Cond::any().add(condition).add(column.clone().is_null());
        let mut all = Cond::all();
        if let Some(value) = given("eq", &self.eq)? {
            all = all.add(column.clone().eq(value.to_sql()));
        }
        if let Some(value) = given("ne", &self.ne)? {
            all = all.add(or_absent(column.clone().ne(value.to_sql())));
        }
        if let Some(values) = given("in", &self.among)? {
            all = all.add(among(values));
        }
        if let Some(values) = given("notIn", &self.not_in)? {
            all = all.add(or_absent(among(values).not()));
        }
        Ok(all.add_option(is_null(column, self.is_null)?))
    }
}

/// Compares by size or time. An absent value is neither less nor greater than any.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
#[graphql(name_type)]
pub struct Comparison<T: Operand> {
    #[graphql(flatten)]
    pub equality: Equality<T>,
    /// Less than this.
    pub lt: MaybeUndefined<T>,
    /// Less than or equal to this.
    pub lte: MaybeUndefined<T>,
    /// Greater than this.
    pub gt: MaybeUndefined<T>,
    /// Greater than or equal to this.
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
        if let Some(value) = given("lt", &self.lt)? {
            all = all.add(column.clone().lt(value.to_sql()));
        }
        if let Some(value) = given("lte", &self.lte)? {
            all = all.add(column.clone().lte(value.to_sql()));
        }
        if let Some(value) = given("gt", &self.gt)? {
            all = all.add(column.clone().gt(value.to_sql()));
        }
        if let Some(value) = given("gte", &self.gte)? {
            all = all.add(column.clone().gte(value.to_sql()));
        }
        Ok(all)
    }
}

/// Compares text, character by character. Where case is ignored, it is that of the letters A to
/// Z, which is what both databases agree on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct StringFilter {
    #[graphql(flatten)]
    pub equality: Equality<String>,
    /// Has this somewhere.
    pub contains: MaybeUndefined<String>,
    /// Has this somewhere, in whatever case.
    pub contains_ignore_case: MaybeUndefined<String>,
    /// Begins with this.
    pub starts_with: MaybeUndefined<String>,
    /// Ends with this.
    pub ends_with: MaybeUndefined<String>,
}

impl Comparator for StringFilter {
    fn condition(&self, column: &Expr, backend: DbBackend) -> Result<Condition, Error> {
        self.refuse_nul()?;
        let mut all = self.equality.condition(column, backend)?;
        let part = |text: &String| (column.clone(), Expr::value(text.as_str()));
        if let Some(text) = given("contains", &self.contains)? {
            let (whole, part) = part(text);
            all = all.add(contains(whole, part, backend));
        }
        if let Some(text) = given("containsIgnoreCase", &self.contains_ignore_case)? {
            all = all.add(has_text(column.clone(), text, backend));
        }
        if let Some(text) = given("startsWith", &self.starts_with)? {
            let (whole, part) = part(text);
            let length = length(part.clone());
            let start = Func::cust("substr").args([whole, Expr::cust("1"), length.into()]);
            all = all.add(start.eq(part));
        }
        if let Some(text) = given("endsWith", &self.ends_with)? {
            let (whole, part) = part(text);
            let before = Expr::from(length(whole.clone())).sub(length(part.clone()));
            let end = Func::cust("substr").args([whole, before.clone().add(1)]);
            all = all.add(before.gte(0)).add(end.eq(part));
        }
        Ok(all)
    }
}

impl StringFilter {
    /// PostgreSQL holds no NUL character and refuses to compare with one; SQLite would go on.
    fn refuse_nul(&self) -> Result<(), Error> {
        let single = [
            &self.equality.eq,
            &self.equality.ne,
            &self.contains,
            &self.contains_ignore_case,
            &self.starts_with,
            &self.ends_with,
        ];
        let lists = [&self.equality.among, &self.equality.not_in];
        let mut texts = single
            .into_iter()
            .filter_map(|text| text.value())
            .chain(lists.into_iter().filter_map(|list| list.value()).flatten());
        if texts.any(|text| text.contains('\0')) {
            return Err(Error::BadUserInput(
                "Text to compare with must not contain the NUL character (U+0000).".into(),
            ));
        }
        Ok(())
    }
}

/// The condition that the text stands somewhere in the column, in whatever case of the letters A
/// to Z: those, and only those, both databases fold alike.
pub(crate) fn has_text(column: Expr, text: &str, backend: DbBackend) -> Expr {
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

/// In characters.
fn length(text: Expr) -> FunctionCall {
    Func::cust("length").arg(text)
}

/// Compares yes with no.
#[derive(Clone, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct BooleanFilter {
    /// Equal to this.
    pub eq: MaybeUndefined<bool>,
}

impl Comparator for BooleanFilter {
    /// A column of the data contract that is absent reads as its default, which is true for all
    /// that there are.
    fn condition(&self, column: &Expr, _backend: DbBackend) -> Result<Condition, Error> {
        let value = given("eq", &self.eq)?;
        Ok(Cond::all().add_option(
            value.map(|value| Func::coalesce([column.clone(), Expr::cust("TRUE")]).eq(*value)),
        ))
    }
}

fn is_null(column: &Expr, is_null: MaybeUndefined<bool>) -> Result<Option<Expr>, Error> {
    Ok(given("isNull", &is_null)?.map(|is_null| {
        if *is_null {
            column.clone().is_null()
        } else {
            column.clone().is_not_null()
        }
    }))
}

/// The operand called `name`, if there is one. An explicit null is refused: taken as "no
/// condition" it would widen a list to everything when a variable happens to be null.
fn given<'a, T>(name: &str, operand: &'a MaybeUndefined<T>) -> Result<Option<&'a T>, Error> {
    match operand {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(Error::BadUserInput(format!(
            "`{name}: null` compares with nothing. Leave `{name}` out, or ask `isNull: true` for \
             absent values."
        ))),
    }
}
