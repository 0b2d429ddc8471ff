//! Cursors: opaque to clients, and a position in a named order to the server.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::keyset::{Position, is_value_of};
use crate::{error::Error, read::order::TotalOrder, read::row::Row};

/// Encodes a position as a cursor. A cursor contains only values that its client has seen, and
/// gives no access: the workspace scope and the filter of a list apply to every row after the
/// cursor.
pub(crate) fn encode<T: Row>(order: &TotalOrder<T>, position: &Position) -> String {
    let cursor = serde_json::json!([order.name(), position]);
    URL_SAFE_NO_PAD.encode(cursor.to_string())
}

/// Decodes a cursor that was sent in the argument called `argument`.
pub(crate) fn decode<T: Row>(
    order: &TotalOrder<T>,
    argument: &str,
    cursor: &str,
) -> Result<Position, Error> {
    let decoded = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<(String, Position)>(&bytes).ok());
    let Some((name, position)) = decoded else {
        return Err(Error::BadUserInput(format!(
            "`{argument}` is not a cursor. Cursors are opaque: send an `endCursor`, a \
             `startCursor` or the `cursor` of an edge of this list."
        )));
    };
    // Only text that `encode` can produce is a cursor, even if other text can be decoded.
    let fits = name == order.name()
        && encode(order, &position) == cursor
        && position.len() == order.terms.len()
        && order
            .terms
            .iter()
            .zip(&position)
            .all(|(term, value)| is_value_of(term, value));
    if fits {
        Ok(position)
    } else {
        Err(Error::BadUserInput(format!(
            "`{argument}` is a cursor of another list or another `orderBy`. A cursor is valid \
             only for the `orderBy` that it was created with."
        )))
    }
}
