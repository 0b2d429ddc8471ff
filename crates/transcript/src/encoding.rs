//! From bytes to text with `\n` line ends.

use crate::error::{LineError, ReadError};

/// Decodes a file. Removes the byte order mark and replaces every CRLF and CR by an LF, so that the
/// readers of the formats have one line end to deal with.
///
/// # Errors
/// If the bytes are neither UTF-8 nor, with a byte order mark, UTF-16; or if there is a NUL
/// character.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        _ => utf8(bytes)?,
    };
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    };
    match text.find('\0') {
        Some(nul) => Err(LineError::Nul.at(line_after(&text[..nul]))),
        None => Ok(text),
    }
}

/// Decodes UTF-8.
fn utf8(bytes: &[u8]) -> Result<String, ReadError> {
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|error| {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            LineError::NotUtf8.at(line_after(&valid))
        })
}

/// Decodes UTF-16, whose code units `unit` reads in one of the two byte orders.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ReadError> {
    let (pairs, odd) = bytes.as_chunks();
    let mut text = String::with_capacity(bytes.len());
    for decoded in char::decode_utf16(pairs.iter().copied().map(unit)) {
        match decoded {
            Ok(character) => text.push(character),
            Err(_) => return Err(LineError::NotUtf16.at(line_after(&text))),
        }
    }
    if odd.is_empty() {
        Ok(text)
    } else {
        Err(LineError::NotUtf16.at(line_after(&text)))
    }
}

/// The line, from 1, of the character that follows `text`.
fn line_after(text: &str) -> usize {
    let crlf = text.matches("\r\n").count();
    1 + text.matches(['\n', '\r']).count() - crlf
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(bytes: &[u8]) -> usize {
        match decode(bytes).unwrap_err() {
            ReadError::Malformed { line, .. } => line,
            error => panic!("{error}"),
        }
    }

    #[test]
    fn line_ends_are_normalized_and_byte_order_marks_removed() {
        assert_eq!(decode(b"\xEF\xBB\xBFa\r\nb\rc\n\r").unwrap(), "a\nb\nc\n\n");
        assert_eq!(decode(b"\xFF\xFEh\0\xE9\0").unwrap(), "hé");
        assert_eq!(decode(b"\xFE\xFF\xD8\x3D\xDE\x00").unwrap(), "😀");
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(line_of(b"a\r\nb\rc\n\xFF"), 4);
        assert_eq!(line_of(b"a\r\n\0"), 2);
        assert_eq!(line_of(b"\xFF\xFEa\0\n\0\x00\xD8"), 2);
        assert_eq!(line_of(b"\xFF\xFEa\0b"), 1);
    }
}
