//! The words of syntax errors. apollo-compiler names tokens by the identifiers in its code.

/// What is wrong, in plain words, without a full stop.
pub(super) fn in_plain_words(message: &str) -> String {
    let message = message.strip_prefix("syntax error: ").unwrap_or(message);
    let message = message.trim_end_matches('.');
    if let Some((expected, found)) = message
        .strip_prefix("expected ")
        .and_then(|it| it.split_once(", got "))
    {
        let found = match found {
            "EOF" => "the end of the document".to_owned(),
            token => format!("`{token}`"),
        };
        return format!("expected {}, found {found}", token(expected));
    }
    let plain = match message {
        "expected a StringValue, Name or OperationDefinition" | "expected definition" => {
            "expected an operation or a fragment"
        }
        "Unexpected <EOF>" => "the document has no operation",
        "expected an Operation Type or a Selection Set" => {
            "expected `query`, `mutation`, `subscription` or a selection set"
        }
        "expected a Selection Set" | "expected Selection Set" => "expected a selection set",
        "expected an Inline Fragment or a Fragment Spread" => {
            "expected a fragment after the three dots"
        }
        "expected a Variable Definition" => "expected a variable and its type",
        "expected a Name" => "expected a name",
        "expected a Name in Type Condition" => "expected the name of a type",
        "expected 'on'" => "expected `on` and the type of the fragment",
        "expected Fragment Name" => "expected the name of a fragment",
        "Fragment Name cannot be 'on'" => "a fragment cannot have the name `on`",
        "expected a Type" => "expected a type",
        "expected item type" => "expected the type of the items",
        "expected a valid Value" => "expected a value",
        "expected an Argument" => "expected an argument",
        "unexpected variable value in a Const context" => {
            "a default value cannot contain a variable"
        }
        "Invalid Type System Extension. This extension cannot be applied" => {
            "a document cannot extend the schema"
        }
        other => other,
    };
    let mut characters = plain.chars();
    let first = characters.next().map(|it| it.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// A kind of token, as it is written.
fn token(kind: &str) -> String {
    let written = match kind {
        "L_CURLY" => "{",
        "R_CURLY" => "}",
        "L_PAREN" => "(",
        "R_PAREN" => ")",
        "L_BRACK" => "[",
        "R_BRACK" => "]",
        "COLON" => ":",
        "AT" => "@",
        other => return other.to_lowercase(),
    };
    format!("`{written}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_plain() {
        for (message, plain) in [
            (
                "syntax error: expected R_CURLY, got :",
                "expected `}`, found `:`",
            ),
            (
                "syntax error: expected R_PAREN, got EOF",
                "expected `)`, found the end of the document",
            ),
            ("syntax error: expected a Name", "expected a name"),
            (
                "syntax error: Unexpected character \"é\"",
                "unexpected character \"é\"",
            ),
        ] {
            assert_eq!(in_plain_words(message), plain);
        }
    }
}
