//! Numbers in JSON, such that both databases store and show the same.
//!
//! SQLite stores the text of a JSON value. PostgreSQL stores its numbers as decimals: they have no
//! negative zero, and none of them is written with an exponent.

use serde_json::{Number, Value};

/// From here on, serde writes a whole number that is a float with an exponent.
const WRITTEN_WITH_EXPONENT: f64 = 1e16;

/// The least integer of 64 bits. As a float, it may be a lesser number that was rounded.
const LEAST: f64 = -9_223_372_036_854_775_808.0;

/// The value as both databases give it back: without negative zeros, and with large whole numbers
/// as integers.
pub(crate) fn normalized(value: Value) -> Value {
    map_numbers(value, &|float| {
        if float.abs() >= WRITTEN_WITH_EXPONENT {
            integer(float)
        } else {
            Number::from_f64(float + 0.0)
        }
    })
}

/// Whether two values are equal. Numbers are compared by their value: `1` equals `1.0`.
pub(crate) fn is_equal(left: &Value, right: &Value) -> bool {
    let [left, right] = [left, right].map(|value| map_numbers(value.clone(), &integer));
    left == right
}

/// The path of a whole number that does not fit into 64 bits, if there is one in `value`, which is
/// at `path`. Such a number was rounded when it was read.
pub(crate) fn find_rounded(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64())?;
            let is_rounded = float.fract() == 0.0 && integer(float).is_none();
            is_rounded.then(|| path.to_owned())
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find_rounded(item, &format!("{path}[{index}]"))),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(key, value)| find_rounded(value, &format!("{path}.{key}"))),
        _ => None,
    }
}

/// The bytes that one value takes in memory while an answer is built, beside its text.
const VALUE_BYTES: usize = 150;

/// About how many bytes a value takes in memory while an answer is built. A list of small numbers
/// takes many times as many as its text.
pub(crate) fn size(value: &Value) -> usize {
    VALUE_BYTES
        + match value {
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| key.len() + size(value))
                .sum(),
            Value::String(text) => text.len(),
            _ => 0,
        }
}

/// Replaces floats, unless `replace` returns `None`.
fn map_numbers(value: Value, replace: &impl Fn(f64) -> Option<Number>) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let replaced = number.as_f64().and_then(replace);
            Value::Number(replaced.unwrap_or(number))
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| map_numbers(item, replace))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, map_numbers(value, replace)))
            .collect(),
        other => other,
    }
}

/// The integer with the value of a whole float, if it surely fits into 64 bits.
pub(crate) fn integer(float: f64) -> Option<Number> {
    // The text of a float without an exponent has all its digits.
    let digits = format!("{float:.0}");
    let is_exact = float.fract() == 0.0 && float > LEAST;
    let number = digits
        .parse::<i64>()
        .map(Number::from)
        .or_else(|_| digits.parse::<u64>().map(Number::from));
    number.ok().filter(|_| is_exact)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json};

    use super::*;

    #[test]
    fn numbers_are_written_as_postgresql_writes_them() {
        for (text, expected) in [
            ("-0.0", "0.0"),
            ("-0", "0.0"),
            ("1.0", "1.0"),
            ("1e2", "100.0"),
            ("1e16", "10000000000000000"),
            ("-1e18", "-1000000000000000000"),
            ("1.8e19", "18000000000000000000"),
            ("18446744073709551615", "18446744073709551615"),
            ("1e-7", "1e-7"),
        ] {
            let value: Value = from_str(&format!(r#"{{"a": [{text}]}}"#)).unwrap();
            let expected = format!(r#"{{"a":[{expected}]}}"#);
            assert_eq!(normalized(value).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn whole_numbers_beyond_64_bits_are_found() {
        for text in ["18446744073709551616", "-9223372036854775809", "1e30"] {
            let value: Value = from_str(&format!(r#"{{"a": [1, {{"b": {text}}}]}}"#)).unwrap();
            let path = find_rounded(&value, "settings");
            assert_eq!(path.as_deref(), Some("settings.a[1].b"), "{text}");
        }
        let value = json!([u64::MAX, i64::MIN, 1e19, 0.1, 1e-300, -0.0, "1e30"]);
        assert_eq!(find_rounded(&value, "settings"), None);
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert!(is_equal(&json!({"a": [1.0, -0.0]}), &json!({"a": [1, 0]})));
        assert!(!is_equal(&json!(1.5), &json!(1)));
        assert!(!is_equal(&json!("1"), &json!(1)));
    }
}
