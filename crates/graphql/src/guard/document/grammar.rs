//! Rules of the grammar that the parser of apollo-compiler does not check: it leaves out an argument
//! or an input field without a value, such as `a` in `(a b: 1)`, takes any token for the dollar sign
//! of a variable that has a description, and takes the end of a line at the start of a string.

use std::ops::ControlFlow;

use super::lexer;

/// Checks the arguments, the input objects and the definitions of variables in a document that has
/// been parsed. An error has the offset of the token that is not expected.
pub(super) fn check(text: &str) -> Result<(), (&'static str, usize)> {
    let mut check = Check::default();
    let mut result = Ok(());
    let _ = lexer::each(text.as_bytes(), |token, offset| {
        let begins_with_line_end = matches!(
            text.as_bytes().get(offset..),
            Some([b'"', b'\n' | b'\r', ..])
        );
        if begins_with_line_end {
            result = Err(("a string cannot contain the end of a line", offset));
            return ControlFlow::Break(());
        }
        if let Err(problem) = check.token(token) {
            result = Err((problem, offset));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    result
}

/// What is between brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Selections,
    Variables,
    List,
    /// Arguments or input fields: the next token is a name, or the closing bracket.
    Name,
    /// The next token is the colon after a name.
    Colon,
    /// The next token begins a value, or continues it after a dollar sign.
    Value,
}

/// The state between two tokens.
#[derive(Default)]
struct Check {
    /// The brackets around.
    brackets: Vec<Inside>,
    previous: u8,
    is_after_description: bool,
}

impl Check {
    fn token(&mut self, token: u8) -> Result<(), &'static str> {
        let previous = std::mem::replace(&mut self.previous, token);
        if std::mem::take(&mut self.is_after_description) && token != b'$' {
            return Err("expected a variable after its description");
        }
        // Whether the bracket before is of arguments or of definitions is known only now.
        if previous == b'(' && matches!(token, b'$' | b'"') {
            self.replace(Inside::Variables);
        }
        let inside = self.brackets.last().copied();
        match (inside, token) {
            (Some(Inside::Colon), b':') => self.replace(Inside::Value),
            (Some(Inside::Colon), _) => return Err("expected a colon and a value after the name"),
            (_, b'[') => self.brackets.push(Inside::List),
            (None | Some(Inside::Selections), b'{') => self.brackets.push(Inside::Selections),
            (_, b'(' | b'{') => self.brackets.push(Inside::Name),
            (_, b')' | b']' | b'}') => {
                self.brackets.pop();
                self.end_value();
            }
            (Some(Inside::Name), _) => self.replace(Inside::Colon),
            (Some(Inside::Value), b'$') => {}
            (Some(Inside::Value), _) => self.end_value(),
            (Some(Inside::Variables), b'"') => self.is_after_description = previous != b'=',
            _ => {}
        }
        Ok(())
    }

    fn replace(&mut self, inside: Inside) {
        if let Some(last) = self.brackets.last_mut() {
            *last = inside;
        }
    }

    /// After a value, the next name can follow.
    fn end_value(&mut self) {
        if self.brackets.last() == Some(&Inside::Value) {
            self.replace(Inside::Name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_value_are_found() {
        for text in [
            "{ a }",
            "query Q($a: [Int!]! = [1, 2] @b(c: 1), \"text\" $d: E = {f: \"g\", h: [{i: J}]}) { a }",
            "{ a(b: $c, d: {e: $f, g: {}}, h: []) @i(j: K) { l(m: 1) n } o }",
            "query Q($a: S = \"b\", $c: S = \"d\") { e(f: \"g\", h: \"i\") }",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, offset) in [
            ("{ a(b) }", 5),
            ("{ a(b c: 1) }", 6),
            ("{ a(c: 1 b) }", 10),
            ("{ a(c: $d d) }", 11),
            ("{ a(b: {c d: 1}) }", 10),
            ("{ a @b(c: [{d}]) }", 13),
            ("query Q($a: B = {c}) { d }", 18),
            ("query Q(\"a\" ! b: C) { d }", 12),
            ("{ a(b: \"\nc\") }", 7),
        ] {
            assert_eq!(check(text).map_err(|it| it.1), Err(offset), "{text}");
        }
    }
}
