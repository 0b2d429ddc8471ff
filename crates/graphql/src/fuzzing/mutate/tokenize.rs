//! Splits a document that follows the grammar into its tokens. Comments and spaces are left out.

/// The tokens of a document.
pub(super) fn tokenize(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}' => {
                rest = &rest[first.len_utf8()..];
                continue;
            }
            '#' => {
                rest = &rest[rest.find(['\n', '\r']).unwrap_or(rest.len())..];
                continue;
            }
            '"' => string_length(rest),
            '.' => length_while(rest, |it| it == '.'),
            '-' | '+' | '0'..='9' => length_while(rest, |it| {
                it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '+' | '_')
            }),
            'a'..='z' | 'A'..='Z' | '_' => {
                length_while(rest, |it| it.is_ascii_alphanumeric() || it == '_')
            }
            other => other.len_utf8(),
        };
        tokens.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    tokens
}

/// Whether a token is a name.
pub(super) fn is_name(token: &str) -> bool {
    token.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
}

fn length_while(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|it| !belongs(it)).unwrap_or(text.len())
}

/// The length of the string or block string at the start of a text.
fn string_length(text: &str) -> usize {
    let (quotes, escape) = if text.starts_with(r#"""""#) {
        (r#"""""#, r#"\""""#)
    } else {
        ("\"", "\\")
    };
    let mut end = quotes.len();
    while let Some(rest) = text.get(end..) {
        let mut characters = rest.chars();
        let Some(next) = characters.next() else {
            break;
        };
        if rest.starts_with(escape) {
            end += escape.len();
            // The character after a backslash belongs to the string.
            if quotes.len() == 1 {
                end += characters.next().map_or(0, char::len_utf8);
            }
        } else if rest.starts_with(quotes) {
            return end + quotes.len();
        } else {
            end += next.len_utf8();
        }
    }
    text.len()
}
