//! Trusted documents: a manifest of the documents that a client was built with.

use std::collections::HashMap;

use serde::Deserialize;

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
        Format::Map(manifest) => manifest,
        Format::Apollo { operations } => operations
            .into_iter()
            .map(|operation| (operation.id, operation.body))
            .collect(),
    })
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
        assert!(read_manifest("[]").unwrap_err().contains("JSON object"));
        assert!(read_manifest("{").unwrap_err().contains("not JSON"));
    }
}
