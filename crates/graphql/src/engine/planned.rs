//! Executes queries by plans, as far as they can be planned.

use std::sync::Arc;

use async_graphql::{
    ServerError, Variables,
    parser::types::{ExecutableDocument, OperationType},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, OptionFuture, Ready, join},
};
use tokio::time::timeout;

use super::{Data, Engine, Response, builder::PartSchema, request, response::START};
use crate::{
    account::{caller::Caller, confirmation::Confirmation, membership::SeenViewer, token},
    database::usage::Usage,
    error::{Error, code::UNAVAILABLE, response::reject},
    guard::document::{CostReport, Operation},
    plan::{PartExecutor, Plan},
    read::{
        batch::{self, Batches},
        context::RequestContext,
        loader::Loaders,
    },
    schema::part::PartRows,
    shares::{Meter, background},
};

/// From how many rows on writing the answer of a plan counts as long.
const LONG_FROM_ROWS: usize = 2_000;

/// From how many bytes on it does, too, if each of its objects is as large as the largest row. A single
/// row can be written in thousands of places, and a long text in each of them.
const LONG_FROM_BYTES: u64 = 4 << 20;

impl Engine {
    /// Executes a query.
    pub(super) async fn execute_query(
        &self,
        operation: Operation,
        caller: Caller,
        meter: &Meter,
    ) -> Response {
        let viewer = caller.viewer.as_ref().filter(|_| self.query_plans);
        if let Some(plan) = viewer.and_then(|viewer| Plan::of(&operation, viewer)) {
            return self.execute_plan(plan, operation, caller, meter).await;
        }
        let response = self.execute_ordinarily(operation, caller).await;
        self.finished(response).into()
    }

    /// Executes a query for a viewer who may have changed since [`Engine::viewer_as_seen`]. None if that
    /// is so, or if the query cannot be executed in this way; then [`Engine::execute`] can, after
    /// [`Engine::authenticate`].
    pub async fn execute_as_seen(
        &self,
        operation: &Operation,
        (seen, caller): (&SeenViewer, &Caller),
        usage: &Arc<Usage>,
    ) -> Option<Response> {
        if operation.kind != OperationType::Query || operation.report != CostReport::Without {
            return None;
        }
        let viewer = seen.viewer();
        let plan = Plan::of(operation, viewer).filter(Plan::is_whole)?;
        let user_id = viewer.user().id;
        let confirmation = Arc::new(Confirmation::new(user_id, seen.version.clone()));
        // What is confirmed is the viewer for whom the rows are read.
        let caller = Caller {
            viewer: Some(viewer.clone()),
            ..caller.clone()
        };
        let context = self.context(caller, operation.document.large.clone());
        let batches = Batches::default();
        let loaders = Arc::new(context.loaders(&batches, Some(Arc::clone(&confirmation))));
        let scene = Scene {
            loaders,
            context,
            variables: &operation.variables,
            objects: operation.cost.rows,
        };
        let none: Option<Ready<_>> = None;
        let execution = Box::pin(self.run(plan, scene, batches, none, usage.meter()));
        let execution = usage.scope(usage.meter().guard(execution));
        let response = match timeout(self.timeout, execution).await {
            Ok(Ok(response)) => response,
            Ok(Err(exhausted)) => reject(exhausted.into()).into(),
            Err(_) => reject(Error::Timeout).into(),
        };
        let is_same = match confirmation.is_same() {
            Some(is_same) => is_same,
            // Nothing can say so while the database cannot be reached.
            None if response.errors.iter().any(is_unavailable) => false,
            // No row has said so.
            None => {
                let stored = timeout(self.timeout, token::stored(user_id, &self.database));
                stored.await.ok()?.ok()??.version.as_ref() == Some(&seen.version)
            }
        };
        is_same.then_some(response)
    }

    /// Executes a query by its plan. What is not planned is executed at the same time.
    async fn execute_plan(
        &self,
        plan: Plan,
        operation: Operation,
        caller: Caller,
        meter: &Meter,
    ) -> Response {
        let context = self.context(caller, operation.document.large.clone());
        let batches = Batches::default();
        let loaders = Arc::new(context.loaders(&batches, None));
        let scene = Scene {
            loaders: Arc::clone(&loaders),
            context: Arc::clone(&context),
            variables: &operation.variables,
            objects: operation.cost.rows,
        };
        let names = plan.ordinary();
        let ordinary = (!names.is_empty()).then(|| {
            let document = operation.executed_only(&names);
            let variables = operation.variables.clone();
            let mut request = request(document, variables, loaders, context);
            request.operation_name.clone_from(&operation.name);
            self.schema.execute(request)
        });
        Box::pin(self.run(plan, scene, batches, ordinary, meter)).await
    }

    /// Loads the rows of a plan, and writes the response.
    async fn run(
        &self,
        plan: Plan,
        scene: Scene<'_>,
        batches: Batches,
        ordinary: Option<impl Future<Output = async_graphql::Response>>,
        meter: &Meter,
    ) -> Response {
        let loaders = Arc::clone(&scene.loaders);
        let executor = Executor {
            schema: &self.parts,
            scene,
        };
        let execution = join(plan.load(&loaders, &executor), OptionFuture::from(ordinary));
        let (loaded, ordinary) = batch::drive(batches, execution).await;
        let is_long = loaded.rows() >= LONG_FROM_ROWS || {
            let largest = u64::try_from(meter.largest()).unwrap_or(u64::MAX);
            largest.saturating_mul(executor.scene.objects) >= LONG_FROM_BYTES
        };
        let meter = meter.clone();
        let write = move || {
            let mut response = ordinary.unwrap_or_default();
            let planned = plan.write(START, &loaded, &response.data, &meter);
            // If there is no room for the answer, its errors are no internal ones: it fails as a
            // whole.
            meter.failure().is_none().then(|| {
                response.errors.splice(..0, planned.errors);
                let is_all_null = planned.is_all_null;
                let written = |json| Data::Written { json, is_all_null };
                (response, planned.json.map(written).unwrap_or_default())
            })
        };
        let Some((response, data)) = background::call(is_long, write).await else {
            return Response::default();
        };
        Response {
            data,
            ..self.finished(response).into()
        }
    }
}

/// What a plan is executed with.
struct Scene<'a> {
    loaders: Arc<Loaders>,
    context: Arc<RequestContext>,
    variables: &'a Variables,
    /// How many objects the answer has at most.
    objects: u64,
}

/// Executes parts of a request.
struct Executor<'a> {
    schema: &'a PartSchema,
    scene: Scene<'a>,
}

impl PartExecutor for Executor<'_> {
    fn execute(
        &self,
        document: ExecutableDocument,
        rows: PartRows,
    ) -> BoxFuture<'_, async_graphql::Response> {
        let Scene {
            loaders,
            context,
            variables,
            ..
        } = &self.scene;
        let (loaders, context) = (Arc::clone(loaders), Arc::clone(context));
        let request = request(document, (*variables).clone(), loaders, context);
        self.schema.execute(request.data(rows)).boxed()
    }
}

/// Whether an error says that the database, or the memory for answers, is not available right now.
fn is_unavailable(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|it| it.get("code"));
    code == Some(&UNAVAILABLE.into())
}
