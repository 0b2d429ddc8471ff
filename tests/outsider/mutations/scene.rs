//! The attempts of outsiders, and the wrong responses to them.

use futures_util::{StreamExt, TryStreamExt, stream};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::{
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
};

use super::{
    super::{
        first_difference,
        persona::{Answer, Persona, start},
        schema::Schema,
        world::{ORDINARY, World},
    },
    answer::{Rejection, has_outcome, masked, rejections},
    attempt::Attempt,
    books,
    input::{Mutation, Shape},
    own::{Owner, PASSER_BY},
};

/// There is no row with this id, whatever the type.
const MISSING_ID: i32 = 2_000_000_000;
/// The number of concurrent attempts.
const AT_ONCE: usize = 4;
/// The mutations that anonymous requests may use.
const OF_NOBODY: &[&str] = &["signIn", "signUp"];
/// The further mutations that users without a workspace may use.
const OF_NO_WORKSPACE: &[&str] = &["passwordChange", "tokenRefresh"];

/// The names of the other id and of the outsider's own ids in compared messages.
const OTHER: &str = "the other id";
const OWN: &str = "an own id";

/// The outsider who may do everything in B.
pub fn admin() -> String {
    format!("{ORDINARY}-admin")
}

/// A server, and the rows that could be changed.
pub struct Scene {
    /// The rows in the database.
    pub world: World,
    /// The server.
    pub server: Server,
    /// The schema.
    pub schema: Schema,
}

impl Scene {
    /// Fills an empty database and starts a server.
    ///
    /// # Errors
    ///
    /// Fails if one of the two fails.
    pub async fn set(database: &TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        let mut world = World::seed(connection).await?;
        books::keep(connection, &mut world).await?;
        let (texts, name) = PASSER_BY;
        Seed(connection).user_of(None, texts, name).await?;
        let server = Server::start_for_large_documents(database)?;
        let schema = Schema::ask(&server).await?;
        Ok(Self {
            world,
            server,
            schema,
        })
    }

    /// Sends a mutation.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn send(
        &self,
        outsider: &Persona,
        mutation: &Mutation<'_>,
        input: Value,
    ) -> Result<Answer, Failed> {
        let variables = json!({"input": input});
        outsider
            .ask_with(&self.server, &mutation.document, variables)
            .await
    }

    /// The wrong responses to attempts that must change nothing.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn judge_all(
        &self,
        outsider: &Persona,
        attempts: &[Attempt<'_>],
    ) -> Result<Vec<String>, Failed> {
        let judged = stream::iter(attempts)
            .map(|attempt| self.judge(outsider, attempt))
            .buffered(AT_ONCE);
        let judged: Vec<Vec<String>> = judged.try_collect().await?;
        Ok(judged.concat())
    }

    async fn judge(
        &self,
        outsider: &Persona,
        attempt: &Attempt<'_>,
    ) -> Result<Vec<String>, Failed> {
        let mutation = attempt.mutation;
        let missing = global_id(&attempt.place.row, MISSING_ID);
        let input = attempt.with(&missing);
        let like = self.send(outsider, mutation, input).await?;
        let like = masked(&like, [(&missing, OTHER)]);
        let mut found = Vec::new();
        for id in self.hidden_ids(outsider, &attempt.place.row) {
            let input = attempt.with(&id);
            let answer = self.send(outsider, mutation, input).await?;
            found.extend(self.judge_answer(outsider, attempt, &answer));
            if has_outcome(mutation, &answer) {
                found.push(said(outsider, "something was done", &answer));
            }
            let received = masked(&answer, [(&id, OTHER)]);
            found.extend(difference(outsider, &answer, &received, &like));
        }
        Ok(found)
    }

    /// The wrong responses to mutations with `allOrNothing: false`, each on fresh rows: they change
    /// those of B, and no others.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn judge_in_part(
        &self,
        outsider: &Persona,
        owner: &Owner<'_>,
        mutation: &Mutation<'_>,
    ) -> Result<Vec<String>, Failed> {
        let mut found = Vec::new();
        let own = owner.rows_for(mutation).await?;
        for (index, attempt) in Attempt::in_part(mutation, &own)?.iter().enumerate() {
            let row = &attempt.place.row;
            let mut ids = vec![global_id(row, MISSING_ID)];
            ids.extend(self.hidden_ids(outsider, row));
            let mut like = None;
            for id in ids {
                let own = owner.rows_for(mutation).await?;
                let attempt = &Attempt::in_part(mutation, &own)?[index];
                let answer = self.send(outsider, mutation, attempt.with(&id)).await?;
                found.extend(self.judge_answer(outsider, attempt, &answer));
                if outsider.name == admin() && !has_outcome(mutation, &answer) {
                    found.push(said(outsider, "nothing was done", &answer));
                }
                let own = own.types().flat_map(|row| own.global_ids(row));
                let own: Vec<String> = own.collect();
                let names = own.iter().map(|id| (id, OWN)).chain([(&id, OTHER)]);
                let received = masked(&answer, names);
                let like = like.get_or_insert_with(|| received.clone());
                found.extend(difference(outsider, &answer, &received, like));
            }
        }
        Ok(found)
    }

    /// The secrets that a response reveals, and whether it rejects the ids of A. For an outsider
    /// who may do everything else, it must reject only those.
    fn judge_answer(
        &self,
        outsider: &Persona,
        attempt: &Attempt<'_>,
        answer: &Answer,
    ) -> Vec<String> {
        let mut found = outsider.leaks(&self.schema, answer);
        let rejections = rejections(attempt.mutation, answer);
        let is_right = match &rejections[..] {
            [Rejection { code, pointer }] if outsider.name == admin() => {
                let place = &attempt.place.pointer;
                code == "NOT_FOUND" && pointer.as_ref().is_none_or(|pointer| pointer == place)
            }
            rejections => outsider.name != admin() && !rejections.is_empty(),
        };
        if !is_right {
            let place = &attempt.place.pointer;
            found.push(said(
                outsider,
                &format!("{place} gave {rejections:?}"),
                answer,
            ));
        }
        found
    }

    /// The mutations that fail although all rows in their input are the outsider's own.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn check_done(
        &self,
        outsider: &Persona,
        attempts: &[Attempt<'_>],
    ) -> Result<Vec<String>, Failed> {
        let mut found = Vec::new();
        // The first attempt of each mutation has all fields.
        for attempts in attempts.chunk_by(|left, right| left.mutation.name == right.mutation.name) {
            let attempt = &attempts[0];
            let mutation = attempt.mutation;
            let answer = self.send(outsider, mutation, attempt.with_own()).await?;
            found.extend(outsider.leaks(&self.schema, &answer));
            let rejections = rejections(mutation, &answer);
            if !rejections.is_empty() || !has_outcome(mutation, &answer) {
                found.push(format!("{} of B's own gave {rejections:?}", mutation.name));
            }
        }
        Ok(found)
    }

    /// Ids of rows of a type that an outsider may not see: the bait, and the last row of A, which
    /// bad data links to B. For users of B, also that of a row of no workspace.
    fn hidden_ids(&self, outsider: &Persona, row: &str) -> Vec<String> {
        let ids = self.world.a.global_ids(row);
        let orphans = self.world.orphans.global_ids(row);
        let is_of_b = !outsider.visible.of("Workspace").is_empty();
        let orphan = orphans.into_iter().next().filter(|_| is_of_b);
        let ends = [ids.first().cloned(), ids.last().cloned(), orphan];
        let mut ids: Vec<String> = ends.into_iter().flatten().collect();
        ids.dedup();
        ids
    }
}

/// Whether a user must succeed with rows of B, as far as the workspace scope decides and not roles
/// and states.
pub fn must_be_done(outsider: &Persona, mutation: &Mutation<'_>, shape: Shape) -> Option<bool> {
    let is_public = OF_NOBODY.contains(&mutation.name);
    if outsider.visible.of("User").is_empty() {
        Some(is_public)
    } else if outsider.visible.of("Workspace").is_empty() {
        Some(is_public || OF_NO_WORKSPACE.contains(&mutation.name))
    } else {
        (outsider.name == admin() && shape == Shape::Full).then_some(true)
    }
}

/// The difference between the responses to an id of A and to one that does not exist.
fn difference(outsider: &Persona, answer: &Answer, received: &str, like: &str) -> Option<String> {
    (received != like).then(|| {
        let (received, like) = first_difference(received, like);
        let what = format!("received {received:?}, and of what does not exist {like:?}");
        said(outsider, &what, answer)
    })
}

/// A wrong response, and its attempt.
fn said(outsider: &Persona, what: &str, answer: &Answer) -> String {
    format!(
        "{}: {what}, asking {}",
        outsider.name,
        start(&answer.document)
    )
}
