//! The syntax of JSON, without its meaning.

use super::value::number;

/// Goes through a text, value by value.
pub(super) struct Scanner<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// How far it has gone, in bytes.
    pub(super) at: usize,
}

impl Scanner<'_> {
    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes to the next byte that is not whitespace.
    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Goes to the end of a value. The brackets that are open are kept in a list, because a hostile
    /// file can open any number of them. The error says what was expected.
    pub(super) fn skip_value(&mut self) -> Result<(), &'static str> {
        let mut open = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    let close = bracket + 2;
                    self.skip_blanks();
                    if self.peek() == Some(close) {
                        self.at += 1;
                    } else {
                        open.push(close);
                        if close == b'}' {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => self.skip_string()?,
                _ => self.skip_scalar()?,
            }
            loop {
                let Some(close) = open.last() else {
                    return Ok(());
                };
                self.skip_blanks();
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if *close == b'}' {
                            self.skip_key()?;
                        }
                        break;
                    }
                    Some(bracket) if bracket == *close => {
                        self.at += 1;
                        open.pop();
                    }
                    _ if *close == b'}' => return Err("`,` or `}`"),
                    _ => return Err("`,` or `]`"),
                }
            }
        }
    }

    /// Goes behind a key and its colon.
    fn skip_key(&mut self) -> Result<(), &'static str> {
        self.skip_blanks();
        if self.peek() != Some(b'"') {
            return Err("a key in quotes");
        }
        self.skip_string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err("`:`");
        }
        self.at += 1;
        Ok(())
    }

    fn skip_string(&mut self) -> Result<(), &'static str> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        self.at = start;
        Err("the end of the string that begins here")
    }

    fn skip_scalar(&mut self) -> Result<(), &'static str> {
        let rest = &self.text[self.at..];
        let is_end = |character: char| character.is_whitespace() || ",:]}".contains(character);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        if matches!(word, "true" | "false" | "null") || number(word).is_some() {
            self.at += word.len();
            Ok(())
        } else {
            Err("a value")
        }
    }
}
