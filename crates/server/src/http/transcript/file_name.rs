//! The name under which a download is saved (RFC 6266).

use axum::http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest name, in characters without the extension.
const MAX_LENGTH: usize = 80;

/// The name if there is no meeting, or if nothing is left of its title.
const DEFAULT: &str = "transcript";

/// Everything but the characters that RFC 8187 allows in an extended value.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The header for a file that is named after a meeting. It has the name in ASCII for old clients, and
/// as it is for others.
pub fn content_disposition(title: Option<&str>, extension: &str) -> HeaderValue {
    let name = safe(title.unwrap_or_default());
    let ascii: String = name
        .chars()
        .map(|it| if it.is_ascii() { it } else { '_' })
        .collect();
    let extended = utf8_percent_encode(&name, EXTENDED);
    let value = format!(
        "attachment; filename=\"{ascii}.{extension}\"; filename*=UTF-8''{extended}.{extension}"
    );
    // It has only visible characters and spaces of ASCII.
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A title without anything that means something in a path, in a header, or to a shell, and that
/// does not begin like a hidden file or an option.
fn safe(title: &str) -> String {
    let is_safe = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.' | ' ' | ',');
    let safe: String = title
        .chars()
        .take(MAX_LENGTH)
        .map(|it| if is_safe(it) { it } else { ' ' })
        .collect();
    let words: Vec<&str> = safe.split_whitespace().collect();
    let name = words.join(" ");
    let name = name.trim_matches(|it| matches!(it, '.' | '-' | ' ' | ','));
    if name.is_empty() {
        return DEFAULT.to_owned();
    }
    if is_reserved(name) {
        return format!("{DEFAULT} {name}");
    }
    name.to_owned()
}

/// Whether Windows takes a file with this name for a device, such as the serial port `COM1`. Only
/// what is before the first dot matters, without blanks at its end.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim().to_uppercase();
    if matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL") {
        return true;
    }
    let port = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    let is_number = |it: char| it.is_ascii_digit() || matches!(it, '¹' | '²' | '³');
    number.next().is_some_and(is_number) && number.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(title: Option<&str>) -> String {
        let value = content_disposition(title, "vtt");
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn names_are_safe() {
        assert_eq!(safe("Weekly"), "Weekly");
        assert_eq!(safe("../../etc/passwd"), "etc passwd");
        assert_eq!(safe("a\"b\r\nSet-Cookie: x"), "a b Set-Cookie x");
        assert_eq!(safe(" ..\u{202e} "), "transcript");
        assert_eq!(safe("con"), "transcript con");
        assert_eq!(safe("Sync"), "Sync");
        assert_eq!(safe(&"é".repeat(300)).chars().count(), 80);
    }

    #[test]
    fn names_of_devices_are_not_used() {
        for title in ["con", "con.foo.md", "nul .txt", "COM¹", "Lpt9", "aux. b"] {
            assert_eq!(safe(title), format!("transcript {title}"));
        }
        for title in ["console", "COM", "COM10", "Com 1", "a.con", "null"] {
            assert_eq!(safe(title), title);
        }
    }

    #[test]
    fn other_letters_are_encoded() {
        assert_eq!(
            header(Some("Gänse, heute")),
            "attachment; filename=\"G_nse, heute.vtt\"; \
             filename*=UTF-8''G%C3%A4nse%2C%20heute.vtt"
        );
        assert_eq!(
            header(None),
            "attachment; filename=\"transcript.vtt\"; filename*=UTF-8''transcript.vtt"
        );
    }
}
