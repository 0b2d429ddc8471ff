//! The documents to send, generated from the schema.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::server::Server;

use super::{
    operands::{BRIEF, FULL, Operands, join, list, quoted},
    persona::{Answer, Persona},
    schema::{Field, Input, Schema, Type},
    selection::{Depth, select},
    world::Rows,
};

/// The number of relations to follow from each row.
pub const LEVELS: usize = 3;
/// The number of probes of one field in a request.
const BATCH: usize = 25;
/// The separator between the name of a field and its number in an alias.
pub const ALIAS: &str = "__probe";
/// The page size of a cursor probe: smaller than the lists.
const PAGE: &str = "2";

/// One field with one set of arguments.
#[derive(Clone)]
pub struct Probe {
    /// The document before the field, up to the opening brace.
    within: String,
    /// The closing braces.
    close: &'static str,
    call: String,
    /// Whether every persona sends the probe, and not only those that send all.
    pub is_brief: bool,
}

impl Probe {
    /// The probes of one field in one document, each under an alias of its own.
    fn document(probes: &[Self]) -> String {
        let calls = probes.iter().enumerate();
        let calls: Vec<String> = calls
            .map(|(index, probe)| format!("{}{ALIAS}{index}: {}", probe.field().1, probe.call))
            .collect();
        let Self { within, close, .. } = &probes[0];
        format!("{within} {} {close}", calls.join(" "))
    }

    /// Sends these probes, several of the same field at once. If one of them fails, all probes of
    /// its batch are sent again alone, because a failure can affect the others. The field around
    /// them can fail too, which is the same for each.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn ask_all(
        probes: &[Self],
        persona: &Persona,
        server: &Server,
    ) -> Result<Vec<Answer>, Failed> {
        let batches: Vec<&[Self]> = probes
            .chunk_by(|left, right| left.field() == right.field())
            .flat_map(|probes| probes.chunks(BATCH))
            .collect();
        let documents: Vec<String> = batches.iter().map(|batch| Self::document(batch)).collect();
        let mut answers = persona.ask_all(server, &documents).await?;
        let alone: Vec<String> = batches
            .iter()
            .zip(&answers)
            .filter(|(batch, answer)| batch.len() > 1 && answer.has_errors_in(ALIAS))
            .flat_map(|(batch, _)| batch.chunks(1))
            .map(Self::document)
            .collect();
        answers.extend(persona.ask_all(server, &alone).await?);
        Ok(answers)
    }

    fn field(&self) -> (&str, &str) {
        let name = self.call.split(['(', ' ']).next().unwrap_or_default();
        (&self.within, name)
    }
}

/// For each type: all fields and relations of its rows, in one document that requests the rows of
/// all workspaces.
pub fn rows(schema: &Schema, all: &Rows) -> Vec<String> {
    let types = schema.nodes();
    types
        .map(|row| {
            let selection = select(schema, row, Depth::Levels(LEVELS));
            format!(
                "{{ __typename {} {{ __typename ... on {row} {selection} }} }}",
                nodes(all, row)
            )
        })
        .collect()
}

/// For the root: each field with its required arguments only, in all variants.
///
/// # Errors
///
/// Fails if an argument has an unknown type.
pub fn roots(schema: &Schema, operands: &Operands<'_>) -> Result<Vec<String>, Failed> {
    let mut documents = Vec::new();
    for field in schema.get(&schema.query).fields() {
        for arguments in operands.required(field)? {
            let call = call(schema, field, &arguments, Depth::Levels(1));
            documents.push(format!("{{ __typename {call} }}"));
        }
    }
    Ok(documents)
}

/// Each field with arguments, with all their values, of the root and of each row.
///
/// The cursors are those that `viewer` receives, a viewer of A.
///
/// # Errors
///
/// Fails if an argument has an unknown type, or if a field with arguments cannot
/// be reached.
pub async fn probes(
    schema: &Schema,
    all: &Rows,
    operands: &Operands<'_>,
    viewer: &Persona,
    server: &Server,
) -> Result<Vec<Probe>, Failed> {
    let mut probes = Vec::new();
    let mut probed_in_full = BTreeSet::new();
    // The root comes first, so that conditions are probed in full there where they can be.
    let mut objects: Vec<&Type> = schema.objects().collect();
    objects.sort_by_key(|of| of.name != schema.query);
    // Mutations and subscriptions have cases of their own.
    let others = [&schema.mutation, &schema.subscription];
    for of in objects.into_iter().filter(|of| !others.contains(&&of.name)) {
        for field in of.fields().iter().filter(|field| !field.args.is_empty()) {
            let (within, close) = way(schema, all, of, field)?;
            let probe = |arguments: &str, depth: Depth, is_brief: bool| Probe {
                within: within.clone(),
                close,
                call: call(schema, field, arguments, depth),
                is_brief,
            };
            let mut has_cursors = false;
            for order in orders(field, operands)? {
                let document = Probe::document(&[probe(&order, Depth::Identity, true)]);
                let answer = viewer.ask(server, &document).await?;
                if let Some(cursor) = cursor(schema, &answer) {
                    has_cursors = true;
                    let paged = with_cursor(field, &order, &quoted(&cursor));
                    let paged = paged.iter();
                    probes.extend(paged.map(|paged| probe(paged, Depth::Identity, true)));
                }
            }
            // No other text is a cursor.
            let arguments = field
                .args
                .iter()
                .filter(|argument| argument.is_required() || !(has_cursors && is_text(argument)));
            let brief = operands.arguments(field, arguments.clone(), BRIEF)?;
            let full = if probed_in_full.insert(field.of.base()) {
                operands.arguments(field, arguments, FULL)?
            } else {
                Vec::new()
            };
            for arguments in &brief {
                probes.push(probe(arguments, Depth::Rows, true));
            }
            for arguments in full.iter().filter(|arguments| !brief.contains(arguments)) {
                probes.push(probe(arguments, Depth::Rows, false));
            }
        }
    }
    Ok(probes)
}

/// The place of a type's fields in a document: at the root, or in all rows of the type.
fn way(
    schema: &Schema,
    all: &Rows,
    of: &Type,
    field: &Field,
) -> Result<(String, &'static str), Failed> {
    if of.name == schema.query {
        Ok(("{ __typename".to_owned(), "}"))
    } else if schema.is_node(&of.name) {
        let name = &of.name;
        let nodes = nodes(all, name);
        Ok((
            format!("{{ {nodes} {{ __typename ... on {name} {{ id databaseId"),
            "} } }",
        ))
    } else {
        Err(format!(
            "{}.{} has arguments, and the walk asks with arguments only at the root and in rows. \
             Teach tests/outsider/probe.rs the way to it.",
            of.name, field.name
        )
        .into())
    }
}

fn nodes(all: &Rows, row: &str) -> String {
    let ids = all.global_ids(row);
    let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
    format!("nodes(ids: {})", list(&ids))
}

fn call(schema: &Schema, field: &Field, arguments: &str, depth: Depth) -> String {
    let selection = select(schema, field.of.base(), depth);
    if arguments.is_empty() {
        format!("{} {selection}", field.name)
    } else {
        format!("{}({arguments}) {selection}", field.name)
    }
}

/// The arguments under which a list has cursors of their own: lists of steps, and none.
fn orders(field: &Field, operands: &Operands<'_>) -> Result<Vec<String>, Failed> {
    if !field.optional().any(is_text) {
        return Ok(Vec::new());
    }
    let bases = operands.required(field)?;
    let mut orders = bases.clone();
    for argument in field
        .optional()
        .filter(|argument| argument.of.item().is_some())
    {
        for value in operands.values(field, argument)? {
            orders.extend(bases.iter().map(|base| join(base, &argument.name, &value)));
        }
    }
    Ok(orders)
}

/// A cursor as each of the texts that a field takes: alone, and in the default order with each of
/// the page sizes.
fn with_cursor(field: &Field, order: &str, cursor: &str) -> Vec<String> {
    let is_own_order = field
        .optional()
        .all(|argument| !order.contains(&argument.name));
    let texts = field.optional().filter(|argument| is_text(argument));
    texts
        .flat_map(|text| {
            let alone = join(order, &text.name, cursor);
            let sizes = field
                .optional()
                .filter(|size| is_own_order && size.of.base() == "Int");
            let with_size = sizes.map(|size| join(&alone, &size.name, PAGE));
            with_size.chain([alone.clone()]).collect::<Vec<_>>()
        })
        .collect()
}

fn is_text(argument: &Input) -> bool {
    argument.of.base() == "String" && argument.of.item().is_none()
}

/// A cursor from the middle of a response, with rows of A on both sides if there are enough.
fn cursor(schema: &Schema, answer: &Answer) -> Option<String> {
    let mut texts = Vec::new();
    add_texts(schema, &answer.body["data"], &mut texts);
    texts.sort_unstable();
    texts.dedup();
    let middle = texts.len() / 2;
    texts.into_iter().nth(middle)
}

/// The texts of a page beside its rows: its cursors.
fn add_texts(schema: &Schema, data: &Value, texts: &mut Vec<String>) {
    match data {
        Value::Array(items) => items.iter().for_each(|item| add_texts(schema, item, texts)),
        Value::Object(object) => {
            let type_name = data["__typename"].as_str().unwrap_or_default();
            let is_row = !type_name.is_empty() && schema.is_node(type_name);
            for (key, value) in object {
                match value {
                    Value::String(text) if !is_row && key != "__typename" => {
                        texts.push(text.clone());
                    }
                    value => add_texts(schema, value, texts),
                }
            }
        }
        _ => {}
    }
}
