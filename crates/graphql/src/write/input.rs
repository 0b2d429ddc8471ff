//! Mutations, which are declared by their inputs, and how they are executed.

use std::sync::Arc;

use async_graphql::{ContainerType, Context, InputType};

use super::transaction::{Abort, Transaction};
use crate::{
    error::{Error, failure::Failure, user_error::UserError},
    read::context::{ContextExt, RequestContext},
};

/// How often a transaction is attempted if it conflicts with others.
const MAX_ATTEMPTS: usize = 5;

/// The number of rows that a mutation changes at most, although its input does not list them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writes {
    /// The number.
    pub(crate) rows: i32,
    /// The field of the input that must be true for that.
    pub(crate) when: Option<&'static str>,
    /// The list in the input that says which rows are changed, if it is given.
    pub(crate) unless: Option<&'static str>,
}

/// A mutation that runs in one transaction.
pub(crate) trait Command: Sync {
    /// The name of the mutation, such as `meetingStart`.
    const NAME: &'static str;

    /// The result.
    type Outcome: Outcome;

    /// Whether anonymous requests may use it.
    const IS_PUBLIC: bool = false;

    /// The field of the input that says how many items the mutation processes, and its maximum.
    /// Otherwise, the longest list in the input says so.
    const SIZE: Option<(&'static str, i32)> = None;

    /// How many rows the mutation changes that its input does not list.
    const WRITES: Option<Writes> = None;

    /// How many SQL statements the mutation runs beyond those of most.
    const FURTHER_STATEMENTS: i32 = 0;

    /// Executes the mutation. If the transaction is retried, this is called again.
    fn execute(
        &self,
        tx: &mut Transaction,
    ) -> impl Future<Output = Result<Self::Outcome, Abort>> + Send;
}

/// The input of a mutation.
pub(crate) trait MutationInput: InputType + 'static {
    /// The name of the mutation, such as `meetingStart`.
    const NAME: &'static str;

    /// The field of the input that says how many items the mutation processes, and its maximum.
    const SIZE: Option<(&'static str, i32)> = None;

    /// How many rows the mutation changes that its input does not list.
    const WRITES: Option<Writes> = None;

    /// Whether the mutation hashes a password.
    const HASHES_PASSWORD: bool = false;

    /// How many SQL statements the mutation runs beyond those of most.
    const FURTHER_STATEMENTS: i32 = 0;

    /// The fields of the payload other than `userErrors` and `query`.
    type Outcome: PayloadFields;

    /// Executes the mutation.
    fn run(
        &self,
        ctx: &Context<'_>,
    ) -> impl Future<Output = Result<MutationResult<Self::Outcome>, Error>> + Send;
}

impl<C: Command<Outcome: PayloadFields> + InputType + 'static> MutationInput for C {
    const NAME: &'static str = <C as Command>::NAME;

    const SIZE: Option<(&'static str, i32)> = <C as Command>::SIZE;

    const WRITES: Option<Writes> = <C as Command>::WRITES;

    const FURTHER_STATEMENTS: i32 = <C as Command>::FURTHER_STATEMENTS;

    type Outcome = C::Outcome;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<C::Outcome>, Error> {
        run(ctx, self).await
    }
}

/// The result of a command. The default stands for "nothing was changed".
pub(crate) trait Outcome: Default + Send + Sync {
    /// The id of the row that was created or changed, if it was a single one.
    fn database_id(&self) -> Option<i32> {
        None
    }
}

impl<T: Send + Sync> Outcome for Option<T> {}

/// An outcome whose fields are part of a payload: null or empty lists if nothing was changed.
pub(crate) trait PayloadFields: Outcome + ContainerType {}

impl<T: Outcome + ContainerType> PayloadFields for T {}

/// The result of a mutation, and the problems that the user can fix.
pub(crate) struct MutationResult<O> {
    pub(crate) outcome: O,
    pub(crate) user_errors: Vec<UserError>,
}

impl<O> From<O> for MutationResult<O> {
    fn from(outcome: O) -> Self {
        Self {
            outcome,
            user_errors: Vec::new(),
        }
    }
}

impl<O: Outcome> MutationResult<O> {
    /// The result of a mutation that changed nothing because of this problem.
    pub(crate) fn rejected(problem: UserError) -> Self {
        Self::rejected_for(vec![problem])
    }

    /// The result of a mutation that changed nothing because of these problems.
    pub(crate) fn rejected_for(user_errors: Vec<UserError>) -> Self {
        Self {
            outcome: O::default(),
            user_errors,
        }
    }
}

/// Executes a command in a transaction, and retries it after conflicts with other transactions.
pub(crate) async fn run<C: Command>(
    ctx: &Context<'_>,
    command: &C,
) -> Result<MutationResult<C::Outcome>, Error> {
    let (result, is_committed) = run_in(ctx.request(), command).await?;
    if is_committed {
        // Loaded rows may have changed, including the viewer's.
        ctx.loaders().enable_all_cache(false);
    }
    Ok(result)
}

/// The same for a request without loaders. Says also whether something was committed.
pub(crate) async fn run_in<C: Command>(
    request: &RequestContext,
    command: &C,
) -> Result<(MutationResult<C::Outcome>, bool), Error> {
    if !C::IS_PUBLIC {
        request.viewer.get()?;
    }
    let mut attempt = 1;
    loop {
        match run_once(request, command).await {
            Err(error) if error.is_conflict() && attempt < MAX_ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

/// Checks a command before slow work is done for it, in a transaction that is rolled back. The
/// command must abort before it writes. Returns the problems that the user can fix.
pub(crate) async fn check<C: Command>(
    request: &RequestContext,
    command: &C,
) -> Result<Vec<UserError>, Error> {
    Ok(look(request, command).await?.user_errors)
}

/// Executes a command that only reads, in a transaction that holds up nobody who writes.
pub(crate) async fn look<C: Command>(
    request: &RequestContext,
    command: &C,
) -> Result<MutationResult<C::Outcome>, Error> {
    if !C::IS_PUBLIC {
        request.viewer.get()?;
    }
    let mut tx = Transaction::begin_checking(request).await?;
    if !C::IS_PUBLIC {
        tx.viewer()?;
    }
    let executed = command.execute(&mut tx).await;
    tx.connection.rollback().await?;
    let outcome = match executed {
        Ok(outcome) if tx.problems.is_empty() => outcome,
        Ok(_) | Err(Abort::Rejected) => C::Outcome::default(),
        Err(Abort::Failed(error)) => return Err(error),
    };
    Ok(MutationResult {
        outcome,
        user_errors: tx.problems,
    })
}

async fn run_once<C: Command>(
    request: &RequestContext,
    command: &C,
) -> Result<(MutationResult<C::Outcome>, bool), Error> {
    let mut tx = Transaction::begin(request).await?;
    if !C::IS_PUBLIC {
        tx.viewer()?;
    }
    let executed = command.execute(&mut tx).await;
    let executed = executed.and_then(|outcome| {
        tx.ensure_within_quota()?;
        Ok(outcome)
    });
    let user_errors = std::mem::take(&mut tx.problems);
    match executed {
        Ok(outcome) if user_errors.is_empty() || tx.partial => {
            let viewer = tx.viewer.take();
            tx.commit(&outcome).await?;
            request.publisher.publish();
            if let Some(viewer) = viewer {
                request.viewer.replace(viewer);
            }
            let result = MutationResult {
                outcome,
                user_errors,
            };
            Ok((result, true))
        }
        Ok(_) | Err(Abort::Rejected) => {
            tx.connection.rollback().await?;
            let result = MutationResult {
                outcome: C::Outcome::default(),
                user_errors,
            };
            Ok((result, false))
        }
        Err(Abort::Failed(error)) => {
            // An error of the rollback would be less useful than this one.
            let _ = tx.connection.rollback().await;
            Err(error)
        }
    }
}

impl Transaction {
    async fn commit(mut self, outcome: &impl Outcome) -> Result<(), Error> {
        self.save_key(outcome.database_id()).await?;
        // Even if the commit fails, it may have been carried out.
        self.growth.keep();
        self.connection.commit().await.map_err(|error| {
            if Failure::of(&error) == Failure::Unreachable {
                Error::CommitUnknown(Arc::new(error))
            } else {
                error.into()
            }
        })
    }
}
