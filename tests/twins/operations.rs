//! The random operations.

use arbitrary::{Result as Chosen, Unstructured};
use async_graphql_value::{ConstValue, indexmap::IndexMap};
use generator::{Generator, Kind, Operation, Place, Schema, Style, base};
use libtest_mimic::Failed;
use serde_json::Value;

use super::{
    pair::{Pair, Request, random_bytes},
    world::PEOPLE,
};
use crate::support::Outcome;

/// The bytes from which one operation is made.
const OPERATION_BYTES: usize = 6000;

/// The lists at the root, whose pages are followed.
const LISTS: [(&str, &str); 7] = [
    ("analytics", "Analytics"),
    ("markers", "Marker"),
    ("meetings", "Meeting"),
    ("sessions", "Session"),
    ("tasks", "Task"),
    ("users", "User"),
    // Through a relation, as segments are in no list at the root.
    ("segments", "Segment"),
];

/// One random operation, or several pages of a list.
///
/// # Errors
///
/// If the servers differ.
pub async fn step(pair: &mut Pair, schema: &Schema, seed: u64, step: u64) -> Outcome {
    let bytes = random_bytes(seed, step, OPERATION_BYTES);
    let u = &mut Unstructured::new(&bytes);
    let person = match u.int_in_range(0..=15)? {
        0 => None,
        1..=9 => Some(0),
        _ => Some(u.choose_index(PEOPLE.len())?),
    };
    match u.int_in_range(0..=9)? {
        0..=2 => follow_pages(pair, schema, u, person).await,
        3..=4 => send(pair, person, &operation(pair, schema, u, Kind::Query)?).await,
        _ => send(pair, person, &operation(pair, schema, u, Kind::Mutation)?).await,
    }
    .map(drop)
}

async fn send(
    pair: &mut Pair,
    person: Option<usize>,
    operation: &Operation,
) -> Result<Value, Failed> {
    let request = Request {
        person,
        document: &operation.document,
        variables: &operation.variables,
    };
    pair.send(request).await
}

fn operation(
    pair: &Pair,
    schema: &Schema,
    u: &mut Unstructured<'_>,
    kind: Kind,
) -> Chosen<Operation> {
    generator(pair, schema).operation(u, kind)
}

fn generator<'a>(pair: &'a Pair, schema: &'a Schema) -> Generator<'a> {
    Generator {
        schema,
        leaves: &pair.pool,
        style: Style::VALID,
        always: &["userErrors"],
    }
}

/// Reads a list page by page, forward or backward, with a random filter and order.
async fn follow_pages(
    pair: &mut Pair,
    schema: &Schema,
    u: &mut Unstructured<'_>,
    person: Option<usize>,
) -> Result<Value, Failed> {
    let (list, of) = *u.choose(&LISTS)?;
    let mut variables = IndexMap::new();
    for (name, ty) in [
        ("where", format!("{of}Where")),
        ("orderBy", format!("[{of}Order!]")),
    ] {
        if u.ratio(2, 3)? {
            let ty = async_graphql::parser::types::Type::new(&ty).ok_or("no type")?;
            let owner = format!("Query.{list}");
            let place = Place {
                owner: &owner,
                field: name,
            };
            let value = generator(pair, schema).value(u, &ty, place)?;
            variables.insert(name.to_owned(), value);
        }
    }
    let backward = u.arbitrary()?;
    let document = list_document(schema, list, of, backward);
    let mut answer = Value::Null;
    for _ in 0..4 {
        let size = u.int_in_range(1..=6)?;
        variables.insert("size".to_owned(), ConstValue::from(size));
        let request = Request {
            person,
            document: &document,
            variables: &variables,
        };
        answer = pair.send(request).await?;
        let root = if of == "Segment" {
            "/data/sessions/nodes/0/list"
        } else {
            "/data/list"
        };
        let info = answer.pointer(&format!("{root}/pageInfo"));
        let (more, cursor) = if backward {
            ("hasPreviousPage", "startCursor")
        } else {
            ("hasNextPage", "endCursor")
        };
        let Some(info) = info.filter(|info| info[more] == true) else {
            break;
        };
        let cursor = info[cursor].as_str().ok_or("a page without a cursor")?;
        let cursor = pair.pool.shared(cursor);
        variables.insert("cursor".to_owned(), cursor.into());
    }
    Ok(answer)
}

/// The document that reads a page with all columns of its objects.
fn list_document(schema: &Schema, list: &str, of: &str, backward: bool) -> String {
    let columns = schema
        .fields(of)
        .filter(|field| field.arguments.is_empty() && !schema.is_composite(base(&field.ty.node)));
    let columns: Vec<&str> = columns.map(|field| field.name.node.as_str()).collect();
    let columns = columns.join(" ");
    let (size, cursor) = if backward {
        ("last", "before")
    } else {
        ("first", "after")
    };
    let page = format!(
        "list: {list}({size}: $size, {cursor}: $cursor, where: $where, orderBy: $orderBy) {{
            totalCount
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
            edges {{ cursor node {{ {columns} }} }}
        }}"
    );
    let page = if of == "Segment" {
        format!("sessions(first: 3) {{ nodes {{ id {page} }} }}")
    } else {
        page
    };
    format!(
        "query ($size: Int, $cursor: String, $where: {of}Where, $orderBy: [{of}Order!]) {{ {page} }}"
    )
}
