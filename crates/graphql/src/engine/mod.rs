//! The engine, which executes GraphQL requests.

mod builder;
mod planned;
mod response;
mod retention;
mod subscriptions;
mod transcripts;
mod uploads;

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_graphql::{
    Name, Request, ServerError, Value, Variables,
    parser::types::{ExecutableDocument, OperationType},
};
use tokio::time::timeout;

use self::builder::{ClientSchema, EventSchema, PartSchema};
pub use self::{
    builder::sdl,
    response::{Data, Response},
    transcripts::{TranscriptError, TranscriptFile, TranscriptPart},
    uploads::{Upload, UploadOptions, UploadResult, UploadTarget},
};
use crate::{
    account::{
        caller::Caller,
        membership::{Memberships, SeenViewer},
        password::Passwords,
        throttle::Throttle,
        token::{self, Claims, Token, TokenError, Tokens},
        viewer::{CurrentViewer, Viewer},
    },
    database::{
        Database,
        usage::{Executed, Usage},
    },
    error::{
        Error,
        failure::Failure,
        response::{finish, reject, reject_invalid},
    },
    guard::{
        cost::measure::Limits,
        document::{
            Call, CostReport, DocumentRules, Documents, LargeFields, Operation,
            UntrustworthyDocument,
        },
    },
    live::{bus::Bus, node::Live},
    quota::{Quota, Quotas},
    read::{
        batch::{self, Batches},
        context::RequestContext,
        loader::Loaders,
    },
    schema::{mutation, subject::SUBJECTS},
    shares::{AnswerMemory, Bounds, FairSemaphore, Party},
};

/// Executes GraphQL requests. Clones share everything.
#[derive(Clone)]
pub struct Engine {
    schema: ClientSchema,
    events: EventSchema,
    parts: PartSchema,
    documents: Arc<Documents>,
    query_plans: bool,
    timeout: Duration,
    database: Database,
    tokens: Arc<Tokens>,
    passwords: Passwords,
    throttle: Arc<Throttle>,
    memberships: Arc<Memberships>,
    answer_memory: AnswerMemory,
    quotas: Arc<Quotas>,
    live: Arc<Live>,
    waiting_places: FairSemaphore,
}

/// How many mutations wait for others who write without keeping one of the places of requests. Each
/// has its document and its input in memory.
const WAITING_MUTATIONS: usize = 64;

/// The limits of an engine.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which documents are accepted, and what they may cost.
    pub documents: DocumentRules,
    /// Whether queries are executed by plans where possible.
    pub query_plans: bool,
    /// How long an operation may take.
    pub timeout: Duration,
    /// The memory that answers may use.
    pub answer_memory: AnswerMemory,
    /// How much a workspace may store.
    pub quota: Quota,
}

impl Engine {
    /// An engine for a database. It notifies other nodes of changes over `bus`.
    ///
    /// # Errors
    ///
    /// If a trusted document is invalid, or exceeds a limit.
    pub fn new(
        database: Database,
        bus: Arc<dyn Bus>,
        tokens: Tokens,
        passwords: Passwords,
        rules: Rules,
    ) -> Result<Self, UntrustworthyDocument> {
        let documents = Documents::new(&sdl(), rules.documents)?;
        let memory = rules.answer_memory.clone();
        let live = Live::new(database.clone(), bus, tokens.clock(), SUBJECTS, memory);
        Ok(Self {
            schema: builder::executing(),
            events: builder::executing_events(),
            parts: builder::executing_parts(),
            documents: Arc::new(documents),
            query_plans: rules.query_plans,
            timeout: rules.timeout,
            live: Arc::new(live),
            database,
            tokens: Arc::new(tokens),
            passwords,
            throttle: Arc::default(),
            memberships: Arc::default(),
            answer_memory: rules.answer_memory,
            quotas: Arc::new(Quotas::new(rules.quota)),
            waiting_places: FairSemaphore::new(Bounds::new(WAITING_MUTATIONS, 0)),
        })
    }

    /// The database of the engine.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The memory of answers.
    #[must_use]
    pub fn answer_memory(&self) -> &AnswerMemory {
        &self.answer_memory
    }

    /// Replaces the secrets that sign bearer tokens, and returns whether that makes a difference. Tokens
    /// of secrets that are not among them become invalid.
    #[must_use]
    pub fn replace_token_secrets(&self, secret: &[u8], retired: &[&[u8]]) -> bool {
        self.tokens.replace_secrets(secret, retired)
    }

    /// What a bearer token says, as far as that can be told without the database.
    ///
    /// # Errors
    ///
    /// [`TokenError::Invalid`] if the token is not one of ours, or has expired.
    pub fn claims(&self, token: &str) -> Result<Claims, TokenError> {
        self.tokens.claims(token).ok_or(TokenError::Invalid)
    }

    /// For whom a request with this token is executed, as far as that can be told without the
    /// database.
    #[must_use]
    pub fn party(&self, claims: Option<&Claims>, address: IpAddr) -> Party {
        match claims {
            Some(claims) => self.memberships.party(claims.user_id),
            None => Party::Address(Some(address)),
        }
    }

    /// The user of a bearer token, as stored right now. That the token has expired is not checked, so
    /// that what began in time can end.
    ///
    /// # Errors
    ///
    /// [`TokenError::Invalid`] if the token was revoked, and another error if the user cannot be looked
    /// up.
    pub async fn authenticate(&self, claims: &Claims) -> Result<Viewer, TokenError> {
        if !self.tokens.accept_key_of(claims) {
            return Err(TokenError::Invalid);
        }
        let stored = token::stored(claims.user_id, &self.database);
        let stored = timeout(self.timeout, stored).await;
        let Some(seen) = stored.map_err(|_| TokenError::Timeout)?? else {
            self.memberships.forget(claims.user_id);
            return Err(TokenError::Invalid);
        };
        let viewer = seen.account.viewer(claims);
        // Also if the token is not valid any more, so that it is not taken for valid the next time.
        self.memberships.remember(seen);
        viewer.ok_or(TokenError::Invalid)
    }

    /// The user of a bearer token as seen last, if that is known. It may have changed, so it serves
    /// only [`Engine::execute_as_seen`].
    #[must_use]
    pub fn viewer_as_seen(&self, claims: &Claims) -> Option<SeenViewer> {
        let is_useful = self.query_plans;
        is_useful.then(|| self.memberships.seen(claims)).flatten()
    }

    /// Issues a token for a viewer.
    ///
    /// # Errors
    ///
    /// If signing fails, which no input can cause, or the database does.
    pub async fn sign(&self, viewer: &Viewer) -> Result<Token, TokenError> {
        self.tokens.sign(viewer.user(), &self.database.reader).await
    }

    /// The number of cached documents.
    #[must_use]
    pub fn cached_documents(&self) -> usize {
        self.documents.cached()
    }

    /// Whether clients may use introspection.
    #[must_use]
    pub fn introspection_enabled(&self) -> bool {
        self.documents.introspection_enabled()
    }

    /// Whether the document of a call was checked before, so that [`Engine::operation`] is fast.
    #[must_use]
    pub fn knows_document(&self, call: &Call) -> bool {
        self.documents.knows(call)
    }

    /// Whether a call is known to be a subscription, because its document was checked before.
    #[must_use]
    pub fn is_subscription(&self, call: &Call) -> bool {
        self.documents.is_subscription(call)
    }

    /// The operation that a call requests. It is valid, has variables of the right types, and is
    /// within the limits.
    ///
    /// # Errors
    ///
    /// The response that says what is wrong with the call. Nothing was executed.
    pub fn operation(&self, call: Call) -> Result<Operation, Box<async_graphql::Response>> {
        let mut operation = self.documents.operation(call)?;
        if operation.kind == OperationType::Mutation {
            let inputs = mutation::parse_inputs(&operation).map_err(reject_invalid)?;
            operation.inputs = Some(inputs);
        }
        Ok(operation)
    }

    /// Executes an operation. The bytes of its answer are counted by `usage`.
    pub async fn execute(
        &self,
        operation: Operation,
        caller: Caller,
        usage: &Arc<Usage>,
    ) -> Response {
        let cost = (operation.report != CostReport::Without)
            .then(|| cost_report(&operation, self.documents.limits()));
        let mut response = if operation.report == CostReport::Alone {
            Response::default()
        } else {
            let timed_out = match operation.kind {
                OperationType::Mutation => Error::MutationTimeout,
                OperationType::Query | OperationType::Subscription => Error::Timeout,
            };
            let execution = self.execute_within_memory(operation, caller, usage);
            let execution = usage.scope(execution);
            timeout(self.timeout, execution)
                .await
                .unwrap_or_else(|_| reject(timed_out).into())
        };
        if let Some(cost) = cost {
            response.extensions.insert("cost".to_owned(), cost);
        }
        response
    }

    /// Executes an operation. A query ends when its answer becomes too long. A mutation is carried
    /// out in any case, and only its answer is left out.
    async fn execute_within_memory(
        &self,
        operation: Operation,
        caller: Caller,
        usage: &Usage,
    ) -> Response {
        let is_mutation = operation.kind == OperationType::Mutation;
        if !is_mutation {
            let execution = self.execute_query(operation, caller, usage.meter());
            return match usage.meter().guard(execution).await {
                Ok(response) => response,
                Err(exhausted) => reject(exhausted.into()).into(),
            };
        }
        let mut response = self.execute_ordinarily(operation, caller).await;
        if usage.meter().failure().is_none() {
            return self.finished(response).into();
        }
        // What failed deeper in the answer failed for its length.
        response.errors.retain(|error| error.path.len() == 1);
        let mut rejection = reject(without_answer(&usage.mutations()));
        rejection.errors.append(&mut self.finished(response).errors);
        rejection.into()
    }

    /// Executes an operation by async-graphql.
    async fn execute_ordinarily(
        &self,
        operation: Operation,
        caller: Caller,
    ) -> async_graphql::Response {
        let context = self.context(caller, operation.document.large.clone());
        let batches = Batches::default();
        let loaders = Arc::new(context.loaders(&batches, None));
        let document = operation.executed();
        let inputs = operation.inputs.unwrap_or_default();
        let request = request(document, operation.variables, loaders, context);
        let mut request = request.data(inputs);
        request.operation_name = operation.name;
        batch::drive(batches, self.schema.execute(request)).await
    }

    fn context(&self, caller: Caller, large: LargeFields) -> Arc<RequestContext> {
        let Caller {
            viewer,
            address,
            place,
        } = caller;
        Arc::new(RequestContext {
            database: self.database.clone(),
            publisher: Arc::clone(&self.live) as _,
            viewer: CurrentViewer::new(viewer),
            large,
            tokens: Arc::clone(&self.tokens),
            passwords: self.passwords.clone(),
            throttle: Arc::clone(&self.throttle),
            quotas: Arc::clone(&self.quotas),
            address,
            place,
            waiting_places: self.waiting_places.clone(),
        })
    }

    /// Adds codes to the errors of a response, and records whether one was a broken connection.
    fn finished(&self, mut response: async_graphql::Response) -> async_graphql::Response {
        if response.errors.iter().any(is_of_broken_connection) {
            self.database.outage.record_broken();
        }
        finish(&mut response);
        response
    }
}

/// The request to async-graphql that executes a document.
fn request(
    document: ExecutableDocument,
    variables: Variables,
    loaders: Arc<Loaders>,
    context: Arc<RequestContext>,
) -> Request {
    let mut request = Request::new("")
        .variables(variables)
        .data(loaders)
        .data(context);
    request.set_parsed_query(document);
    request
}

/// The error if the answer of these mutations is left out.
fn without_answer(mutations: &[Executed]) -> Error {
    let fields = |is_committed| {
        let fields = mutations.iter();
        let fields = fields.filter(move |it| it.is_committed == is_committed);
        fields
            .map(|it| format!("`{}`", it.field))
            .collect::<Vec<_>>()
    };
    let (changed, unchanged) = (fields(true), fields(false));
    let happened = match (&changed[..], &unchanged[..]) {
        ([], _) => "Nothing was changed".to_owned(),
        ([_], []) => "The mutation was executed".to_owned(),
        (changed, []) => format!("{} were executed", changed.join(", ")),
        (changed, unchanged) => format!(
            "Of these mutations, only {} changed something, and {} did not",
            changed.join(", "),
            unchanged.join(", ")
        ),
    };
    Error::MutationAnswerTooLong(happened)
}

fn is_of_broken_connection(error: &ServerError) -> bool {
    match error.source::<Error>() {
        Some(Error::CommitUnknown(_)) => true,
        Some(error) => error.failure() == Some(Failure::Unreachable),
        None => false,
    }
}

/// The cost of an operation, with the limits.
fn cost_report(operation: &Operation, limits: &Limits) -> Value {
    let value = |cost| async_graphql::to_value(cost).unwrap_or_default();
    let mut report = value(&operation.cost);
    if let Value::Object(report) = &mut report {
        report.insert(Name::new("points"), operation.cost.points().into());
        report.insert(Name::new("limits"), value(&limits.0));
    }
    report
}
