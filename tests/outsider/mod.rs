//! Workspaces are isolated: users outside of workspace A learn nothing about it.
//!
//! The requests are generated from introspection. Outsiders of all kinds request every field with
//! all kinds of arguments, and three things must hold:
//!
//! - No response contains a row of A, or a text or the id of one.
//! - Every response is the same, byte for byte, after A is deleted. So nothing depends on A: no
//!   filter, order, cursor, count, page or message.
//! - Every mutation is sent ids of A wherever its input has ids, and responds as if there were no
//!   such rows. The rows of A do not change, and nothing refers to them.
//!
//! Empty responses alone prove nothing, so a viewer of A sends the same and must receive
//! everything.

mod downloads;
pub mod mutations;
pub mod operands;
mod persona;
mod probe;
pub mod schema;
pub mod selection;
pub mod world;

use std::collections::BTreeSet;

use libtest_mimic::Failed;

use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

use operands::Operands;
use persona::{Answer, Persona, start};
use probe::Probe;
use schema::Schema;
use world::{CANARY, LONER, ORDINARY, Rows, World};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(reads_nothing);
    suite.on_both_databases(downloads::no_transcript);
    suite.on_both_databases(downloads::no_upload);
    mutations::list(suite);
}

/// Nothing of A can be read.
async fn reads_nothing(database: &TestDatabase) -> Outcome {
    let world = World::seed(database.connection()).await?;
    let server = Server::start_for_large_documents(database)?;
    let schema = Schema::ask(&server).await?;
    let viewer = viewer_of_a(&server, &world).await?;

    let rows = probe::rows(&schema, &world.all());
    let mut received = viewer.ask_all(&server, &rows).await?;
    let operands = Operands::learn(&schema, &world.a, &received);
    let roots = probe::roots(&schema, &operands)?;
    let walk = [rows, roots.clone()].concat();
    received.extend(viewer.ask_all(&server, &roots).await?);
    let probes = probe::probes(&schema, &world.all(), &operands, &viewer, &server).await?;
    let answered = Probe::ask_all(&probes, &viewer, &server).await?;
    check_answered(&answered)?;
    received.extend(answered);
    check_seeded(&schema, &world, &operands)?;
    check_received(&schema, &viewer, &received)?;
    check_visited(&schema, &received, |_| true)?;

    // One outsider asks everything. The workspace scope is the same for the others, and the root,
    // the rows and each argument are enough to show whether they get around it.
    let brief = probes.iter().filter(|probe| probe.is_brief);
    let brief: Vec<Probe> = brief.cloned().collect();
    let outsiders = outsiders(&server, &world).await?;
    let mut answers = Vec::new();
    let mut leaks = Vec::new();
    for outsider in &outsiders {
        let mut received = outsider.ask_all(&server, &walk).await?;
        let asked = if answers.is_empty() { &probes } else { &brief };
        received.extend(Probe::ask_all(asked, outsider, &server).await?);
        leaks.extend(
            received
                .iter()
                .flat_map(|answer| outsider.leaks(&schema, answer)),
        );
        answers.push(received);
    }
    none("Outsiders received", &leaks)?;
    // They request objects of A only, so they get nulls.
    check_received(&schema, &outsiders[0], &answers[0])?;
    check_visited(&schema, &answers[0], |type_name| type_name != schema.query)?;
    check_totals(&schema, &outsiders[0], &answers[0])?;

    world.delete_a(database.connection()).await?;
    let mut differences = Vec::new();
    for (outsider, before) in outsiders.iter().zip(&answers) {
        let documents: Vec<String> = before
            .iter()
            .map(|answer| answer.document.clone())
            .collect();
        let after = outsider.ask_all(&server, &documents).await?;
        let pairs = before.iter().zip(&after);
        differences.extend(pairs.filter_map(|(before, after)| difference(outsider, before, after)));
    }
    none("Without A outsiders received something else", &differences)
}

/// A user who may see all of A.
async fn viewer_of_a(server: &Server, world: &World) -> Result<Persona, Failed> {
    let login = format!("{CANARY}-admin");
    let words = [ORDINARY, LONER];
    Persona::new(server, world, Some(&login), world.a.clone(), &words).await
}

/// All kinds of outsiders. The first may see all of B.
async fn outsiders(server: &Server, world: &World) -> Result<Vec<Persona>, Failed> {
    let mut outsiders = Vec::new();
    for role in ["member", "organizer", "admin"] {
        let login = format!("{ORDINARY}-{role}");
        let (visible, words) = (world.b.clone(), [CANARY, LONER]);
        outsiders.push(Persona::new(server, world, Some(&login), visible, &words).await?);
    }
    let login = format!("{LONER}-user");
    let (themself, words) = (world.orphans.only("User"), [CANARY, ORDINARY]);
    outsiders.push(Persona::new(server, world, Some(&login), themself, &words).await?);
    let words = [CANARY, ORDINARY, LONER];
    outsiders.push(Persona::new(server, world, None, Rows::default(), &words).await?);
    Ok(outsiders)
}

/// A probe that is rejected even for a viewer of A proves nothing.
fn check_answered(answers: &[Answer]) -> Outcome {
    let rejected = answers
        .iter()
        .filter(|answer| answer.body["data"].is_null());
    let rejected = rejected.map(|answer| {
        let document = start(&answer.document);
        format!("{}: {document}", answer.body["errors"])
    });
    none(
        "The walk asks what is rejected even to a viewer of A. Teach tests/outsider/operands.rs \
         what such an argument takes",
        &rejected.collect::<Vec<_>>(),
    )
}

/// Every type has rows in both workspaces, and every text of A contains the canary.
fn check_seeded(schema: &Schema, world: &World, operands: &Operands<'_>) -> Outcome {
    let bare = schema
        .nodes()
        .filter(|row| world.a.of(row).is_empty() || world.b.of(row).is_empty());
    let bare: Vec<String> = bare.map(str::to_owned).collect();
    none("tests/outsider/world.rs seeds no rows of", &bare)?;
    none(
        "tests/outsider/world.rs seeds no canary in",
        &operands.without_canary(),
    )
}

/// A persona receives every row that they may see, and no other.
fn check_received(schema: &Schema, persona: &Persona, received: &[Answer]) -> Outcome {
    let leaks = received
        .iter()
        .flat_map(|answer| persona.leaks(schema, answer));
    none("A viewer received", &leaks.collect::<Vec<_>>())?;
    let seen: BTreeSet<String> = received.iter().flat_map(Answer::rows).collect();
    let missed = persona.visible.types().flat_map(|row| {
        let ids = persona.visible.global_ids(row).into_iter();
        ids.filter(|id| !seen.contains(id))
            .map(move |id| format!("{row} {id}"))
    });
    let title = format!("{} did not receive", persona.name);
    none(&title, &missed.collect::<Vec<_>>())
}

/// Every field of these types had a value in some response.
fn check_visited(
    schema: &Schema,
    received: &[Answer],
    is_checked: impl Fn(&str) -> bool,
) -> Outcome {
    let visited: BTreeSet<_> = received.iter().flat_map(Answer::visited).collect();
    let has_value = |field: &str| visited.contains(&(field.to_owned(), true));
    let read = schema.reachable(&schema.query);
    let is_checked = |type_name: &str| read.contains(type_name) && is_checked(type_name);
    let missed = schema.fields(is_checked).filter(|field| !has_value(field));
    none("The walk found no value of", &missed.collect::<Vec<_>>())
}

/// The total of a list of the root is the number of rows that the viewer may see.
fn check_totals(schema: &Schema, persona: &Persona, received: &[Answer]) -> Outcome {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for field in schema.get(&schema.query).fields() {
        let list = schema.get(field.of.base());
        let row = list.field("nodes").map(|nodes| nodes.of.base());
        let Some(row) = row.filter(|row| schema.is_node(row)) else {
            continue;
        };
        let expected = u64::try_from(persona.visible.of(row).len())?;
        // The field is requested without arguments, so under its own name.
        for total in received
            .iter()
            .map(|answer| &answer.body["data"][&field.name]["totalCount"])
        {
            if !total.is_null() {
                checked += 1;
                if total.as_u64() != Some(expected) {
                    wrong.push(format!("{}: {total}, not {expected}", field.name));
                }
            }
        }
    }
    assert!(checked > 0, "no list was counted");
    none("Totals count rows of others", &wrong)
}

/// The difference in a response after A was deleted.
fn difference(outsider: &Persona, before: &Answer, after: &Answer) -> Option<String> {
    (before.text != after.text).then(|| {
        let (before_end, after_end) = first_difference(&before.text, &after.text);
        format!(
            "{}: {before_end:?} became {after_end:?}, asking {}",
            outsider.name,
            start(&before.document)
        )
    })
}

/// The surroundings of the place from which two texts differ.
fn first_difference<'a>(left: &'a str, right: &'a str) -> (&'a str, &'a str) {
    let same = left.bytes().zip(right.bytes());
    let same = same.take_while(|(left, right)| left == right).count();
    let around = |text: &'a str| {
        let from = text.floor_char_boundary(same.saturating_sub(100));
        &text[from..text.floor_char_boundary(same + 100)]
    };
    (around(left), around(right))
}

/// Fails with the lines, if there are any.
pub fn none(title: &str, lines: &[String]) -> Outcome {
    const MOST: usize = 20;
    if lines.is_empty() {
        return Ok(());
    }
    let shown = lines[..lines.len().min(MOST)].join("\n  ");
    Err(format!("{title} ({} in all):\n  {shown}", lines.len()).into())
}
