//! From bytes to text with `\n` line ends.

use std::borrow::Cow;

use crate::{Repair, Warning};

/// The characters of Windows-1252 from 0x80 to 0x9F; all others are those of Latin-1. The five
/// bytes without a character are control characters, as in browsers.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Decodes a file. Removes the byte order mark and replaces every kind of line end by an LF, so that
/// the readers of the formats have one to deal with. Some tools write CR CR LF, which is one line
/// end, too.
///
/// Characters that cannot be decoded, and NUL characters, which some databases cannot store, are
/// replaced as in browsers. There is one warning, for the first line with any.
pub(crate) fn decode(bytes: Cow<'_, [u8]>) -> (String, Option<Warning>) {
    let (mut text, encoding_fault) = match &*bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest.into()),
        // Text without a byte order mark that begins with two ASCII characters.
        [1..=127, 0, 1..=127, 0, ..] => utf16(&bytes, u16::from_le_bytes),
        [0, 1..=127, 0, 1..=127, ..] => utf16(&bytes, u16::from_be_bytes),
        _ => utf8(bytes),
    };
    if text.contains('\r') {
        text = with_line_feeds(text);
    }
    let nul = text.find('\0');
    if nul.is_some() {
        text = text.replace('\0', "\u{fffd}");
    }
    let warning = match encoding_fault {
        Some(Repair::Windows1252) => text
            .find(|character: char| !character.is_ascii())
            .map(|at| (at, Repair::Windows1252)),
        Some(repair) => text.find('\u{fffd}').map(|at| (at, repair)),
        // A NUL has fewer bytes than its replacement, so the first one is where it was.
        None => nul.map(|at| (at, Repair::Character)),
    };
    let warning = warning.map(|(at, repair)| Warning::Repaired {
        line: 1 + text[..at].matches('\n').count(),
        repair,
    });
    (text, warning)
}

/// Decodes UTF-8. If bytes are not valid, and there is no other character beyond ASCII, it is
/// Windows-1252, in which old captions are written.
fn utf8(bytes: Cow<'_, [u8]>) -> (String, Option<Repair>) {
    let bytes = match String::from_utf8(bytes.into_owned()) {
        Ok(text) => return (text, None),
        Err(error) => error.into_bytes(),
    };
    let is_utf8 = bytes
        .utf8_chunks()
        .any(|chunk| !chunk.valid().is_ascii() || chunk.invalid().len() > 2);
    if is_utf8 {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (text, Some(Repair::Character))
    } else {
        (windows_1252(&bytes), Some(Repair::Windows1252))
    }
}

/// Decodes Windows-1252, in which every byte is a character.
fn windows_1252(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

/// Decodes UTF-16, whose code units `unit` reads in one of the two byte orders.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Option<Repair>) {
    let (pairs, odd) = bytes.as_chunks();
    let mut is_damaged = !odd.is_empty();
    let decoded = char::decode_utf16(pairs.iter().copied().map(unit));
    let mut text: String = decoded
        .map(|character| {
            character.unwrap_or_else(|_| {
                is_damaged = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    (text, is_damaged.then_some(Repair::Character))
}

/// Replaces each LF with any CRs before it, and each other CR, by one LF.
///
/// That is done in place, because a file can be long.
fn with_line_feeds(text: String) -> String {
    let mut bytes = text.into_bytes();
    let (mut read, mut written) = (0, 0);
    while read < bytes.len() {
        let returns = bytes[read..]
            .iter()
            .take_while(|byte| **byte == b'\r')
            .count();
        read += returns;
        let has_feed = bytes.get(read) == Some(&b'\n');
        if has_feed || returns == 0 {
            bytes[written] = bytes[read];
            (read, written) = (read + 1, written + 1);
        } else {
            bytes[written..written + returns].fill(b'\n');
            written += returns;
        }
    }
    bytes.truncate(written);
    // ASCII was replaced by ASCII.
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        let (text, warning) = decode(bytes.into());
        assert_eq!(warning, None);
        text
    }

    /// The text, and the line and the reason of the warning.
    fn repaired(bytes: &[u8]) -> (String, usize, Repair) {
        match decode(bytes.into()) {
            (text, Some(Warning::Repaired { line, repair })) => (text, line, repair),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn line_ends_are_normalized_and_byte_order_marks_removed() {
        assert_eq!(text(b"\xEF\xBB\xBFa\r\nb\rc\n\r"), "a\nb\nc\n\n");
        assert_eq!(text(b"a\r\r\n\r\r\nb\r\rc\r"), "a\n\nb\n\nc\n");
        assert_eq!(text(b"\xFF\xFEh\0\xE9\0"), "hé");
        assert_eq!(text(b"\xFE\xFF\xD8\x3D\xDE\x00"), "😀");
        assert_eq!(text(b"W\0E\0B\0\xE9\0"), "WEBé");
        assert_eq!(text(b"\x001\0\n\0\xE9"), "1\né");
    }

    #[test]
    fn what_cannot_be_decoded_is_replaced_and_named() {
        let repaired = |bytes| {
            let (text, line, repair) = repaired(bytes);
            (text, line, repair == Repair::Windows1252)
        };
        let same = |text: &str, line, is_windows| (text.to_owned(), line, is_windows);
        assert_eq!(repaired(b"a\r\ncaf\xE9 \x80"), same("a\ncafé €", 2, true));
        assert_eq!(repaired(b"\xC3\xA9\r\n\xFF"), same("é\n\u{fffd}", 2, false));
        assert_eq!(repaired(b"a\n\xF0\x9F\x98"), same("a\n\u{fffd}", 2, false));
        assert_eq!(
            repaired(b"a\r\n\0b\0"),
            same("a\n\u{fffd}b\u{fffd}", 2, false)
        );
        assert_eq!(
            repaired(b"\xFF\xFEa\0\n\0\x00\xD8b\0"),
            same("a\n\u{fffd}b", 2, false)
        );
        assert_eq!(repaired(b"\xFF\xFEa\0b"), same("a\u{fffd}", 1, false));
    }
}
