//! Custom scalars.

use std::{
    borrow::Cow,
    hash::{Hash, Hasher},
};

use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Number, OutputType,
    Positioned, Scalar, ScalarType, ServerResult, Value, parser::types::Field, registry::Registry,
};
use chrono::{NaiveDate, NaiveDateTime, SecondsFormat};
use sea_orm::DbErr;

use crate::{
    error::Error,
    json,
    moment::{self, is_storable},
};

/// The scalar `DateTime`, stored in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime(pub NaiveDateTime);

/// A date and time in UTC, in RFC 3339 format with up to six decimals: `2026-05-04T09:30:00Z`.
///
/// Input may have another UTC offset, which is converted, and more decimals, which are truncated. A
/// leap second is converted to the second after it.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let moment = moment::parse(text).ok_or_else(|| {
            InputValueError::custom(format!(
                "{} is not an RFC 3339 date and time in the years 1 to 9999, such as `2026-05-04T09:30:00Z`.",
                shown(text)
            ))
        })?;
        Ok(Self(moment))
    }

    fn to_value(&self) -> Value {
        Value::String(
            moment::storable(self.0)
                .and_utc()
                .to_rfc3339_opts(SecondsFormat::AutoSi, true),
        )
    }
}

/// A text from outside, as it is shown in an error: long ones only by their length.
pub(crate) fn shown(text: &str) -> String {
    const MAX_SHOWN: usize = 60;
    match text.chars().count() {
        0..=MAX_SHOWN => format!("`{text}`"),
        length => format!("a string of {length} characters"),
    }
}

/// The scalar `Date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date(pub NaiveDate);

/// A calendar date, in the RFC 3339 `full-date` format: `2026-05-04`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(day) if has_date_form(text) && is_storable(day) => Ok(Self(day)),
            _ => Err(InputValueError::custom(format!(
                "{} is not a date in the years 1 to 9999 in the form YYYY-MM-DD, such as `2026-05-04`.",
                shown(text)
            ))),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Whether a text has digits and hyphens where a date has them. chrono also takes signs and spaces.
fn has_date_form(text: &str) -> bool {
    let is_placed = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(is_placed)
}

/// The scalar `JSON`.
#[derive(Clone, Debug)]
pub struct Json(pub serde_json::Value);

/// Any JSON value: an object, list, string, number, Boolean or null. Whole numbers must fit into 64
/// bits, and `-0.0` is converted to `0.0`.
#[Scalar(
    name = "JSON",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259"
)]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(json::normalized(value.into_json()?)))
    }

    fn to_value(&self) -> Value {
        Value::from_json(json::normalized(self.0.clone())).unwrap_or_default()
    }
}

/// The scalar `UUID`, as text in lowercase with hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uuid(pub String);

/// A UUID, in lowercase with hyphens: `0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34`.
#[Scalar(
    name = "UUID",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc9562"
)]
impl ScalarType for Uuid {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        match uuid::Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self(uuid.hyphenated().to_string())),
            Err(_) => Err(InputValueError::custom(format!(
                "{} is not a UUID, such as `0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34`.",
                shown(text)
            ))),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// The GraphQL `Float`, as an operand and as the value of a column. GraphQL has no NaN, so every
/// operand equals itself, and a column that contains NaN or infinity is an error.
#[derive(Clone, Copy, Debug)]
pub struct Float(pub f64);

impl InputType for Float {
    type RawValueType = f64;

    fn type_name() -> Cow<'static, str> {
        <f64 as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <f64 as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let number = <f64 as InputType>::parse(value).map_err(InputValueError::propagate)?;
        Ok(Self(number))
    }

    fn to_value(&self) -> Value {
        InputType::to_value(&self.0)
    }

    fn as_raw_value(&self) -> Option<&f64> {
        Some(&self.0)
    }
}

impl Float {
    /// The number.
    ///
    /// # Errors
    ///
    /// If it is NaN or infinite.
    pub(crate) fn finite(self) -> Result<Number, DbErr> {
        Number::from_f64(self.0)
            .ok_or_else(|| DbErr::Type("a number is not a finite one".to_owned()))
    }
}

impl OutputType for Float {
    fn type_name() -> Cow<'static, str> {
        <f64 as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <f64 as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.finite().map(Value::Number).map_err(|error| {
            let error = async_graphql::Error::from(Error::from(error));
            ctx.set_error_path(error.into_server_error(field.pos))
        })
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Float {}

impl Hash for Float {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}
