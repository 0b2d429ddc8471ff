//! Why a value of an input type is invalid.

use async_graphql::{InputType, InputValueError, Pos};

/// What is wrong with a value, without the names of Rust's types that async-graphql adds around it.
pub(crate) fn reason<T: InputType>(error: InputValueError<T>) -> String {
    let message = error.into_server_error(Pos::default()).message;
    let inside = message
        .strip_prefix("Failed to parse \"")
        .and_then(|rest| rest.split_once("\": "));
    let mut reason = inside.map_or(message.as_str(), |(_, reason)| reason);
    while let Some((inner, outer)) = reason.rsplit_once(" (occurred while parsing \"")
        && outer.ends_with("\")")
    {
        reason = inner;
    }
    reason.to_owned()
}
