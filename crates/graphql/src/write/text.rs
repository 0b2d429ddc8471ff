//! Checks of texts and JSON, the same for both databases.

use std::io;

use async_graphql::MaybeUndefined;
use sea_orm::ActiveValue::{self, Set};
use serde_json::Value;

use super::{
    limit::{JsonLimit, Limit, Size},
    transaction::Transaction,
};
use crate::{
    error::user_error::{UserError, UserErrorCode},
    json,
};

/// The text without surrounding whitespace, or the reason why it is invalid. The error has no path
/// yet.
pub(crate) fn check_text(text: &str, limit: Limit) -> Result<String, UserError> {
    let problem = |code, message: String| Err(UserError::new(code, [], message));
    let text = text.trim();
    if let Some((length, unit)) = excess(text, limit) {
        let max = limit.max();
        return problem(
            UserErrorCode::TooLong,
            format!("The text has {length} {unit}; at most {max} are allowed."),
        );
    }
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
    Ok(text.to_owned())
}

/// The length of a text that is too long, and the unit of that length.
fn excess(text: &str, limit: Limit) -> Option<(usize, &'static str)> {
    match limit.size {
        Size::Bytes(max) => (text.len() > max).then_some((text.len(), "bytes")),
        // No character has less than one byte, so that most texts need not be counted.
        Size::Characters(max) if text.len() <= max => None,
        Size::Characters(max) => {
            let characters = text.chars().count();
            (characters > max).then_some((characters, "characters"))
        }
    }
}

/// A text, with an ellipsis instead of its end if it is too long.
pub(crate) fn truncated(text: &str, limit: Limit) -> String {
    const ELLIPSIS: char = '…';
    if excess(text, limit).is_none() {
        return text.to_owned();
    }
    let end = match limit.size {
        Size::Characters(max) => text.char_indices().nth(max - 1).map_or(0, |(end, _)| end),
        Size::Bytes(max) => text.floor_char_boundary(max - ELLIPSIS.len_utf8()),
    };
    format!("{}{ELLIPSIS}", text[..end].trim_end())
}

impl Transaction {
    /// The trimmed text. If it is invalid, adds a problem and returns an empty text.
    pub(crate) fn text(&mut self, text: &str, limit: Limit, field: &str) -> String {
        check_text(text, limit).unwrap_or_else(|problem| {
            self.add_problem(problem.at([field]));
            String::new()
        })
    }

    /// The trimmed text, or none if it is empty. If it is invalid, adds a problem.
    pub(crate) fn optional_text(
        &mut self,
        text: Option<&str>,
        limit: Limit,
        field: &str,
    ) -> Option<String> {
        text.map(|text| self.text(text, limit, field))
            .filter(|text| !text.is_empty())
    }

    /// Sets a column of a row to a new text, if one is given. Adds a problem if the text is invalid,
    /// unless it is the stored one: other programs may have written a longer text, which must not
    /// block other changes of the row.
    pub(crate) fn set_text(
        &mut self,
        column: &mut ActiveValue<String>,
        text: Option<&str>,
        limit: Limit,
        field: &str,
    ) {
        let Some(text) = text.filter(|text| column.as_ref() != text) else {
            return;
        };
        let new = self.text(text, limit, field);
        self.replace_text(column.as_ref().len(), new.len());
        *column = Set(new);
    }

    /// Like [`Self::set_text`], for a text that can be removed.
    pub(crate) fn set_optional_text(
        &mut self,
        column: &mut ActiveValue<Option<String>>,
        text: &MaybeUndefined<String>,
        limit: Limit,
        field: &str,
    ) {
        let stored = column.as_ref().as_deref();
        let Some(text) = text.as_opt_deref().filter(|text| *text != stored) else {
            return;
        };
        let old = stored.map_or(0, str::len);
        let new = self.optional_text(text, limit, field);
        self.replace_text(old, new.as_deref().map_or(0, str::len));
        *column = Set(new);
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

/// Checks that a JSON value is within its limit and can be stored. The error has no path yet.
pub(crate) fn check_json(value: &Value, limit: JsonLimit) -> Result<(), UserError> {
    check_json_size(value, limit)?;
    if has_nul(value) {
        return Err(UserError::new(
            UserErrorCode::Invalid,
            [],
            "The JSON value contains the character U+0000, which cannot be stored.",
        ));
    }
    Ok(())
}

impl JsonLimit {
    /// This limit, or the size of a value that is already stored where that is larger.
    pub(crate) fn allowing(self, stored: &Value) -> Self {
        Self {
            bytes: self.bytes.max(json_bytes(stored)),
            values: self.values.max(count(stored)),
            depth: self.depth.max(depth(stored)),
        }
    }
}

/// Checks that a JSON value is within its limit. The error has no path yet.
pub(crate) fn check_json_size(value: &Value, limit: JsonLimit) -> Result<(), UserError> {
    let problem = |message| Err(UserError::new(UserErrorCode::TooLong, [], message));
    if depth(value) > limit.depth {
        let depth = limit.depth;
        return problem(format!(
            "The JSON value is nested deeper than {depth} levels."
        ));
    }
    let (values, max) = (count(value), limit.values);
    if values > max {
        return problem(format!(
            "The JSON value consists of {values} values; at most {max} are allowed."
        ));
    }
    let (bytes, max) = (json_bytes(value), limit.bytes);
    if bytes > max {
        return problem(format!(
            "The JSON value has {bytes} bytes; at most {max} are allowed."
        ));
    }
    Ok(())
}

/// The number of bytes of the compact text of a JSON value, without making the text.
pub(crate) fn json_bytes(value: &Value) -> usize {
    struct Counter(usize);

    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    // Neither a value nor the counter can fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
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

/// The number of values in a JSON value, itself included.
fn count(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    };
    1 + inner
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

    const NAME: Limit = Limit::SPEAKER;

    #[test]
    fn characters_are_counted_as_postgresql_counts_them() {
        let fits = "👩".repeat(NAME.max());
        assert_eq!(check_text(&format!("  {fits}\n"), NAME).unwrap(), fits);
        // A letter with a combining accent counts as two characters.
        let too_long = "e\u{301}".repeat(NAME.max() / 2 + 1);
        assert_eq!(code(&too_long, NAME), Some(UserErrorCode::TooLong));
    }

    #[test]
    fn contents_are_counted_in_bytes() {
        let limit = Limit::NOTE;
        assert_eq!(code(&"é".repeat(limit.max() / 2), limit), None);
        let problem = check_text(&"é".repeat(limit.max() / 2 + 1), limit).unwrap_err();
        assert_eq!(problem.code, UserErrorCode::TooLong);
        let expected = "The text has 16386 bytes; at most 16384 are allowed.";
        assert_eq!(problem.message, expected);
    }

    #[test]
    fn truncated_texts_are_within_the_limit() {
        for limit in [Limit::TITLE, Limit::DESCRIPTION] {
            for text in ["é", "a", "👩 "].map(|text| text.repeat(limit.max() + 1)) {
                let truncated = truncated(&text, limit);
                assert!(truncated.ends_with('…'));
                assert_eq!(check_text(&truncated, limit).unwrap(), truncated);
            }
            let fits = "a".repeat(limit.max());
            assert_eq!(truncated(&fits, limit), fits);
        }
    }

    #[test]
    fn invisible_text_is_blank() {
        for text in ["", " \t\n", "\u{200f}\u{200e}", "\u{a0}\u{feff}"] {
            assert_eq!(
                code(text, Limit::NOTE),
                Some(UserErrorCode::Blank),
                "{text:?}"
            );
            assert_eq!(code(text, Limit::DESCRIPTION), None);
        }
        assert_eq!(code("\u{200f}א", Limit::NOTE), None);
    }

    #[test]
    fn nul_is_rejected_everywhere() {
        let limit = Limit::DESCRIPTION;
        assert_eq!(code("a\0b", limit), Some(UserErrorCode::Invalid));
        for value in [json!({"a": ["\0"]}), json!({"a\0": 1})] {
            let problem = check_json(&value, JsonLimit::SETTINGS).unwrap_err();
            assert_eq!(problem.code, UserErrorCode::Invalid);
        }
    }

    #[test]
    fn json_is_limited_in_depth_values_and_size() {
        let limit = JsonLimit::SETTINGS;
        let is_valid = |value: &Value| check_json(value, limit).is_ok();
        let mut value = json!(1);
        for _ in 0..limit.depth {
            value = json!([value]);
        }
        assert!(is_valid(&value));
        assert!(!is_valid(&json!([value])));
        assert!(is_valid(&json!(vec![1; limit.values - 1])));
        assert!(!is_valid(&json!(vec![1; limit.values])));
        assert!(is_valid(&json!("a".repeat(limit.bytes - 2))));
        assert!(!is_valid(&json!("a".repeat(limit.bytes - 1))));
    }

    #[test]
    fn bytes_of_json_are_those_of_its_text() {
        for value in [json!({"a": [1, 2.5, null, "\u{1}\"é"]}), json!([])] {
            assert_eq!(json_bytes(&value), value.to_string().len());
        }
    }
}
