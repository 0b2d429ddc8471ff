//! Counts the tokens of a document before it is parsed.
//!
//! The parser recurses at each bracket, so a deeply nested document would overflow the stack, and
//! it needs time and memory for each token. This lexer does neither. It knows just enough of the
//! language to count tokens.

use std::{borrow::Cow, ops::ControlFlow};

/// How deep brackets may be nested: deeper than any limit on depth allows, and not too deep for the
/// stack.
pub(crate) const MAX_BRACKET_DEPTH: usize = 64;

/// The tokens of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) count: u64,
    /// The maximum depth of nested brackets of any kind.
    pub(crate) bracket_depth: usize,
}

/// Counts tokens, and stops after one more than `max`.
pub(crate) fn count(text: &str, max: u64) -> Tokens {
    let mut tokens = Tokens::default();
    let mut open = 0_usize;
    let _ = each(text.as_bytes(), |token, _| {
        tokens.count += 1;
        match token {
            b'{' | b'(' | b'[' => open += 1,
            b'}' | b')' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        tokens.bracket_depth = tokens.bracket_depth.max(open);
        if tokens.count > max || tokens.bracket_depth > MAX_BRACKET_DEPTH {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    tokens
}

/// Visits the first byte of each token, with its offset.
pub(super) fn each(
    text: &[u8],
    mut visit: impl FnMut(u8, usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let offset = text.len() - rest.len();
        rest = match first {
            // The last three are the byte order mark, which may precede a document.
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => after,
            b'#' => skip_while(after, |byte| !matches!(byte, b'\n' | b'\r')),
            _ => {
                visit(*first, offset)?;
                after_token(rest)
            }
        };
    }
    ControlFlow::Continue(())
}

/// The text after its first token.
fn after_token(text: &[u8]) -> &[u8] {
    match text {
        [b'"', ..] => after_string(text),
        [b'.', after @ ..] => skip_while(after, |byte| byte == b'.'),
        [b'-' | b'0'..=b'9', after @ ..] => skip_while(after, |byte| is_word(byte) || byte == b'.'),
        [byte, after @ ..] if is_word(*byte) => skip_while(after, is_word),
        [_, after @ ..] => after,
        [] => text,
    }
}

/// The text with spaces in the place of commas and comments, so that the parser sees whitespace
/// between two tokens as one. It does not expect commas everywhere, and takes time for each comment.
pub(super) fn without_ignored(text: &str) -> Cow<'_, str> {
    if !text.contains([',', '#']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut end = 0;
    let _ = each(text.as_bytes(), |_, start| {
        blank(&mut bytes[end..start]);
        end = text.len() - after_token(&text.as_bytes()[start..]).len();
        ControlFlow::Continue(())
    });
    blank(&mut bytes[end..]);
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Blanks what is between two tokens, except for the ends of lines.
fn blank(bytes: &mut [u8]) {
    let mut is_comment = false;
    for byte in bytes {
        match byte {
            b'\n' | b'\r' => is_comment = false,
            b'#' => {
                is_comment = true;
                *byte = b' ';
            }
            b',' => *byte = b' ',
            _ if is_comment => *byte = b' ',
            _ => {}
        }
    }
}

/// Whether a byte can be part of a name or a number.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

fn skip_while(bytes: &[u8], skipped: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| !skipped(*byte));
    &bytes[end.unwrap_or(bytes.len())..]
}

/// The text after a string. A string that is not closed extends to the end, and the parser rejects
/// it.
fn after_string(bytes: &[u8]) -> &[u8] {
    let quotes: &[u8] = if bytes.starts_with(b"\"\"\"") {
        b"\"\"\""
    } else {
        b"\""
    };
    let mut rest = &bytes[quotes.len()..];
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(quotes) {
            return after;
        }
        // In a block string, only `\"""` is an escape. In others, every backslash begins one.
        let escape = match rest {
            [b'\\', ..] if quotes.len() == 1 => 2,
            _ if rest.starts_with(b"\\\"\"\"") => 4,
            // The end of the line ends a string that is not closed.
            [b'\n' | b'\r', ..] if quotes.len() == 1 => return rest,
            _ => 1,
        };
        rest = &rest[escape.min(rest.len())..];
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> u64 {
        count(text, u64::MAX).count
    }

    #[test]
    fn tokens_are_counted() {
        assert_eq!(tokens("{ a }"), 3);
        assert_eq!(
            tokens("query Q($a: Int! = -1.5e+3, $b: [ID!]) { ...f @skip(if: $a) }"),
            30
        );
        assert_eq!(tokens("# a comment {{{\n{a,b,c}\u{feff}"), 5);
        assert_eq!(tokens(r#"{ a(b: "{ \" } # \\") }"#), 8);
        assert_eq!(tokens(r#"{ a(b: """ " \""" { """) }"#), 8);
        assert_eq!(tokens("\"not closed {\n}"), 2);
        assert_eq!(tokens("\"\"\"not closed {"), 1);
    }

    #[test]
    fn commas_and_comments_become_spaces() {
        let text = "{a,(b:\"c,\\\",\",d:\"\"\",\"\"\",)# é{,\r\n}# ,";
        let blank = "{a (b:\"c,\\\",\" d:\"\"\",\"\"\" )      \r\n}   ";
        assert_eq!(without_ignored(text), blank);
    }

    #[test]
    fn counting_stops_at_too_many_brackets_or_tokens() {
        assert_eq!(count("{a(b:[{c:1}])}", 99).bracket_depth, 4);
        assert_eq!(count(&"[".repeat(1_000_000), u64::MAX).count, 65);
        assert_eq!(count(&"a ".repeat(1_000_000), 1000).count, 1001);
    }
}
