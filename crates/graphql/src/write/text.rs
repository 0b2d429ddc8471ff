//! Checks of texts and JSON, the same for both databases.

use serde_json::Value;

use crate::{
    error::user_error::{UserError, UserErrorCode},
    json,
};

/// The maximum size of a JSON value, in bytes of its text.
const MAX_JSON_BYTES: usize = 65_536;
/// How deep a JSON value may be nested.
const MAX_JSON_DEPTH: usize = 32;

/// How long a text may be, and whether it may be empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    max_characters: Option<usize>,
    may_be_blank: bool,
}

impl Limit {
    /// A text that must not be blank, with a maximum length in code points, which is how PostgreSQL
    /// counts characters.
    pub(crate) const fn name(max_characters: usize) -> Self {
        Self {
            max_characters: Some(max_characters),
            may_be_blank: false,
        }
    }

    /// A text that must not be blank, of any length.
    pub(crate) const CONTENT: Self = Self {
        max_characters: None,
        may_be_blank: false,
    };

    /// Any text.
    pub(crate) const ANY: Self = Self {
        max_characters: None,
        may_be_blank: true,
    };
}

/// The text without surrounding whitespace, or the reason why it is invalid. The error has no path
/// yet.
pub(crate) fn check_text(text: &str, limit: Limit) -> Result<String, UserError> {
    let problem = |code, message: String| Err(UserError::new(code, [], message));
    let text = text.trim();
    if text.contains('\0') {
        return problem(
            UserErrorCode::Invalid,
            "The text contains the character U+0000, which cannot be stored.".to_owned(),
        );
    }
    if !limit.may_be_blank && text.chars().all(is_invisible) {
        return problem(
            UserErrorCode::Blank,
            "The text must not be blank.".to_owned(),
        );
    }
    let characters = text.chars().count();
    match limit.max_characters {
        Some(max) if characters > max => problem(
            UserErrorCode::TooLong,
            format!("The text has {characters} characters; at most {max} are allowed."),
        ),
        _ => Ok(text.to_owned()),
    }
}

/// Whether a character is whitespace or invisible: soft hyphens, joiners, direction marks, byte
/// order marks.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

/// Checks that a JSON value can be stored. The error has no path yet.
pub(crate) fn check_json(value: &Value) -> Result<(), UserError> {
    if depth(value) > MAX_JSON_DEPTH {
        return Err(UserError::new(
            UserErrorCode::TooLong,
            [],
            format!("The JSON value is nested deeper than {MAX_JSON_DEPTH} levels."),
        ));
    }
    let bytes = value.to_string().len();
    if bytes > MAX_JSON_BYTES {
        return Err(UserError::new(
            UserErrorCode::TooLong,
            [],
            format!("The JSON value has {bytes} bytes; at most {MAX_JSON_BYTES} are allowed."),
        ));
    }
    if has_nul(value) {
        return Err(UserError::new(
            UserErrorCode::Invalid,
            [],
            "The JSON value contains the character U+0000, which cannot be stored.",
        ));
    }
    Ok(())
}

/// Checks that the numbers of a JSON value, which is the input field `field`, are stored as they
/// were sent. The error has no path yet.
pub(crate) fn check_numbers(value: &Value, field: &str) -> Result<(), UserError> {
    let Some(path) = json::find_rounded(value, field) else {
        return Ok(());
    };
    let message = format!(
        "`{path}` does not fit into 64 bits. Whole numbers must be from {} to {}; send others as \
         strings.",
        i64::MIN,
        u64::MAX
    );
    Err(UserError::new(UserErrorCode::OutOfRange, [], message))
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or_default()
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(text: &str, limit: Limit) -> Option<UserErrorCode> {
        check_text(text, limit).err().map(|problem| problem.code)
    }

    #[test]
    fn characters_are_counted_as_postgresql_counts_them() {
        let limit = Limit::name(3);
        assert_eq!(check_text("  äöü\n", limit).unwrap(), "äöü");
        assert_eq!(check_text("👩👩👩", limit).unwrap(), "👩👩👩");
        // A letter with a combining accent counts as two characters.
        assert_eq!(
            code("ae\u{301}o\u{308}", limit),
            Some(UserErrorCode::TooLong)
        );
    }

    #[test]
    fn invisible_text_is_blank() {
        for text in ["", " \t\n", "\u{200f}\u{200e}", "\u{a0}\u{feff}"] {
            assert_eq!(
                code(text, Limit::CONTENT),
                Some(UserErrorCode::Blank),
                "{text:?}"
            );
            assert_eq!(code(text, Limit::ANY), None);
        }
        assert_eq!(code("\u{200f}א", Limit::CONTENT), None);
    }

    #[test]
    fn nul_is_rejected_everywhere() {
        assert_eq!(code("a\0b", Limit::ANY), Some(UserErrorCode::Invalid));
        for value in [json!({"a": ["\0"]}), json!({"a\0": 1})] {
            assert_eq!(check_json(&value).unwrap_err().code, UserErrorCode::Invalid);
        }
    }

    #[test]
    fn json_is_limited_in_depth_and_size() {
        let mut value = json!(1);
        for _ in 0..MAX_JSON_DEPTH {
            value = json!([value]);
        }
        assert!(check_json(&value).is_ok());
        assert!(check_json(&json!([value])).is_err());
        assert!(check_json(&json!("a".repeat(MAX_JSON_BYTES))).is_err());
    }
}
