//! Global ids: the name of a type and a database id, in a form that clients treat as opaque.

use std::io::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The global id of an object, from the name of its type and its database id.
pub(crate) fn encode(name: &str, id: i32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{name}:{id}"))
}

/// Writes the global id of an object as JSON. It has no character that JSON escapes.
pub(crate) fn write(out: &mut Vec<u8>, name: &str, id: i32) {
    // The longest name and the longest id have eleven characters each.
    const LONGEST: usize = 40;
    let mut text = [0; LONGEST];
    let mut encoded = [0; LONGEST.div_ceil(3) * 4];
    let mut rest = &mut text[..];
    let is_short = write!(rest, "{name}:{id}").is_ok();
    let length = LONGEST - rest.len();
    match URL_SAFE_NO_PAD.encode_slice(&text[..length], &mut encoded) {
        Ok(length) if is_short => {
            out.push(b'"');
            out.extend_from_slice(&encoded[..length]);
            out.push(b'"');
        }
        _ => {
            out.push(b'"');
            out.extend_from_slice(encode(name, id).as_bytes());
            out.push(b'"');
        }
    }
}

/// The name of the type and the database id in a global id, or `None` if it is not one.
pub(crate) fn decode(id: &str) -> Option<(String, i32)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (name, number) = text.split_once(':')?;
    let number = number.parse().ok()?;
    // An object has only one id, but the parser also accepts other forms of a number, such as `+1`.
    (encode(name, number) == id).then(|| (name.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_they_are_encoded() {
        let long = "a".repeat(60);
        for name in ["Task", "Participant", "", &long] {
            for id in [0, 1, -1, 12, i32::MAX, i32::MIN] {
                let mut json = Vec::new();
                write(&mut json, name, id);
                let expected = format!("\"{}\"", encode(name, id));
                assert_eq!(String::from_utf8(json).unwrap(), expected);
            }
        }
    }
}
