//! Global ids: the name of a type and a database id, in a form that clients treat as opaque.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The global id of an object, from the name of its type and its database id.
pub(crate) fn encode(name: &str, id: i32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{name}:{id}"))
}

/// The name of the type and the database id in a global id, or `None` if it is not one.
pub(crate) fn decode(id: &str) -> Option<(String, i32)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (name, number) = text.split_once(':')?;
    let number = number.parse().ok()?;
    // An object has only one id, but the parser also accepts other forms of a number, such as `+1`.
    (encode(name, number) == id).then(|| (name.to_owned(), number))
}
