//! Coercion of scalars.

use async_graphql::{InputType, ScalarType};
use async_graphql_value::ConstValue;
use serde_json::Number;

use crate::{
    error::input::reason,
    scalar::{Date, DateTime, Json, Uuid},
};

/// The value as one of a scalar type.
///
/// # Errors
///
/// What the value must be; empty if that is just the type.
pub(super) fn coerce(name: &str, value: &ConstValue) -> Result<ConstValue, String> {
    match (name, value) {
        ("Int", ConstValue::Number(number)) => integer(number)
            .and_then(|it| i32::try_from(it).ok())
            .map(|it| ConstValue::Number(it.into()))
            .ok_or_else(|| ", a whole number from -2147483648 to 2147483647".to_owned()),
        ("Float", ConstValue::Number(_))
        | ("String" | "ID", ConstValue::String(_))
        | ("Boolean", ConstValue::Boolean(_)) => Ok(value.clone()),
        ("ID", ConstValue::Number(number)) => match integer(number) {
            Some(integer) => Ok(ConstValue::String(integer.to_string())),
            None => Err(String::new()),
        },
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => Err(String::new()),
        ("Date" | "DateTime" | "UUID", value) if !matches!(value, ConstValue::String(_)) => {
            Err(String::new())
        }
        _ => {
            let parse = custom(name).ok_or_else(String::new)?;
            parse(value.clone())?;
            Ok(value.clone())
        }
    }
}

/// A number without a fraction, such as `1` or `1.0`: JSON does not distinguish them.
fn integer(number: &Number) -> Option<i128> {
    if let Some(integer) = number.as_i64() {
        return Some(integer.into());
    }
    if let Some(integer) = number.as_u64() {
        return Some(integer.into());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "numbers without a fraction below 2^53 are exact"
    )]
    number
        .as_f64()
        .filter(|it| it.fract() == 0.0 && it.abs() < 9_007_199_254_740_992.0)
        .map(|it| it as i128)
}

type Parse = fn(ConstValue) -> Result<(), String>;

/// How the values of a custom scalar are checked.
pub(super) fn custom(name: &str) -> Option<Parse> {
    Some(match name {
        "Date" => parse::<Date>,
        "DateTime" => parse::<DateTime>,
        "JSON" => parse::<Json>,
        "UUID" => parse::<Uuid>,
        _ => return None,
    })
}

fn parse<T: ScalarType + InputType>(value: ConstValue) -> Result<(), String> {
    match <T as ScalarType>::parse(value) {
        Ok(_) => Ok(()),
        Err(error) => Err(reason::<T>(error)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn coerced(name: &str, value: serde_json::Value) -> Option<serde_json::Value> {
        let value = ConstValue::from_json(value).unwrap();
        coerce(name, &value).ok().map(|it| it.into_json().unwrap())
    }

    #[test]
    fn numbers_without_a_fraction_are_integers() {
        assert_eq!(coerced("Int", json!(5)), Some(json!(5)));
        assert_eq!(coerced("Int", json!(5.0)), Some(json!(5)));
        assert_eq!(coerced("Int", json!(5.5)), None);
        assert_eq!(coerced("Int", json!(2_147_483_648_i64)), None);
        assert_eq!(
            coerced("Int", json!(-2_147_483_648_i64)),
            Some(json!(-2_147_483_648_i64))
        );
        assert_eq!(coerced("Int", json!("5")), None);
    }

    #[test]
    fn ids_are_strings_or_integers() {
        assert_eq!(coerced("ID", json!("5")), Some(json!("5")));
        assert_eq!(coerced("ID", json!(5)), Some(json!("5")));
        assert_eq!(
            coerced("ID", json!(u64::MAX)),
            Some(json!("18446744073709551615"))
        );
        assert_eq!(coerced("ID", json!(5.5)), None);
        assert_eq!(coerced("ID", json!(true)), None);
    }

    #[test]
    fn all_custom_scalars_are_checked() {
        let schema = crate::guard::schema::parse(&crate::sdl());
        let scalars = schema
            .types
            .iter()
            .filter(|(_, ty)| ty.is_scalar() && !ty.is_built_in());
        let names: Vec<&str> = scalars.map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"DateTime"), "{names:?}");
        for name in names {
            assert!(custom(name).is_some(), "{name} is not checked");
        }
    }
}
