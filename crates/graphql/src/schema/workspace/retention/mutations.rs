//! `retentionUpdate`: for how long the transcripts of a workspace are kept.

use async_graphql::{Context, InputObject, SimpleObject};
use entity::bookkeeping::retention;
use sea_orm::EntityTrait;

use super::due::{self, Due};
use crate::{
    directive::id_of,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::{context::ContextExt, row::Id},
    scalar::DateTime,
    schema::{
        mutation_field::{MutationField, field},
        workspace::{Workspace, actions::UPDATE_RETENTION},
    },
    write::{
        input::{Command, MutationInput, MutationResult, Outcome, look, run},
        transaction::{Abort, Transaction},
    },
};

/// The mutation of the retention.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<RetentionUpdateInput>()];

/// The most days that a retention can have: about a hundred years.
const MAX_DAYS: i32 = 36_500;

/// Says for how long the workspace keeps transcripts. A transcript that is older is deleted in the
/// background, with its session, its markers and its speakers; the linked meeting stays, and so do its
/// analysis and tasks. Its age counts from the end of the recording or from when it was stored,
/// whichever is later. A session that is recording or being processed is never deleted. Send
/// `dryRun: true` first, to see what would be deleted.
#[derive(InputObject)]
pub(crate) struct RetentionUpdateInput {
    /// The ID of the viewer's workspace.
    #[graphql(directive = id_of::apply(Id::<Workspace>::of()))]
    workspace_id: Id<Workspace>,
    /// The number of days for which transcripts are kept, from 1 to 36,500. If omitted or null,
    /// transcripts are kept until somebody deletes them.
    transcript_days: Option<i32>,
    /// If true, nothing is changed: the payload only says what would be deleted.
    #[graphql(default)]
    dry_run: bool,
}

/// What a retention deletes.
#[derive(Default, SimpleObject)]
pub(crate) struct RetentionOutcome {
    /// The workspace after this mutation. Null if `userErrors` is not empty.
    workspace: Option<Workspace>,
    /// Transcripts that ended and were stored before this moment are deleted. Null without
    /// `transcriptDays`.
    due_before: Option<DateTime>,
    /// The number of sessions that are deleted, as of now. Null if `userErrors` is not empty.
    due_session_count: Option<i64>,
    /// The number of segments that these sessions have. Null if `userErrors` is not empty.
    due_segment_count: Option<i64>,
    /// The number of sessions that are as old and are kept, because they are still recording or being
    /// processed. Null if `userErrors` is not empty.
    unfinished_session_count: Option<i64>,
}

impl Outcome for RetentionOutcome {}

impl MutationInput for RetentionUpdateInput {
    const NAME: &'static str = "retentionUpdate";

    type Outcome = RetentionOutcome;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<RetentionOutcome>, Error> {
        // Counting takes long in a large workspace, and nobody who writes waits for it.
        let looked = look(ctx.request(), &Look(self)).await?;
        if self.dry_run || !looked.user_errors.is_empty() {
            return Ok(looked);
        }
        let updated = run(ctx, &Update(self)).await?;
        Ok(MutationResult {
            outcome: RetentionOutcome {
                workspace: updated.outcome,
                ..looked.outcome
            },
            user_errors: updated.user_errors,
        })
    }
}

/// Counts what is due.
struct Look<'a>(&'a RetentionUpdateInput);

impl Command for Look<'_> {
    const NAME: &'static str = <RetentionUpdateInput as MutationInput>::NAME;

    type Outcome = RetentionOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<RetentionOutcome, Abort> {
        let input = self.0;
        let workspace = tx.find_for(&UPDATE_RETENTION, &input.workspace_id, "workspaceId");
        let workspace = workspace.await?;
        if input
            .transcript_days
            .is_some_and(|days| !(1..=MAX_DAYS).contains(&days))
        {
            let message = format!("The value must be between 1 and {MAX_DAYS}.");
            let path = ["transcriptDays"];
            tx.add_problem(UserError::new(UserErrorCode::OutOfRange, path, message));
        }
        tx.ensure_valid()?;
        let before = input
            .transcript_days
            .map(|days| due::cutoff(tx.now(), days));
        let due = match before {
            Some(before) => due::count(tx.connection(), workspace.id, before).await?,
            None => Due::default(),
        };
        Ok(RetentionOutcome {
            workspace: Some(Workspace(workspace.into())),
            due_before: before.map(DateTime),
            due_session_count: Some(due.sessions),
            due_segment_count: Some(due.segments),
            unfinished_session_count: Some(due.unfinished),
        })
    }
}

/// Stores the retention.
struct Update<'a>(&'a RetentionUpdateInput);

impl Command for Update<'_> {
    const NAME: &'static str = <RetentionUpdateInput as MutationInput>::NAME;

    type Outcome = Option<Workspace>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let input = self.0;
        let workspace = tx.lock_for(&UPDATE_RETENTION, &input.workspace_id, "workspaceId");
        let workspace = workspace.await?;
        tx.ensure_valid()?;
        match input.transcript_days {
            Some(transcript_days) => {
                let row = retention::Model {
                    workspace_id: workspace.id,
                    transcript_days,
                };
                tx.replace_all(&[row]).await?;
            }
            None => {
                retention::Entity::delete_by_id(workspace.id)
                    .exec(tx.connection())
                    .await?;
            }
        }
        Ok(Some(Workspace(workspace.into())))
    }
}
