//! JSON as programs write it: also with the `NaN` and `Infinity` of Python, with numbers of any size
//! and with broken escapes.
//!
//! A file is checked once. After that its values are pieces of its text, and only what is asked for
//! is read: a transcript has many more words and tokens than cues.

use std::borrow::Cow;

use super::scanner::Scanner;
use crate::error::{LineError, ReadError};

/// How many items of a list are read. More of them would be words for hundreds of hours, or a file that
/// is made to take memory: each item takes many times as many bytes as the shortest one has.
pub(crate) const MAX_ITEMS: usize = 2_000_000;

/// How many members of an object are read. No tool writes more than some dozens.
const MAX_MEMBERS: usize = 10_000;

/// A value in a file that has been checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    /// Its text.
    text: &'a str,
    /// Where that begins in the file.
    at: usize,
}

/// The members of an object, in their order.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// Checks a file, and returns the values in it. There is one, or one a line.
///
/// # Errors
/// Where it is not JSON.
pub(crate) fn parse(content: &str) -> Result<Vec<Value<'_>>, ReadError> {
    let mut scanner = Scanner {
        text: content,
        at: 0,
    };
    let mut values = Vec::new();
    loop {
        scanner.skip_blanks();
        if scanner.at == content.len() && !values.is_empty() {
            return Ok(values);
        }
        let at = scanner.at;
        match scanner.skip_value() {
            Ok(()) if values.len() == MAX_ITEMS => {
                return Err(ReadError::TooManyCues(MAX_ITEMS));
            }
            Ok(()) => values.push(Value {
                text: &content[at..scanner.at],
                at,
            }),
            Err(expected) => {
                let (line, column) = position(content, scanner.at);
                let message = format!("expected {expected}");
                let error = LineError::Json { message, column };
                return Err(ReadError::Malformed { line, error });
            }
        }
    }
}

/// The line and the column of a byte, from 1.
fn position(content: &str, at: usize) -> (usize, usize) {
    let before = content.get(..at).unwrap_or(content);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (1 + before.matches('\n').count(), at - line_start + 1)
}

impl<'a> Value<'a> {
    /// Where it begins in the file, in bytes.
    pub(crate) fn at(self) -> usize {
        self.at
    }

    /// Its text as the file has it.
    pub(crate) fn raw(self) -> &'a str {
        self.text
    }

    /// Whether it is `null`, or a number that is none.
    pub(crate) fn is_null(self) -> bool {
        self.text == "null" || self.number().is_some_and(f64::is_nan)
    }

    /// Its items, if it is a list: all of them, or one more than [`MAX_ITEMS`].
    pub(crate) fn items(self) -> Option<Vec<Value<'a>>> {
        let mut scanner = self.inside('[')?;
        let mut items = Vec::new();
        while items.len() <= MAX_ITEMS
            && let Some(item) = scanner.next_value()
        {
            items.push(item);
        }
        Some(items)
    }

    /// Its members, if it is an object.
    pub(crate) fn members(self) -> Option<Members<'a>> {
        let mut scanner = self.inside('{')?;
        let mut members = Vec::new();
        while members.len() < MAX_MEMBERS
            && let Some(key) = scanner.next_value()
        {
            let value = scanner.next_value()?;
            members.push((key.string()?, value));
        }
        Some(members)
    }

    /// The member with this key, if it is an object that has one. The last one counts.
    pub(crate) fn get(self, key: &str) -> Option<Value<'a>> {
        let mut found = None;
        let mut scanner = self.inside('{')?;
        while let Some(name) = scanner.next_value() {
            let value = scanner.next_value()?;
            if name.string()? == key {
                found = Some(value);
            }
        }
        found
    }

    /// Its number, if it is one.
    pub(crate) fn number(self) -> Option<f64> {
        number(self.text)
    }

    /// Its characters, if it is a string. Broken escapes become replacement characters.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let inside = self.text.strip_prefix('"')?.strip_suffix('"')?;
        Some(if inside.contains('\\') {
            Cow::Owned(unescape(inside))
        } else {
            Cow::Borrowed(inside)
        })
    }

    /// A scanner behind the opening bracket.
    fn inside(self, bracket: char) -> Option<Inside<'a>> {
        self.text.starts_with(bracket).then_some(Inside {
            scanner: Scanner {
                text: self.text,
                at: 1,
            },
            offset: self.at,
        })
    }
}

/// Reads a number, also one that only Python writes.
pub(super) fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "Infinity" | "inf" => Some(f64::INFINITY),
        "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
        _ => {
            let is_number = text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            text.parse().ok().filter(|_| is_number)
        }
    }
}

/// Replaces the escapes in a string. NUL, which databases cannot store, is replaced like a broken one.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escaped) = rest.chars().next() else {
            break;
        };
        rest = &rest[escaped.len_utf8()..];
        plain.push(match escaped {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let (character, after) = code_point(rest);
                rest = after;
                character
            }
            other => other,
        });
    }
    plain.push_str(rest);
    plain
}

/// Reads what follows `\u`. A character beyond 16 bits is two escapes, one after the other.
fn code_point(text: &str) -> (char, &str) {
    let Some((first, after)) = code_unit(text) else {
        return (char::REPLACEMENT_CHARACTER, text);
    };
    if let Some((second, after)) = after.strip_prefix("\\u").and_then(code_unit)
        && let Some(Ok(character)) = char::decode_utf16([first, second]).next()
        && u32::from(character) > 0xFFFF
    {
        return (character, after);
    }
    let character = char::from_u32(first.into()).filter(|character| *character != '\0');
    (character.unwrap_or(char::REPLACEMENT_CHARACTER), after)
}

/// Reads four hexadecimal digits.
fn code_unit(text: &str) -> Option<(u16, &str)> {
    let (digits, after) = text.split_at_checked(4)?;
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let unit = u16::from_str_radix(digits, 16).ok()?;
    is_hexadecimal.then_some((unit, after))
}

/// Goes through the values inside of a list or an object that has been checked.
struct Inside<'a> {
    scanner: Scanner<'a>,
    /// Where the list or the object begins in the file.
    offset: usize,
}

impl<'a> Inside<'a> {
    /// The next item, key or member.
    fn next_value(&mut self) -> Option<Value<'a>> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') = self.scanner.peek() {
            self.scanner.at += 1;
        }
        let at = self.scanner.at;
        self.scanner.skip_value().ok()?;
        let text = self.scanner.text;
        Some(Value {
            text: &text[at..self.scanner.at],
            at: self.offset + at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(content: &str) -> Value<'_> {
        let values = parse(content).unwrap();
        assert_eq!(values.len(), 1);
        values[0]
    }

    #[test]
    fn values_are_read_where_they_are() {
        let content = r#"{"a": [1, "b\"\n", {"c": null}], "a" : [ true , -2.5e1 ]}"#;
        let items = only(content).get("a").unwrap().items().unwrap();
        assert_eq!(items[1].number(), Some(-25.0));
        assert_eq!(&content[items[0].at()..][..4], "true");
        let members = only(content).members().unwrap();
        let first = members[0].1.items().unwrap();
        assert_eq!(first[1].string().unwrap(), "b\"\n");
        assert!(first[2].get("c").unwrap().is_null());
        assert!(only("{ }").members().unwrap().is_empty());
        assert!(only("[\n]").items().unwrap().is_empty());
        assert!(only("[]").members().is_none() && only("{}").items().is_none());
        assert_eq!(parse("{}\n{}").unwrap().len(), 2);
    }

    #[test]
    fn what_python_writes_is_read() {
        let content = "[NaN, Infinity, -Infinity, 1e400, 123456789012345678901234567890]";
        let items = only(content).items().unwrap();
        assert!(items[0].is_null() && items[0].number().unwrap().is_nan());
        assert_eq!(items[2].number(), Some(f64::NEG_INFINITY));
        assert_eq!(items[3].number(), Some(f64::INFINITY));
        assert_eq!(items[4].number(), Some(1.234_567_890_123_456_8e29));
    }

    #[test]
    fn escapes_are_replaced() {
        for (escaped, plain) in [
            (r"a\tb\/\\", "a\tb/\\"),
            (r"\u00e9\ud83d\ude00", "é😀"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\u0000", "\u{fffd}"),
            (r"\uzzzz", "\u{fffd}zzzz"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\u00", "\u{fffd}00"),
        ] {
            let content = format!("\"{escaped}\"");
            assert_eq!(only(&content).string().unwrap(), plain, "{escaped}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        for (content, message) in [
            ("", "line 1: expected a value (column 1)"),
            ("[1,\n x]", "line 2: expected a value (column 2)"),
            ("[1,\n]", "line 2: expected a value (column 1)"),
            ("{\"a\" 1}", "line 1: expected `:` (column 6)"),
            (
                "{\"a\": 1, 2}",
                "line 1: expected a key in quotes (column 10)",
            ),
            ("{\"a\": 1", "line 1: expected `,` or `}` (column 8)"),
            ("[1 2]", "line 1: expected `,` or `]` (column 4)"),
            (
                "[\"a\\\"",
                "line 1: expected the end of the string that begins here (column 2)",
            ),
            ("nonsense", "line 1: expected a value (column 1)"),
            ("[01x]", "line 1: expected a value (column 2)"),
        ] {
            assert_eq!(
                parse(content).unwrap_err().to_string(),
                message,
                "{content}"
            );
        }
        assert!(parse(&"[".repeat(1_000_000)).is_err());
        assert!(parse(&format!("{{\"x\":{}", "[".repeat(1_000_000))).is_err());
    }
}
