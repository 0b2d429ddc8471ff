//! No mutation runs more SQL statements than it declares, and neither does any field of its
//! payload.

use libtest_mimic::Failed;
use serde_json::json;

use super::declared::Declarations;
use crate::{
    outsider::{
        mutations::{
            input::{Mutation, Shape},
            own::Owner,
            scene::{Scene, admin},
        },
        none,
    },
    support::{Outcome, database::TestDatabase, suite::Suite},
};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(are_declared);
}

/// Each mutation is run with all fields of its payload, and again on other rows with only those
/// fields that say whether it succeeded.
async fn are_declared(database: &TestDatabase) -> Outcome {
    let scene = Scene::set(database).await?;
    let declarations = Declarations::read()?;
    let owner = Owner::find(database.connection(), &admin()).await?;
    let mut found = Vec::new();
    for mutation in &Mutation::all(&scene.schema)? {
        let payload = mutation.payload();
        let selections = payload.fields().iter().map(|field| {
            let is_leaf = scene.schema.get(field.of.base()).is_leaf();
            let selection = if is_leaf { "" } else { "{ __typename }" };
            format!("{} {selection}", field.name)
        });
        let of_fields = payload.fields().iter().map(|field| {
            let declared = declarations.of(&payload.name, &field.name);
            declared.most_statements()
        });
        let whole: Vec<String> = selections.collect();
        let (shape, whole) = done(&scene, &owner, mutation, &whole.join(" ")).await?;
        let problems = payload
            .field(PROBLEMS)
            .map_or("", |_| "userErrors { code }");
        let bare = ran(&scene, &owner, mutation, shape, problems).await?;
        let bare = bare.ok_or_else(|| format!("{} was not done again", mutation.name))?;

        let declared = declarations.of(&scene.schema.mutation, mutation.name);
        let (name, declared) = (mutation.name, declared.most_statements());
        if bare.len() > declared {
            found.push(format!(
                "{name} declares {declared}, and these ran: {bare:#?}"
            ));
        }
        let (count, declared) = (bare.len(), of_fields.sum::<usize>());
        if whole.len() > count + declared {
            found.push(format!(
                "the fields of {} declare {declared}, and beside {count} of {name} some of these \
                 ran: {whole:#?}",
                payload.name
            ));
        }
    }
    none("Mutations run more statements than they declare", &found)
}

/// The field with the problems of a mutation.
const PROBLEMS: &str = "userErrors";

/// The statements of a mutation that must succeed, and how much of its input that takes.
async fn done(
    scene: &Scene,
    owner: &Owner<'_>,
    mutation: &Mutation<'_>,
    selection: &str,
) -> Result<(Shape, Vec<String>), Failed> {
    // A whole input has an idempotency key, with which only the same request can be repeated.
    for shape in [Shape::Lean, Shape::Full] {
        if let Some(statements) = ran(scene, owner, mutation, shape, selection).await? {
            return Ok((shape, statements));
        }
    }
    Err(format!("{} was not done", mutation.name).into())
}

/// The statements of a mutation, if it succeeded.
async fn ran(
    scene: &Scene,
    owner: &Owner<'_>,
    mutation: &Mutation<'_>,
    shape: Shape,
    selection: &str,
) -> Result<Option<Vec<String>>, Failed> {
    // Some mutations revoke the token with which they are called.
    let token = scene.server.sign_in(&admin()).await?;
    let own = owner.rows_for(mutation).await?;
    let variables = json!({"input": mutation.input(&own, shape)?});
    let document = mutation.asking_for(&format!("__typename {selection}"));
    let answer = scene.server.ask_as(&token, &document, variables).await?;
    let problems = answer.data()?[mutation.name][PROBLEMS].as_array();
    if problems.is_some_and(|problems| !problems.is_empty()) {
        return Ok(None);
    }
    Ok(Some(scene.server.statements(&answer)?))
}
