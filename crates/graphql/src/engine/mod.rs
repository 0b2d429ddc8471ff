//! The life of a request: its context, its execution, its errors.

mod builder;
mod subscriptions;
pub(crate) mod validation;

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_graphql::{Name, Request, Response, ServerError, Value};
use tokio::time::timeout;

pub use self::builder::sdl;
use self::{
    builder::{ClientSchema, EventSchema},
    validation::SchemaValidator,
};
use crate::{
    account::{
        password::Passwords,
        throttle::Throttle,
        token::{Token, TokenError, Tokens},
        viewer::{CurrentViewer, Viewer},
    },
    database::Database,
    error::{
        Error,
        failure::Failure,
        response::{finish, reject},
    },
    guard::{
        cost::measure::Limits,
        document::{Call, CostReport, DocumentRules, Documents, Operation, UntrustworthyDocument},
    },
    live::{bus::Bus, node::Live},
    read::{
        batch::{self, Batches},
        context::RequestContext,
    },
    schema::subject::SUBJECTS,
};

/// Answers GraphQL requests. Cloning shares everything.
#[derive(Clone)]
pub struct Engine {
    schema: ClientSchema,
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
        let validator = SchemaValidator::new(rules.documents.introspection);
        let documents = Documents::new(&sdl(), Box::new(validator), rules.documents)?;
        let live = Live::new(database.clone(), bus, tokens.clock(), &SUBJECTS);
        Ok(Self {
            schema: builder::executing(),
            events: builder::executing_events(),
            documents: Arc::new(documents),
            timeout: rules.timeout,
            live: Arc::new(live),
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
        timeout(self.timeout, self.database.outage.record_abandoned(viewer))
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
    pub fn introspection_enabled(&self) -> bool {
        self.documents.introspection_enabled()
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
            timeout(
                self.timeout,
                self.database.outage.record_abandoned(execution),
            )
            .await
            .unwrap_or_else(|_| reject(Error::Timeout))
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
        let context = self.context(viewer, address);
        let batches = Batches::default();
        let mut request = Request::new("")
            .variables(operation.variables)
            .data(Arc::new(context.loaders(&batches)))
            .data(context);
        request.operation_name = operation.name;
        request.set_parsed_query(operation.document.parsed.clone());
        let mut response = batch::drive(batches, self.schema.execute(request)).await;
        self.finish(&mut response);
        response
    }

    fn context(&self, viewer: Option<Viewer>, address: Option<IpAddr>) -> Arc<RequestContext> {
        Arc::new(RequestContext {
            database: self.database.clone(),
            publisher: Arc::clone(&self.live) as _,
            viewer: CurrentViewer::new(viewer),
            tokens: Arc::clone(&self.tokens),
            passwords: self.passwords.clone(),
            throttle: Arc::clone(&self.throttle),
            address,
        })
    }

    /// Gives the errors of a response their codes, and notes connections that they found broken.
    fn finish(&self, response: &mut Response) {
        if response.errors.iter().any(is_of_broken_connection) {
            self.database.outage.record_broken();
        }
        finish(response);
    }
}

fn is_of_broken_connection(error: &ServerError) -> bool {
    match error.source::<Error>() {
        Some(Error::CommitUnknown(_)) => true,
        Some(error) => error.failure() == Some(Failure::Unreachable),
        None => false,
    }
}

/// What an operation costs, beside what it may.
fn cost_report(operation: &Operation, limits: &Limits) -> Value {
    let value = |cost| async_graphql::to_value(cost).unwrap_or_default();
    let mut report = value(&operation.cost);
    if let Value::Object(report) = &mut report {
        report.insert(Name::new("points"), operation.cost.points().into());
        report.insert(Name::new("limits"), value(&limits.0));
    }
    report
}
