//! Makes the rules of the engine from the settings.

use std::{fs, io, path::PathBuf};

use mina_graphql::{
    AnswerMemory, Cost, DocumentRules, Limits, Manifest, Quota, Rules, UntrustworthyDocument,
    read_manifest,
};

use crate::{
    command_error::CommandError,
    config::{CostSettings, DocumentSettings, DocumentsTaken, LoadSettings, QuotaSettings, Switch},
};

/// Why the trusted documents cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustedDocumentsError {
    /// Only trusted documents are allowed, but there is no manifest.
    #[error("only trusted documents are allowed, but there are none")]
    Missing,
    /// The manifest cannot be read.
    #[error("cannot read the trusted documents in {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a manifest.
    #[error("{} is not a manifest of trusted documents: {problem}", path.display())]
    NotAManifest {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// One of the documents is invalid.
    #[error(transparent)]
    Invalid(#[from] UntrustworthyDocument),
}

impl CommandError for TrustedDocumentsError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing => "give the manifest with --trusted-documents",
            Self::Invalid(_) => {
                "generate the manifest again, from the client and the schema of this mina"
            }
            Self::Unreadable { .. } | Self::NotAManifest { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// The rules of the engine according to these settings.
///
/// # Errors
/// If the trusted documents are missing or cannot be read.
pub fn rules(
    documents: &DocumentSettings,
    cost: &CostSettings,
    quota: &QuotaSettings,
    load: &LoadSettings,
) -> Result<Rules, TrustedDocumentsError> {
    let trusted_only = documents.documents == DocumentsTaken::Trusted;
    let limits = Cost {
        tokens: cost.max_tokens.into(),
        // With all fragments expanded, a document may have no more selections than tokens.
        selections: cost.max_tokens.into(),
        depth: cost.max_depth.into(),
        aliases: cost.max_aliases.into(),
        directives: cost.max_directives.into(),
        fields: cost.max_fields.into(),
        rows: cost.max_rows.into(),
        statements: cost.max_statements.into(),
        scans: cost.max_scans.into(),
        // These have a price in points only.
        hashes: u64::MAX,
        stored: u64::MAX,
        bytes: u64::MAX,
    };
    Ok(Rules {
        query_plans: documents.query_plans == Switch::On,
        documents: DocumentRules {
            limits: Limits(limits),
            cache_size: documents.document_cache_size as usize,
            introspection: documents.introspection == Switch::On,
            trusted: trusted(documents, trusted_only)?,
            trusted_only,
        },
        timeout: load.request_timeout,
        answer_memory: AnswerMemory::new(
            load.max_answer_size as usize,
            load.answer_memory as usize,
        ),
        quota: Quota {
            rows: quota.quota_rows.into(),
            bytes: u64::from(quota.quota_mebibytes) << 20,
        },
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
    read_manifest(&text).map_err(|problem| TrustedDocumentsError::NotAManifest {
        path: path.clone(),
        problem,
    })
}
