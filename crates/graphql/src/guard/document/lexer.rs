//! A look at the tokens of a document before it is parsed.
//!
//! The parser calls itself for what stands in brackets, so a document that is nested deeply enough
//! would overflow the stack, and it takes time and memory for each token. This look does neither,
//! and knows just enough of the language to count.

use std::ops::ControlFlow;

/// The most brackets within each other: more than any limit of depth allows, and few enough for the
/// stack.
pub(crate) const MOST_BRACKETS: usize = 64;

/// What a document consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) count: u64,
    /// The most brackets of any kind within each other.
    pub(crate) brackets: usize,
}

/// Counts tokens, up to one more than `most`.
pub(crate) fn count(text: &str, most: u64) -> Tokens {
    let mut tokens = Tokens::default();
    let mut open = 0_usize;
    let _ = each(text.as_bytes(), |token| {
        tokens.count += 1;
        match token {
            b'{' | b'(' | b'[' => open += 1,
            b'}' | b')' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        tokens.brackets = tokens.brackets.max(open);
        if tokens.count > most || tokens.brackets > MOST_BRACKETS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    tokens
}

/// Visits the first byte of each token.
fn each(mut rest: &[u8], mut visit: impl FnMut(u8) -> ControlFlow<()>) -> ControlFlow<()> {
    while let [first, after @ ..] = rest {
        rest = match first {
            // The last three are the mark of byte order, which may stand before a document.
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => after,
            b'#' => skip_while(after, |byte| !matches!(byte, b'\n' | b'\r')),
            _ => {
                visit(*first)?;
                match first {
                    b'"' => after_string(rest),
                    b'.' => skip_while(after, |byte| byte == b'.'),
                    b'-' | b'0'..=b'9' => skip_while(after, |byte| is_word(byte) || byte == b'.'),
                    byte if is_word(*byte) => skip_while(after, is_word),
                    _ => after,
                }
            }
        };
    }
    ControlFlow::Continue(())
}

/// Whether a byte is of a name or of a number.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

fn skip_while(bytes: &[u8], skipped: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| !skipped(*byte));
    &bytes[end.unwrap_or(bytes.len())..]
}

/// What follows a string. One that is not closed reaches to the end, and the parser refuses it.
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
        // In a block string only `\"""` is an escape; in others a backslash always begins one.
        let escape = match rest {
            [b'\\', ..] if quotes.len() == 1 => 2,
            _ if rest.starts_with(b"\\\"\"\"") => 4,
            // A line ends a string that is not closed.
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
    fn brackets_are_counted_and_stop_the_look() {
        assert_eq!(count("{a(b:[{c:1}])}", 99).brackets, 4);
        assert_eq!(count(&"[".repeat(1_000_000), u64::MAX).count, 65);
        assert_eq!(count(&"a ".repeat(1_000_000), 1000).count, 1001);
    }
}
