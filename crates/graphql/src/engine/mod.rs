//! The life of a request: its context, its execution, its errors.

mod subscriptions;

use std::{
    net::IpAddr,
    sync::{Arc, RwLock},
    time::Duration,
};

use async_graphql::{
    EmptyMutation, EmptySubscription, Request, Response, SDLExportOptions, Schema, SchemaBuilder,
    ValidationMode, Value,
};
use tokio::time::timeout;

use crate::{
    account::password::Passwords,
    account::throttle::Throttle,
    account::token::{Token, TokenError, Tokens},
    account::viewer::Viewer,
    database::Database,
    error::{self, Error, refuse},
    guard::cost::Limits,
    guard::document::{
        Call, CostReport, DocumentRules, Documents, Operation, UntrustworthyDocument,
    },
    live::{Bus, Live},
    read::batch::{self, Batches},
    read::context,
    read::loader::Reader,
    schema::mutation::Mutation,
    schema::query::Query,
    schema::subscription::{Declared, Subscription},
};

pub(crate) type MinaSchema = Schema<Query, Mutation, Declared>;

/// The schema in which a subscription is a query whose root is an event.
type EventSchema = Schema<Subscription, EmptyMutation, EmptySubscription>;

/// Answers GraphQL requests. Cloning shares everything.
#[derive(Clone)]
pub struct Engine {
    schema: MinaSchema,
    events: EventSchema,
    documents: Arc<Documents>,
    timeout: Duration,
    database: Database,
    tokens: Arc<Tokens>,
    passwords: Passwords,
    throttle: Arc<Throttle>,
    live: Arc<Live>,
}

/// What an engine allows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which documents it takes, and what they may cost.
    pub documents: DocumentRules,
    /// How long an operation may take.
    pub timeout: Duration,
}

impl Engine {
    /// An engine on a database, which tells other nodes over `bus` what has changed.
    ///
    /// # Errors
    ///
    /// If a trusted document is not valid, or over a limit.
    pub fn new(
        database: Database,
        bus: Arc<dyn Bus>,
        tokens: Tokens,
        passwords: Passwords,
        rules: Rules,
    ) -> Result<Self, UntrustworthyDocument> {
        // What has been validated once is not validated again, so what executes does without.
        let schema = builder().validation_mode(ValidationMode::Fast).finish();
        let documents = Documents::new(&sdl(), rules.documents)?;
        let events = Schema::build(Subscription, EmptyMutation, EmptySubscription)
            .validation_mode(ValidationMode::Fast)
            .finish();
        Ok(Self {
            schema,
            events,
            documents: Arc::new(documents),
            timeout: rules.timeout,
            live: Arc::new(Live::new(database.clone(), bus, tokens.clock())),
            database,
            tokens: Arc::new(tokens),
            passwords,
            throttle: Arc::default(),
        })
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
        let viewer = self.tokens.viewer(token, &self.database);
        timeout(self.timeout, self.database.outage.noting(viewer))
            .await
            .unwrap_or(Err(TokenError::Timeout))
    }

    /// Makes a token for a viewer.
    ///
    /// # Errors
    ///
    /// If the signature fails, which no input brings about, or the database does.
    pub async fn sign(&self, viewer: &Viewer) -> Result<Token, TokenError> {
        self.tokens.sign(viewer.user(), &self.database.reader).await
    }

    /// The number of documents that are kept ready.
    #[must_use]
    pub fn documents_kept(&self) -> usize {
        self.documents.kept()
    }

    /// Whether clients may ask for the schema.
    #[must_use]
    pub fn tells_schema(&self) -> bool {
        self.documents.tells_schema()
    }

    /// The operation that a call asks for: valid, with variables of its types, and within the
    /// limits.
    ///
    /// # Errors
    ///
    /// The answer that says what is wrong with the call. Nothing has been executed.
    pub async fn operation(&self, call: Call) -> Result<Operation, Response> {
        self.documents.operation(call).await
    }

    /// Carries out an operation on behalf of a viewer, or of nobody, that has come from `address`.
    pub async fn execute(
        &self,
        operation: Operation,
        viewer: Option<Viewer>,
        address: Option<IpAddr>,
    ) -> Response {
        let cost = (operation.report != CostReport::Without)
            .then(|| cost_report(&operation, self.documents.limits()));
        let mut response = if operation.report == CostReport::Alone {
            Response::new(Value::Null)
        } else {
            let execution = self.execute_in_time(operation, viewer, address);
            timeout(self.timeout, self.database.outage.noting(execution))
                .await
                .unwrap_or_else(|_| refuse(Error::Timeout))
        };
        if let Some(cost) = cost {
            response.extensions.insert("cost".to_owned(), cost);
        }
        response
    }

    async fn execute_in_time(
        &self,
        operation: Operation,
        viewer: Option<Viewer>,
        address: Option<IpAddr>,
    ) -> Response {
        let state = self.state(viewer, address);
        let batches = Batches::default();
        let mut request = Request::new("")
            .variables(operation.variables)
            .data(Arc::new(Reader::loads(Arc::clone(&state), &batches)))
            .data(state);
        request.operation_name = operation.name;
        request.set_parsed_query(operation.document.parsed.clone());
        let mut response = batch::drive(batches, self.schema.execute(request)).await;
        error::finish(&mut response);
        response
    }

    fn state(&self, viewer: Option<Viewer>, address: Option<IpAddr>) -> Arc<context::Request> {
        Arc::new(context::Request {
            database: self.database.clone(),
            live: Arc::clone(&self.live),
            viewer: RwLock::new(viewer),
            tokens: Arc::clone(&self.tokens),
            passwords: self.passwords.clone(),
            throttle: Arc::clone(&self.throttle),
            address,
        })
    }
}

/// What an operation costs, beside what it may.
fn cost_report(operation: &Operation, limits: &Limits) -> Value {
    let value = |cost| async_graphql::to_value(cost).unwrap_or_default();
    let mut report = value(&operation.cost);
    if let Value::Object(report) = &mut report {
        report.insert(
            async_graphql::Name::new("points"),
            operation.cost.points().into(),
        );
        report.insert(async_graphql::Name::new("limits"), value(&limits.0));
    }
    report
}

/// The schema, ready to be built.
pub(crate) fn builder() -> SchemaBuilder<Query, Mutation, Declared> {
    Schema::build(Query, Mutation, Declared)
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
    builder().finish().sdl_with_options(options)
}
