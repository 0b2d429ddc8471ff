//! The document store: trusted documents, and a cache of those that clients have sent.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Response,
    parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet},
};
use hex::FromHex;
use metrics::counter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::{
    coercion, convert,
    large::LargeFields,
    lexer,
    operation::{Call, Document, DocumentHash, Operation, Plans},
    position::Lines,
    suggestion,
    trusted::{Manifest, without_prefix},
    typed_fields, union_conditions, validation,
};
use crate::{
    error::{
        Error,
        limit::{LimitExceeded, TOKENS},
        response::{reject_invalid, rejection},
    },
    guard::{
        cost::{measure::Limits, pricing::Pricing},
        facts::Facts,
        schema::{self, ApiSchema},
    },
    metric,
};

/// The maximum size of a document, in bytes. The limit on tokens does not bound strings and
/// comments, and the parser needs time for each character.
const MAX_BYTES: usize = 64 * 1024;

/// The maximum size of a document, in bytes, for which errors suggest names similar to unknown
/// ones. Finding these takes time for each letter.
const MAX_BYTES_FOR_SUGGESTIONS: usize = 8 * 1024;

/// How many times the selections of one operation all operations of a document may have together.
/// Validation follows every spread of each of them.
const MAX_SELECTIONS_FACTOR: u64 = 8;

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

/// Turns calls into operations.
pub(crate) struct Documents {
    schema: ApiSchema,
    facts: Facts,
    limits: Limits,
    introspection: bool,
    cache: Cache<DocumentHash, Arc<Document>>,
    trusted: HashMap<String, Arc<Document>>,
    trusted_only: bool,
}

impl Documents {
    /// A document store with these rules, for the schema in `sdl`.
    pub(crate) fn new(sdl: &str, rules: DocumentRules) -> Result<Self, UntrustworthyDocument> {
        let schema = schema::parse(sdl);
        let mut documents = Self {
            facts: Facts::new(&schema),
            schema,
            limits: rules.limits,
            introspection: rules.introspection,
            cache: Cache::new(rules.cache_size),
            trusted: HashMap::new(),
            trusted_only: rules.trusted_only,
        };
        for (id, text) in rules.trusted {
            match documents.load(&text) {
                Ok(document) => documents.trusted.insert(id, document),
                Err(rejected) => {
                    let problem = rejected.errors.into_iter().next();
                    let problem = problem.map_or_else(String::new, |error| error.message);
                    return Err(UntrustworthyDocument { id, problem });
                }
            };
        }
        Ok(documents)
    }

    /// The operation that a call requests, or the response that rejects the call.
    pub(crate) fn operation(&self, call: Call) -> Result<Operation, Box<Response>> {
        let document = self.find(call.query, call.document_id)?;
        let name = call.operation_name.filter(|name| !name.is_empty());
        let (name, operation) = document.operation(name).map_err(rejection)?;
        let variables = coercion::coerce_variables(&self.facts, operation, &call.variables)
            .map_err(reject_invalid)?;
        let pricing = self.pricing(&document.parsed, document.tokens);
        let cost = pricing.price(operation, &variables).map_err(rejection)?;
        let fragments = &document.parsed.fragments;
        let mut errors = coercion::check_nulls(&self.facts, operation, fragments, &variables);
        if operation.ty == OperationType::Mutation {
            let ids = coercion::check_ids(&self.facts, operation, fragments, &variables);
            errors.extend(ids);
        }
        if !errors.is_empty() {
            return Err(reject_invalid(errors));
        }
        Ok(Operation {
            kind: operation.ty,
            name,
            variables,
            inputs: None,
            report: call.cost,
            cost,
            document,
        })
    }

    /// Whether a call has a document that was checked before, so that checking the rest is fast.
    pub(crate) fn knows(&self, call: &Call) -> bool {
        let text = call.query.as_deref().filter(|text| text.len() <= MAX_BYTES);
        text.is_none_or(|text| {
            let key: DocumentHash = Sha256::digest(text).into();
            self.cache.contains_key(&key)
        })
    }

    /// Whether a call is known to be a subscription, because its document was checked before.
    pub(crate) fn is_subscription(&self, call: &Call) -> bool {
        let id = call.document_id.as_deref();
        let trusted = id.and_then(|id| self.trusted.get(without_prefix(id)));
        let text = call.query.as_deref().filter(|text| text.len() <= MAX_BYTES);
        let key = match text {
            Some(text) => Some(Sha256::digest(text).into()),
            None => id.and_then(hash_from_id),
        };
        let cached = || self.cache.peek(&key?);
        let name = call.operation_name.clone().filter(|name| !name.is_empty());
        trusted.cloned().or_else(cached).is_some_and(|document| {
            let operation = document.operation(name);
            operation.is_ok_and(|(_, operation)| operation.ty == OperationType::Subscription)
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

    fn find(
        &self,
        text: Option<String>,
        id: Option<String>,
    ) -> Result<Arc<Document>, Box<Response>> {
        if let Some(id) = &id
            && let Some(document) = self.trusted.get(without_prefix(id))
        {
            return Ok(Arc::clone(document));
        }
        if self.trusted_only {
            return Err(rejection(Error::UntrustedDocument));
        }
        let Some(text) = text else {
            let Some(key) = id.as_deref().and_then(hash_from_id) else {
                return Err(rejection(Error::UnknownDocument));
            };
            let cached = self.cache.get(&key);
            return cached.ok_or_else(|| rejection(Error::PersistedQueryNotFound));
        };
        if text.len() > MAX_BYTES {
            return Err(rejection(Error::BadUserInput(format!(
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
            return Err(rejection(Error::BadUserInput(problem.to_owned())));
        }
        if let Some(document) = self.cache.get(&key) {
            counter!(metric::DOCUMENT_CACHE_HITS).increment(1);
            return Ok(document);
        }
        counter!(metric::DOCUMENT_CACHE_MISSES).increment(1);
        let document = self.load(&text)?;
        self.cache.insert(key, Arc::clone(&document));
        Ok(document)
    }

    /// Parses and validates a document.
    pub(crate) fn load(&self, text: &str) -> Result<Arc<Document>, Box<Response>> {
        let tokens = self.count_tokens(text).map_err(rejection)?;
        let lines = Lines::new(text);
        let syntax = validation::parse(text, &lines);
        let syntax =
            syntax.map_err(|(message, position)| rejection(Error::Syntax { message, position }))?;
        let (mut document, mut errors) = convert::document(&syntax, &lines);
        self.check_limits(&document, tokens).map_err(rejection)?;
        errors.extend(validation::validate(&syntax, &self.schema, &lines));
        if errors.is_empty() {
            errors = coercion::check_literals(&self.facts, &document);
        } else if self.introspection && text.len() <= MAX_BYTES_FOR_SUGGESTIONS {
            suggestion::add_to(&mut errors, &self.facts, &document);
            suggestion::add_values_to(&mut errors, &self.schema);
        }
        if !errors.is_empty() {
            errors.sort_by_key(|it| it.locations.first().map(|it| (it.line, it.column)));
            return Err(reject_invalid(errors));
        }
        union_conditions::replace(&mut document, &self.facts);
        let large = LargeFields::among(&typed_fields::written(&self.facts, &document));
        Ok(Arc::new(Document {
            parsed: document,
            large,
            tokens,
            plans: Plans::default(),
        }))
    }

    fn count_tokens(&self, text: &str) -> Result<u64, Error> {
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
        Ok(tokens.count)
    }

    /// Rejects a document that exceeds a limit that does not depend on variables, before validation
    /// follows every spread.
    fn check_limits(&self, document: &ExecutableDocument, tokens: u64) -> Result<(), Error> {
        let pricing = self.pricing(document, tokens);
        let most = self
            .limits
            .0
            .selections
            .saturating_mul(MAX_SELECTIONS_FACTOR);
        let mut selections = 0_u64;
        let mut operations: Vec<_> = document.operations.iter().collect();
        operations.sort_by_key(|(_, operation)| (operation.pos.line, operation.pos.column));
        for (_, operation) in operations {
            let cost = pricing.check_text(&operation.node)?;
            selections = selections.saturating_add(cost.selections);
            if selections > most {
                return Err(Error::BadUserInput(format!(
                    "The operations of the document have more than {most} selections together, \
                     including those in fragments. Send them in several documents."
                )));
            }
        }
        if !self.introspection && uses_introspection(document) {
            return Err(Error::Forbidden(
                "Introspection is disabled on this server.".to_owned(),
            ));
        }
        Ok(())
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
    DocumentHash::from_hex(without_prefix(id)).ok()
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
