//! No mutation gets around the workspace scope.
//!
//! Every mutation is generated from introspection. In every place of its input with an id, the id
//! of a row of A replaces one of the outsider's own: that id is rejected, in the same way as an id
//! that does not exist. The rejections prove something because the same requests with rows of B
//! only succeed for the admin of B.

mod answer;
mod attempt;
mod books;
pub mod input;
pub mod own;
mod poison;
pub mod scene;
mod snapshot;

use std::collections::BTreeSet;

use crate::support::{Outcome, database::TestDatabase, suite::Suite};

use super::{none, outsiders, persona::Answer, schema::Schema};
use answer::{has_outcome, rejections};
use attempt::Attempt;
use input::{Mutation, Shape};
use own::Owner;
use poison::Poison;
use scene::{Scene, admin, must_be_done};
use snapshot::{Before, Snapshot};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(is_rejected_each_id);
    suite.on_both_databases(changes_nothing);
    suite.on_both_databases(bad_data_gives_no_access);
}

/// No id of A gives access to anything, or can be distinguished from one that does not exist.
async fn is_rejected_each_id(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let scene = Scene::set(database).await?;
    let mutations = Mutation::all(&scene.schema)?;
    let before = Before::take(connection, &scene.world).await?;
    let mut covered = BTreeSet::new();
    let mut found = Vec::new();
    for outsider in outsiders(&scene.server, &scene.world).await? {
        let owner = Owner::of(connection, &outsider).await?;
        let mut attempts = Vec::new();
        for mutation in &mutations {
            let own = owner.rows_for(mutation).await?;
            attempts.extend(Attempt::all(mutation, &own)?);
        }
        covered.extend(
            attempts
                .iter()
                .map(|attempt| attempt.place.declared.clone()),
        );

        let rows = Snapshot::take(connection).await?.lines();
        found.extend(scene.judge_all(&outsider, &attempts).await?);
        let rows_after = Snapshot::take(connection).await?.lines();
        let changed = rows.symmetric_difference(&rows_after);
        found.extend(changed.map(|row| format!("{}: a rejection changed {row}", outsider.name)));

        for mutation in mutations
            .iter()
            .filter(|mutation| mutation.can_be_partial())
        {
            found.extend(scene.judge_in_part(&outsider, &owner, mutation).await?);
        }
        if outsider.name == admin() {
            found.extend(scene.check_done(&outsider, &attempts).await?);
        }
    }
    none("Outsiders were not rejected what is of A alone", &found)?;
    before.check(connection).await?;
    let ids: BTreeSet<String> = mutations.iter().flat_map(Mutation::ids).collect();
    let missed: Vec<String> = ids.difference(&covered).cloned().collect();
    none("The walk tried no id of A in", &missed)
}

/// Nothing that outsiders may do changes A.
async fn changes_nothing(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let scene = Scene::set(database).await?;
    let mutations = Mutation::all(&scene.schema)?;
    let before = Before::take(connection, &scene.world).await?;
    let mut answers = Vec::new();
    let mut found = Vec::new();
    for outsider in outsiders(&scene.server, &scene.world).await? {
        let owner = Owner::of(connection, &outsider).await?;
        for mutation in &mutations {
            for shape in [Shape::Full, Shape::Lean] {
                let own = owner.rows_for(mutation).await?;
                let input = mutation.input(&own, shape)?;
                if shape == Shape::Lean && mutation.is_always_full() {
                    continue;
                }
                let answer = scene.send(&outsider, mutation, input).await?;
                found.extend(outsider.leaks(&scene.schema, &answer));
                let is_done = has_outcome(mutation, &answer);
                if must_be_done(&outsider, mutation, shape) == Some(!is_done) {
                    let rejections = rejections(mutation, &answer);
                    let (who, what) = (&outsider.name, mutation.name);
                    found.push(format!("{who}: {what} was done: {is_done}, {rejections:?}"));
                }
                answers.push(answer);
            }
        }
    }
    none("Outsiders received or could do something else", &found)?;
    before.check(connection).await?;
    check_visited(&scene.schema, &answers)
}

/// Mutations of B change nothing in A, even if rows of B refer to rows of A or the other way round.
async fn bad_data_gives_no_access(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let mut scene = Scene::set(database).await?;
    let mutations = Mutation::all(&scene.schema)?;
    let owner = Owner::find(connection, &admin()).await?;
    let poison = Poison::new(connection, &scene.world.a).await?;
    let mut sent = Vec::new();
    for mutation in mutations
        .iter()
        .filter(|mutation| !mutation.ids().is_empty())
    {
        for shape in [Shape::Full, Shape::Lean] {
            let own = owner.rows_for(mutation).await?;
            poison.spread(&own, &mut scene.world).await?;
            sent.push((mutation, mutation.input(&own, shape)?));
        }
    }
    let before = Before::take(connection, &scene.world).await?;
    let outsiders = outsiders(&scene.server, &scene.world).await?;
    let mut found = Vec::new();
    let mut done = 0;
    for outsider in outsiders.iter().filter(|outsider| outsider.name == admin()) {
        for (mutation, input) in &sent {
            let answer = scene.send(outsider, mutation, input.clone()).await?;
            found.extend(outsider.leaks(&scene.schema, &answer));
            done += usize::from(has_outcome(mutation, &answer));
        }
    }
    none("Outsiders received", &found)?;
    assert!(
        2 * done > sent.len(),
        "who can do little gains nothing anyway"
    );
    before.check(connection).await
}

/// Every field that only mutations return had a value in some response.
fn check_visited(schema: &Schema, answers: &[Answer]) -> Outcome {
    let visited: BTreeSet<_> = answers.iter().flat_map(Answer::visited).collect();
    let read = schema.reachable(&schema.query);
    let changed = schema.reachable(&schema.mutation);
    let missed = schema
        .fields(|of| changed.contains(of) && !read.contains(of))
        .filter(|field| !visited.contains(&(field.clone(), true)));
    none("The walk had no value of", &missed.collect::<Vec<_>>())
}
