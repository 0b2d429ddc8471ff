//! Executes queries by plans, as far as they can be planned.

use std::sync::Arc;

use async_graphql::{Name, Value, Variables, parser::types::ExecutableDocument};
use futures_util::{
    FutureExt,
    future::{BoxFuture, OptionFuture, join},
};

use super::{Data, Engine, Response, builder::PartSchema, request};
use crate::{
    account::caller::Caller,
    guard::document::Operation,
    plan::{PartExecutor, Plan, Planned, PlannedField},
    read::{
        batch::{self, Batches},
        context::RequestContext,
        format::write_json,
        loader::Loaders,
    },
    schema::part::PartRows,
    shares::{Meter, background},
};

/// From how many rows on writing the answer of a plan counts as long.
const LONG_FROM_ROWS: usize = 2_000;

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

    /// Executes a query by its plan. What is not planned is executed at the same time.
    async fn execute_plan(
        &self,
        plan: Plan,
        operation: Operation,
        caller: Caller,
        meter: &Meter,
    ) -> Response {
        let context = self.context(caller, &operation.document);
        let batches = Batches::default();
        let loaders = Arc::new(context.loaders(&batches));
        let executor = Executor {
            schema: &self.parts,
            variables: operation.variables.clone(),
            loaders: Arc::clone(&loaders),
            context: Arc::clone(&context),
        };
        let names = plan.ordinary();
        let ordinary = (!names.is_empty()).then(|| {
            let document = operation.executed_only(&names);
            let variables = operation.variables;
            let mut request = request(document, variables, Arc::clone(&loaders), context);
            request.operation_name = operation.name;
            self.schema.execute(request)
        });
        let execution = join(plan.load(&loaders, &executor), OptionFuture::from(ordinary));
        let (loaded, ordinary) = batch::drive(batches, execution).await;
        let is_long = loaded.rows() >= LONG_FROM_ROWS;
        let meter = meter.clone();
        let write = move || {
            let planned = plan.write(&loaded, &meter);
            // If there is no room for the answer, its errors are no internal ones: it fails as a
            // whole.
            meter.failure().is_none().then_some(planned)
        };
        match background::call(is_long, write).await {
            Some(planned) => self.joined(planned, ordinary),
            None => Response::default(),
        }
    }

    /// The response with the root fields of both, in the order of the plan.
    fn joined(&self, planned: Planned, ordinary: Option<async_graphql::Response>) -> Response {
        let is_whole = ordinary.as_ref().is_none_or(|it| it.data != Value::Null);
        let mut response = ordinary.unwrap_or_default();
        response.errors.splice(..0, planned.errors);
        let response = self.finished(response);
        if !is_whole {
            return response.into();
        }
        let (mut json, mut is_all_null) = (vec![b'{'], true);
        for (number, PlannedField { name, value }) in planned.fields.into_iter().enumerate() {
            if number > 0 {
                json.push(b',');
            }
            write_json(&mut json, name.as_str());
            json.push(b':');
            let begin = json.len();
            match value {
                Some(value) => json.extend_from_slice(&value),
                None => write_json(&mut json, &field(&response.data, &name)),
            }
            is_all_null &= json[begin..] == *b"null";
        }
        json.push(b'}');
        Response {
            data: Data::Written { json, is_all_null },
            ..response.into()
        }
    }
}

/// Executes parts of a request.
struct Executor<'a> {
    schema: &'a PartSchema,
    variables: Variables,
    loaders: Arc<Loaders>,
    context: Arc<RequestContext>,
}

impl PartExecutor for Executor<'_> {
    fn execute(
        &self,
        document: ExecutableDocument,
        rows: PartRows,
    ) -> BoxFuture<'_, async_graphql::Response> {
        let (loaders, context) = (Arc::clone(&self.loaders), Arc::clone(&self.context));
        let request = request(document, self.variables.clone(), loaders, context);
        self.schema.execute(request.data(rows)).boxed()
    }
}

/// The value of a root field.
fn field<'a>(data: &'a Value, name: &Name) -> &'a Value {
    match data {
        Value::Object(fields) => fields.get(name).unwrap_or(&Value::Null),
        _ => &Value::Null,
    }
}
