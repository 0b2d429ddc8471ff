//! Writing JSON into one buffer, value by value.

use std::io::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The room for the longest global id, as text and encoded.
const MAX_ID: usize = 32;

/// A buffer that JSON is written to.
pub struct Json(pub Vec<u8>);

impl Json {
    /// An empty buffer for about so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Punctuation and names, which need no escapes.
    pub fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A list with an element for each item.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.raw("[");
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }

    /// A value or null.
    pub fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.raw("null"),
        }
    }

    /// A global id.
    pub fn id(&mut self, type_name: &str, id: i32) {
        let (mut text, mut encoded) = ([0; MAX_ID], [0; MAX_ID * 2]);
        let mut rest = &mut text[..];
        let written = write!(rest, "{type_name}:{id}");
        debug_assert!(written.is_ok(), "ids are short");
        let length = MAX_ID - rest.len();
        let encoded_length = URL_SAFE_NO_PAD.encode_slice(&text[..length], &mut encoded);
        self.raw("\"");
        self.0
            .extend_from_slice(&encoded[..encoded_length.unwrap_or_default()]);
        self.raw("\"");
    }

    pub fn integer(&mut self, value: i32) {
        self.raw(itoa::Buffer::new().format(value));
    }

    pub fn float(&mut self, value: f64) {
        self.value(&value);
    }

    pub fn text(&mut self, text: &str) {
        self.value(&text);
    }

    /// A stored status as the name of an enum value.
    pub fn name(&mut self, status: &str) {
        self.raw("\"");
        self.0
            .extend(status.bytes().map(|byte| byte.to_ascii_uppercase()));
        self.raw("\"");
    }

    fn value(&mut self, value: &impl serde::Serialize) {
        let written = serde_json::to_writer(&mut self.0, value);
        debug_assert!(written.is_ok(), "a buffer takes everything");
    }
}
