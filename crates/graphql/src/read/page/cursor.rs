//! Cursors: opaque to clients, a position in a named order to us.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::keyset::{Position, is_value_of};
use crate::{error::Error, read::order::TotalOrder, read::row::Row};

/// A cursor holds only values that its maker saw. It opens nothing: the wall and the filter of
/// the list that it is used in hold for every row behind it.
pub(crate) fn encode<T: Row>(order: &TotalOrder<T>, position: &Position) -> String {
    let cursor = serde_json::json!([order.name(), position]);
    URL_SAFE_NO_PAD.encode(cursor.to_string())
}

/// Reads the cursor given as the argument called `argument`.
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
    // What we have not written is no cursor, though it may read like one.
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
            "`{argument}` is a cursor of another list or another `orderBy`. A cursor is good for \
             the `orderBy` that it was made with."
        )))
    }
}
