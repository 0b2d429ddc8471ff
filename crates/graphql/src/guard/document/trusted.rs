//! Trusted documents: a manifest of the documents that a client was built with.

use std::collections::HashMap;

use serde::Deserialize;

/// The algorithm that graphql-codegen's client preset writes before each hash, from version 6 on.
const HASH_PREFIX: &str = "sha256:";

/// The texts of documents, by id.
pub type Manifest = HashMap<String, String>;

/// The formats of manifests.
#[derive(Deserialize)]
#[serde(untagged)]
enum Format {
    /// Apollo: a list of operations.
    Apollo { operations: Vec<ApolloOperation> },
    /// Relay and graphql-codegen's client preset: texts by their hashes.
    Map(Manifest),
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

/// Reads a manifest, as graphql-codegen's client preset, Relay or Apollo write it.
///
/// # Errors
///
/// If the text has none of these formats.
pub fn read_manifest(text: &str) -> Result<Manifest, String> {
    let format = serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            "it must be a JSON object of documents by ID, or an Apollo manifest".to_owned()
        } else {
            format!("it is not JSON: {error}")
        }
    })?;
    Ok(match format {
        Format::Map(manifest) => manifest
            .into_iter()
            .map(|(id, text)| (without_prefix(&id).to_owned(), text))
            .collect(),
        Format::Apollo { operations } => operations
            .into_iter()
            .map(|operation| (operation.id, operation.body))
            .collect(),
    })
}

/// The id of a document without the name of the hash, so that clients may send either form.
pub(super) fn without_prefix(id: &str) -> &str {
    id.strip_prefix(HASH_PREFIX).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_of_all_tools_are_read() {
        let map = read_manifest(r#"{"a1": "{ viewer { id } }"}"#).unwrap();
        let apollo = read_manifest(
            r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations":
                [{"id": "a1", "name": "V", "type": "query", "body": "{ viewer { id } }"}]}"#,
        );
        assert_eq!(apollo.unwrap(), map);
        let prefixed = read_manifest(r#"{"sha256:a1": "{ viewer { id } }"}"#).unwrap();
        assert_eq!(prefixed, map);
        assert!(read_manifest("[]").unwrap_err().contains("JSON object"));
        assert!(read_manifest("{").unwrap_err().contains("not JSON"));
    }
}
