//! The document store: trusted documents, and a cache of those that clients have sent.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Response, ServerError,
    parser::{
        parse_query,
        types::{ExecutableDocument, Selection, SelectionSet},
    },
};
use futures_util::future::BoxFuture;
use hex::FromHex;
use metrics::counter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::{
    input, lexer,
    operation::{Call, Document, DocumentHash, Operation},
    single_root,
    trusted::Manifest,
};
use crate::{
    error::{
        Error,
        limit::{LimitExceeded, TOKENS},
        response::{self, reject},
    },
    guard::cost::{facts::Facts, measure::Limits, pricing::Pricing},
    metric,
};

/// The maximum size of a document, in bytes. The limit on tokens does not bound strings and
/// comments, and the parser needs time for each character.
const MAX_BYTES: usize = 64 * 1024;

/// The maximum size of a document, in bytes, for which errors suggest names similar to unknown
/// ones. Finding these takes time for each letter.
const MAX_BYTES_FOR_SUGGESTIONS: usize = 8 * 1024;

/// Which documents are accepted, and what they may cost.
#[derive(Clone, Debug)]
pub struct DocumentRules {
    /// What an operation may cost.
    pub limits: Limits,
    /// How many documents are cached.
    pub cache_size: usize,
    /// Whether clients may use introspection.
    pub introspection: bool,
    /// The documents that clients may request by id.
    pub trusted: Manifest,
    /// Whether all other documents are rejected.
    pub trusted_only: bool,
}

/// The error for a document of the manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the document {id} cannot be used: {problem}")]
pub struct UntrustworthyDocument {
    /// The id of the document.
    pub id: String,
    /// What is wrong with the document.
    pub problem: String,
}

/// Validates documents against the schema.
pub(crate) trait Validator: Send + Sync {
    /// The errors in a document. `suggests_names` says whether errors suggest names similar to
    /// unknown ones, which takes time for each letter.
    fn validate<'a>(
        &'a self,
        document: &ExecutableDocument,
        suggests_names: bool,
    ) -> BoxFuture<'a, Vec<ServerError>>;
}

/// Turns calls into operations.
pub(crate) struct Documents {
    validator: Box<dyn Validator>,
    facts: Facts,
    limits: Limits,
    introspection: bool,
    cache: Cache<DocumentHash, Arc<Document>>,
    trusted: HashMap<String, Arc<Document>>,
    trusted_only: bool,
}

impl Documents {
    /// A document store with these rules, for the schema in `sdl`.
    pub(crate) fn new(
        sdl: &str,
        validator: Box<dyn Validator>,
        rules: DocumentRules,
    ) -> Result<Self, UntrustworthyDocument> {
        let mut documents = Self {
            validator,
            facts: Facts::new(sdl),
            limits: rules.limits,
            introspection: rules.introspection,
            cache: Cache::new(rules.cache_size),
            trusted: HashMap::new(),
            trusted_only: rules.trusted_only,
        };
        for (id, text) in rules.trusted {
            let document = futures_util::FutureExt::now_or_never(documents.load(&text));
            let problem = match document {
                Some(Ok(document)) => {
                    documents.trusted.insert(id, document);
                    continue;
                }
                Some(Err(rejected)) => rejected.errors.first().map(|error| error.message.clone()),
                None => None,
            };
            let problem = problem.unwrap_or_else(|| "it is not valid".to_owned());
            return Err(UntrustworthyDocument { id, problem });
        }
        Ok(documents)
    }

    /// The operation that a call requests, or the response that rejects the call.
    pub(crate) async fn operation(&self, call: Call) -> Result<Operation, Response> {
        let document = self.find(call.query, call.document_id).await?;
        let name = call.operation_name.filter(|name| !name.is_empty());
        let (name, operation) = document.operation(name).map_err(reject)?;
        input::check_variables(&self.facts, operation, &call.variables).map_err(reject)?;
        let pricing = self.pricing(&document.parsed, document.tokens);
        let cost = pricing.price(operation, &call.variables).map_err(reject)?;
        Ok(Operation {
            kind: operation.ty,
            name,
            variables: call.variables,
            report: call.cost,
            cost,
            document,
        })
    }

    /// The number of cached documents.
    pub(crate) fn cached(&self) -> usize {
        self.cache.len()
    }

    /// Whether clients may use introspection.
    pub(crate) fn introspection_enabled(&self) -> bool {
        self.introspection
    }

    /// The facts about the schema.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What an operation may cost.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn find(
        &self,
        text: Option<String>,
        id: Option<String>,
    ) -> Result<Arc<Document>, Response> {
        if let Some(id) = &id
            && let Some(document) = self.trusted.get(id.strip_prefix("sha256:").unwrap_or(id))
        {
            return Ok(Arc::clone(document));
        }
        if self.trusted_only {
            return Err(reject(Error::UntrustedDocument));
        }
        let Some(text) = text else {
            let key = id.as_deref().and_then(hash_from_id);
            let cached = key.and_then(|key| self.cache.get(&key));
            return cached.ok_or_else(|| reject(Error::PersistedQueryNotFound));
        };
        if text.len() > MAX_BYTES {
            return Err(reject(Error::BadUserInput(format!(
                "The document has {} bytes; at most {MAX_BYTES} are allowed. Put long texts into \
                 variables.",
                text.len()
            ))));
        }
        let key: DocumentHash = Sha256::digest(&text).into();
        if let Some(id) = id
            && hash_from_id(&id) != Some(key)
        {
            let problem = "The document ID is not the SHA-256 hash of the document, in \
                           hexadecimal digits.";
            return Err(reject(Error::BadUserInput(problem.to_owned())));
        }
        if let Some(document) = self.cache.get(&key) {
            counter!(metric::DOCUMENT_CACHE_HITS).increment(1);
            return Ok(document);
        }
        counter!(metric::DOCUMENT_CACHE_MISSES).increment(1);
        let document = self.load(&text).await?;
        self.cache.insert(key, Arc::clone(&document));
        Ok(document)
    }

    /// Parses and validates a document.
    async fn load(&self, text: &str) -> Result<Arc<Document>, Response> {
        let (parsed, tokens) = self.parse(text).map_err(reject)?;
        let suggests_names = text.len() <= MAX_BYTES_FOR_SUGGESTIONS;
        let mut errors = self.validator.validate(&parsed, suggests_names).await;
        if errors.is_empty() {
            errors = input::check_arguments(&self.facts, &parsed);
            errors.extend(single_root::check_subscriptions(&parsed));
        }
        if !errors.is_empty() {
            let mut response = Response::from_errors(errors);
            response::finish(&mut response);
            return Err(response);
        }
        Ok(Arc::new(Document {
            parsed,
            hash: Sha256::digest(text).into(),
            tokens,
        }))
    }

    fn parse(&self, text: &str) -> Result<(ExecutableDocument, u64), Error> {
        let max = self.limits.0.tokens;
        let tokens = lexer::count(text, max);
        if tokens.count > max {
            return Err(Error::CostLimitExceeded(Box::new(LimitExceeded {
                measure: TOKENS,
                cost: max + 1,
                limit: max,
                paths: Vec::new(),
            })));
        }
        if tokens.bracket_depth > lexer::MAX_BRACKET_DEPTH {
            return Err(Error::BadUserInput(format!(
                "The document is nested too deeply: at most {} levels of brackets are allowed.",
                lexer::MAX_BRACKET_DEPTH
            )));
        }
        let parsed = parse_query(text).map_err(|error| Error::Syntax(error.into()))?;
        let pricing = self.pricing(&parsed, tokens.count);
        for (_, operation) in parsed.operations.iter() {
            pricing.check_text(&operation.node)?;
        }
        if !self.introspection && uses_introspection(&parsed) {
            return Err(Error::Forbidden(
                "Introspection is disabled on this server.".to_owned(),
            ));
        }
        Ok((parsed, tokens.count))
    }

    fn pricing<'a>(&'a self, parsed: &'a ExecutableDocument, tokens: u64) -> Pricing<'a> {
        Pricing {
            facts: &self.facts,
            limits: &self.limits,
            fragments: &parsed.fragments,
            tokens,
        }
    }
}

/// The hash that a document id contains, if it is a SHA-256 hash.
fn hash_from_id(id: &str) -> Option<DocumentHash> {
    DocumentHash::from_hex(id.strip_prefix("sha256:").unwrap_or(id)).ok()
}

/// Whether any part of a document uses introspection.
fn uses_introspection(document: &ExecutableDocument) -> bool {
    fn within(set: &SelectionSet) -> bool {
        set.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => {
                matches!(field.node.name.node.as_str(), "__schema" | "__type")
                    || within(&field.node.selection_set.node)
            }
            Selection::InlineFragment(fragment) => within(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => false,
        })
    }
    let of_operations = document
        .operations
        .iter()
        .map(|(_, it)| &it.node.selection_set);
    let of_fragments = document.fragments.values().map(|it| &it.node.selection_set);
    of_operations
        .chain(of_fragments)
        .any(|set| within(&set.node))
}
