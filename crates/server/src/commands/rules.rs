//! From settings to what the engine allows.

use std::{fs, io, path::PathBuf, time::Duration};

use mina_graphql::{
    Cost, DocumentRules, Limits, Manifest, Rules, UntrustworthyDocument, read_manifest,
};

use crate::{
    config::{CostSettings, DocumentSettings, DocumentsTaken, Switch},
    failure::Failure,
};

/// Why the trusted documents cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustedDocumentsError {
    /// None are given, though no others are to be taken.
    #[error("only trusted documents are to be taken, but there are none")]
    Missing,
    /// The manifest cannot be read.
    #[error("cannot read the trusted documents in {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no manifest.
    #[error("{} is no manifest of trusted documents: {problem}", path.display())]
    NoManifest {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// One of them is not valid.
    #[error(transparent)]
    Invalid(#[from] UntrustworthyDocument),
}

impl Failure for TrustedDocumentsError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing => "name the manifest with --trusted-documents",
            Self::Invalid(_) => "make the manifest anew from the client and this mina's schema",
            Self::Unreadable { .. } | Self::NoManifest { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// What the engine allows by these settings.
///
/// # Errors
/// If there are trusted documents that cannot be read.
pub fn rules(
    documents: &DocumentSettings,
    cost: &CostSettings,
    timeout: Duration,
) -> Result<Rules, TrustedDocumentsError> {
    let trusted_only = documents.documents == DocumentsTaken::Trusted;
    let limits = Cost {
        tokens: cost.max_tokens.into(),
        // Fragments are for sharing, not for making more than could be written out.
        selections: cost.max_tokens.into(),
        depth: cost.max_depth.into(),
        aliases: cost.max_aliases.into(),
        directives: cost.max_directives.into(),
        fields: cost.max_fields.into(),
        rows: cost.max_rows.into(),
        statements: cost.max_statements.into(),
    };
    Ok(Rules {
        documents: DocumentRules {
            limits: Limits(limits),
            cache_size: documents.document_cache_size as usize,
            introspection: documents.introspection == Switch::On,
            trusted: trusted(documents, trusted_only)?,
            trusted_only,
        },
        timeout,
    })
}

fn trusted(
    settings: &DocumentSettings,
    trusted_only: bool,
) -> Result<Manifest, TrustedDocumentsError> {
    let Some(path) = &settings.trusted_documents else {
        return if trusted_only {
            Err(TrustedDocumentsError::Missing)
        } else {
            Ok(Manifest::new())
        };
    };
    let text = fs::read_to_string(path).map_err(|source| TrustedDocumentsError::Unreadable {
        path: path.clone(),
        source,
    })?;
    read_manifest(&text).map_err(|problem| TrustedDocumentsError::NoManifest {
        path: path.clone(),
        problem,
    })
}
