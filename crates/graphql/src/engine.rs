//! The life of a request: its context, its execution, its errors.

use std::{
    net::IpAddr,
    sync::{Arc, RwLock},
};

use async_graphql::{EmptySubscription, Request, Response, SDLExportOptions, Schema};

use crate::{
    batch::{self, Batches},
    context,
    database::Database,
    error,
    loader::Reader,
    mutation::Mutation,
    password::Passwords,
    query::Query,
    throttle::Throttle,
    token::{Token, TokenError, Tokens},
    viewer::Viewer,
};

type MinaSchema = Schema<Query, Mutation, EmptySubscription>;

/// Answers GraphQL requests. Cloning shares everything.
#[derive(Clone)]
pub struct Engine {
    schema: MinaSchema,
    database: Database,
    tokens: Arc<Tokens>,
    passwords: Passwords,
    throttle: Arc<Throttle>,
}

impl Engine {
    /// An engine on a database.
    #[must_use]
    pub fn new(database: Database, tokens: Tokens, passwords: Passwords) -> Self {
        Self {
            schema: schema(),
            database,
            tokens: Arc::new(tokens),
            passwords,
            throttle: Arc::default(),
        }
    }

    /// The database that it answers from.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The viewer that a bearer token names.
    ///
    /// # Errors
    ///
    /// If the token is not good, or the user cannot be looked up.
    pub async fn authenticate(&self, token: &str) -> Result<Viewer, TokenError> {
        self.tokens.viewer(token, &self.database.reader).await
    }

    /// Makes a token for a viewer.
    ///
    /// # Errors
    ///
    /// If the signature fails, which no input brings about, or the database does.
    pub async fn sign(&self, viewer: &Viewer) -> Result<Token, TokenError> {
        self.tokens.sign(viewer.user(), &self.database.reader).await
    }

    /// Answers a request on behalf of a viewer, or of nobody, that has come from `address`.
    pub async fn execute(
        &self,
        request: Request,
        viewer: Option<Viewer>,
        address: Option<IpAddr>,
    ) -> Response {
        let state = Arc::new(context::Request {
            database: self.database.clone(),
            viewer: RwLock::new(viewer),
            tokens: Arc::clone(&self.tokens),
            passwords: self.passwords.clone(),
            throttle: Arc::clone(&self.throttle),
            address,
        });
        let batches = Batches::default();
        let request = request
            .data(Reader::loads(Arc::clone(&state), &batches))
            .data(state);
        let mut response = batch::drive(batches, self.schema.execute(request)).await;
        error::finish(&mut response);
        response
    }
}

fn schema() -> MinaSchema {
    Schema::build(Query, Mutation, EmptySubscription).finish()
}

/// The schema in the GraphQL schema definition language, sorted, so that a change of order in the
/// code is no change of the text.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    schema().sdl_with_options(options)
}
