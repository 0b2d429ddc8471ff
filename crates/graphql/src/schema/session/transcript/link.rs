//! `transcriptLinkCreate`: an address from which a browser downloads a transcript.

use async_graphql::{Context, InputObject, SimpleObject};
use transcript::OutputFormat;

use super::TranscriptFormat;
use crate::{
    account::link::LinkOf,
    directive::id_of,
    error::Error,
    read::{context::ContextExt, row::Id},
    scalar::DateTime,
    schema::{
        mutation_field::{MutationField, field},
        session::Session,
    },
    write::{
        input::{MutationInput, MutationResult, Outcome},
        rows::not_found,
    },
};

/// The mutation that creates links.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<TranscriptLinkCreateInput>()];

/// Creates a link with which a browser, which cannot send a bearer token, downloads the transcript
/// of a session: as a file, or for a `<track>`. Nothing is stored. Whoever has the link can read the
/// transcript, so treat it as a password.
#[derive(InputObject)]
pub(crate) struct TranscriptLinkCreateInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// The file format. The link is for this format only.
    format: TranscriptFormat,
}

/// A link to a transcript.
#[derive(Default, SimpleObject)]
pub(crate) struct TranscriptLink {
    /// The path and query, such as `/sessions/…/transcript.vtt?link=…`, relative to the server that
    /// serves the API. Null if `userErrors` is not empty.
    url: Option<String>,
    /// When the link expires: five minutes after it was created. It becomes invalid earlier if the
    /// viewer is deactivated, moves to another workspace, or their tokens are revoked. Null if
    /// `userErrors` is not empty.
    expires_at: Option<DateTime>,
}

impl Outcome for TranscriptLink {}

impl MutationInput for TranscriptLinkCreateInput {
    const NAME: &'static str = "transcriptLinkCreate";

    type Outcome = TranscriptLink;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<TranscriptLink>, Error> {
        let viewer = ctx.viewer()?;
        let id = self.session_id.database_id();
        let session = ctx.by_id::<Session>(id).await?;
        let session = session.ok_or_else(|| not_found(&self.session_id))?;
        let format = OutputFormat::from(self.format).extension();
        let of = LinkOf {
            session_id: session.0.id,
            format,
        };
        let request = ctx.request();
        let link = request
            .tokens
            .sign_link(viewer.user(), &request.database, of);
        let link = link.await?;
        let id = &session.0.external_id;
        let link = TranscriptLink {
            url: Some(format!(
                "/sessions/{id}/transcript.{format}?link={}",
                link.token
            )),
            expires_at: Some(DateTime(link.expires_at.naive_utc())),
        };
        Ok(link.into())
    }
}
