//! The response to an operation.

use std::collections::BTreeMap;

use async_graphql::{ServerError, Value};

/// What a response begins with if there are no errors.
pub(super) const START: &[u8] = b"{\"data\":";

/// The response to an operation.
#[derive(Debug, Default)]
pub struct Response {
    /// The data.
    pub data: Data,
    /// The errors.
    pub errors: Vec<ServerError>,
    /// Further information for the client.
    pub extensions: BTreeMap<String, Value>,
}

/// The data of a response.
#[derive(Debug)]
pub enum Data {
    /// Values, as async-graphql makes them.
    Value(Value),
    /// An object as JSON, as query plans write it.
    Written {
        /// The JSON, behind what a response without errors begins with, so that it becomes one
        /// without a copy.
        json: Vec<u8>,
        /// Whether all fields are null.
        is_all_null: bool,
    },
}

impl Default for Data {
    fn default() -> Self {
        Self::Value(Value::Null)
    }
}

impl Data {
    /// Whether there is no data at all.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Value(Value::Null))
    }

    /// Whether no root field has a value.
    #[must_use]
    pub fn is_all_null(&self) -> bool {
        match self {
            Self::Value(Value::Object(fields)) => {
                fields.values().all(|value| *value == Value::Null)
            }
            Self::Value(value) => *value == Value::Null,
            Self::Written { is_all_null, .. } => *is_all_null,
        }
    }
}

impl From<async_graphql::Response> for Response {
    fn from(response: async_graphql::Response) -> Self {
        Self {
            data: Data::Value(response.data),
            errors: response.errors,
            extensions: response.extensions,
        }
    }
}

impl Response {
    /// The response as JSON, with its parts in the order in which async-graphql writes them.
    #[must_use]
    pub fn into_json(self) -> String {
        let written = self.write().map_err(|error| error.to_string());
        let text = written.and_then(|json| String::from_utf8(json).map_err(|it| it.to_string()));
        // Every GraphQL value can be serialized, and all of it is text, so this never happens.
        text.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot serialize a response");
            "null".to_owned()
        })
    }

    fn write(self) -> Result<Vec<u8>, serde_json::Error> {
        let data = match self.data {
            Data::Written { json, .. } => json,
            Data::Value(value) => {
                let mut json = START.to_vec();
                serde_json::to_writer(&mut json, &value)?;
                json
            }
        };
        let mut out = if self.errors.is_empty() {
            data
        } else {
            let mut out = b"{\"errors\":".to_vec();
            serde_json::to_writer(&mut out, &self.errors)?;
            out.push(b',');
            out.extend_from_slice(&data[1..]);
            out
        };
        if !self.extensions.is_empty() {
            out.extend_from_slice(b",\"extensions\":");
            serde_json::to_writer(&mut out, &self.extensions)?;
        }
        out.push(b'}');
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Pos, value};

    use super::*;

    #[test]
    fn it_is_written_as_async_graphql_does() {
        let mut response = async_graphql::Response::new(value!({"a": [1, null]}));
        let written = |response: async_graphql::Response| Response::from(response).into_json();
        let ours = || async_graphql::Response::new(value!({"a": [1, null]}));
        assert_eq!(written(ours()), serde_json::to_string(&response).unwrap());
        let error = || ServerError::new("why", Some(Pos { line: 1, column: 2 }));
        response.errors.push(error());
        response
            .extensions
            .insert("cost".to_owned(), value!({"points": 1}));
        let mut ours = ours();
        ours.errors.push(error());
        ours.extensions
            .insert("cost".to_owned(), value!({"points": 1}));
        assert_eq!(written(ours), serde_json::to_string(&response).unwrap());
    }
}
