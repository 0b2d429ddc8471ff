//! Validation of documents against the schema.

use std::sync::Arc;

use async_graphql::{
    Request, ServerError, ValidationResult, async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::ExecutableDocument,
};
use futures_util::{FutureExt, future::BoxFuture};

use super::builder::{ClientSchema, builder};
use crate::guard::document::Validator;

/// Validates documents without executing them.
pub(crate) struct SchemaValidator {
    suggesting: ClientSchema,
    brief: ClientSchema,
}

impl SchemaValidator {
    /// A validator. Without introspection, it never suggests names, because clients may not learn
    /// them.
    pub(crate) fn new(introspection: bool) -> Self {
        let validator = || builder().extension(ValidationOnly);
        let brief = validator().disable_suggestions().finish();
        Self {
            suggesting: if introspection {
                validator().finish()
            } else {
                brief.clone()
            },
            brief,
        }
    }
}

impl Validator for SchemaValidator {
    fn validate<'a>(
        &'a self,
        document: &ExecutableDocument,
        suggests_names: bool,
    ) -> BoxFuture<'a, Vec<ServerError>> {
        let mut request = Request::new("");
        request.set_parsed_query(document.clone());
        let validator = if suggests_names {
            &self.suggesting
        } else {
            &self.brief
        };
        async { validator.execute(request).await.errors }.boxed()
    }
}

/// Ends every request after validation: without errors if the document is valid.
struct ValidationOnly;

impl ExtensionFactory for ValidationOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for ValidationOnly {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(context).await?;
        Err(Vec::new())
    }
}
