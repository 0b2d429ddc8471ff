//! No field runs more SQL statements or reads more rows than it declares, and every field that
//! declares a statement runs one.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{
    declared::{Declarations, Declared},
    scene::Scene,
};
use crate::{
    outsider::{
        none,
        operands::{Operands, list as literals, quoted},
        schema::{Field, Kind},
    },
    support::{Outcome, database::TestDatabase, server::Answer, suite::Suite},
};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(are_declared);
}

/// The number of concurrent requests.
const AT_ONCE: usize = 8;

/// Fields that declare a statement and run none here, and why.
const IDLE: &[(&str, &str)] = &[
    ("Marker.@sharedStatement", OF_THE_ROW),
    ("Meeting.@sharedStatement", OF_THE_ROW),
    (
        "Query.viewer",
        "the statement that looks up the user of a token is not counted here",
    ),
    ("User.@sharedStatement", OF_THE_ROW),
    ("Workspace.@sharedStatement", OF_THE_ROW),
];

/// Fields that depend on a permission share a statement in all types, because most look up the
/// meeting of the row and its organizer.
const OF_THE_ROW: &str = "the row itself says who may do what to it";

/// Each field of each type is read alone, wherever the type can be reached, and in all objects. The
/// same request without the field shows its cost, which must not be higher than the declared one.
async fn are_declared(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let rows = scene.some_rows();
    let operands = Operands::learn(&scene.schema, &rows, &[]);
    let places = places(&scene, &operands)?;
    let mut too_many = BTreeMap::new();
    let mut too_many_rows = BTreeMap::new();
    let mut most = BTreeMap::new();
    for (name, token) in &scene.people {
        for (place, measured) in measure(&scene, &places, &operands, token).await? {
            let Measured {
                fields,
                ran,
                rows,
                most_rows,
            } = measured;
            if rows > most_rows {
                let names = format!("{}.{}", place.of, fields.join(" "));
                let difference = format!("declares {most_rows}, and for {name} it read {rows}");
                too_many_rows.entry(names).or_insert(difference);
            }
            let declared = declared(&scene.declarations, &place.of, &fields);
            if ran.len() > declared {
                let names = format!("{}.{}", place.of, fields.join(" "));
                let difference = format!("declares {declared}, and for {name} these ran: {ran:#?}");
                too_many.entry(names).or_insert(difference);
            }
            if let [field] = fields[..] {
                let most = most.entry((place.of.as_str(), field)).or_insert(0);
                *most = ran.len().max(*most);
            }
        }
    }
    let too_many = too_many.iter();
    let too_many = too_many.map(|(names, difference)| format!("{names} {difference}"));
    none(
        "Fields run more statements than they declare",
        &too_many.collect::<Vec<_>>(),
    )?;
    let too_many_rows = too_many_rows.iter();
    let too_many_rows = too_many_rows.map(|(names, difference)| format!("{names} {difference}"));
    none(
        "Fields read more rows than they declare",
        &too_many_rows.collect::<Vec<_>>(),
    )?;
    none(
        "Fields declare statements and run none",
        &idle(&scene, &most),
    )
}

/// The cost of some fields.
struct Measured<'a> {
    fields: Vec<&'a str>,
    /// The statements that were run.
    ran: Vec<String>,
    /// The number of rows that were read.
    rows: usize,
    /// The number of rows that the fields declare for all objects together.
    most_rows: usize,
}

/// Fields that are measured together, and the document that asks for them.
struct Asked<'a> {
    fields: Vec<&'a str>,
    document: String,
}

impl<'a> Asked<'a> {
    /// Nothing in a place, then each of the fields there alone, and those together that share a
    /// statement.
    fn all(scene: &'a Scene, place: &Place, operands: &Operands<'_>) -> Result<Vec<Self>, Failed> {
        let fields = scene.schema.get(&place.of).fields();
        let shares = |field: &&Field| {
            let declared = scene.declarations.of(&place.of, &field.name);
            declared.shares_statement
        };
        let mut asked = vec![Vec::new()];
        asked.extend(fields.iter().map(|field| vec![field]));
        asked.push(fields.iter().filter(shares).collect());
        let asked = asked.into_iter().map(|fields| {
            let mut document = format!("{} __typename", place.before);
            for field in &fields {
                document.push(' ');
                document.push_str(&place.selection(scene, operands, field)?);
            }
            document.push_str(&place.after);
            let fields = fields.iter().map(|field| field.name.as_str()).collect();
            Ok(Self { fields, document })
        });
        asked.collect()
    }
}

/// The cost of each field in each place, without the cost of the path to the place.
async fn measure<'a>(
    scene: &'a Scene,
    places: &'a [Place],
    operands: &Operands<'_>,
    token: &str,
) -> Result<Vec<(&'a Place, Measured<'a>)>, Failed> {
    let asked = places
        .iter()
        .map(|place| Asked::all(scene, place, operands));
    let asked: Vec<Vec<Asked<'_>>> = asked.collect::<Result<_, _>>()?;
    let answers: Vec<Answer> = stream::iter(asked.iter().flatten())
        .map(|asked| scene.server.ask_as(token, &asked.document, json!({})))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    for answer in &answers {
        answer.data()?;
    }
    let statements = scene.server.statements_of_all(&answers)?;
    let rows = scene.server.rows_of_all(&answers)?;
    let mut costs = answers.iter().zip(statements.into_iter().zip(rows));
    let mut measured = Vec::new();
    for (place, asked) in places.iter().zip(asked) {
        let (answer, (way, rows_of_way)) = costs.next().ok_or("a place was not asked for")?;
        let objects = occurrences(answer.data()?, &place.of);
        for (asked, (answer, (ran, rows))) in asked.into_iter().skip(1).zip(&mut costs) {
            let fields = asked.fields;
            let of_fields = fields.iter().map(|field| {
                let value = &answer.body["data"][field];
                objects * most_rows(scene, &place.of, field, value)
            });
            measured.push((
                place,
                Measured {
                    most_rows: of_fields.sum(),
                    ran: without(ran, &way),
                    rows: rows.saturating_sub(rows_of_way),
                    fields,
                },
            ));
        }
    }
    Ok(measured)
}

/// The number of objects of a type in an answer.
fn occurrences(answer: &Value, type_name: &str) -> usize {
    match answer {
        Value::Array(items) => items.iter().map(|it| occurrences(it, type_name)).sum(),
        Value::Object(fields) => {
            let is_of_type = fields.get("__typename").is_some_and(|it| it == type_name);
            let below = fields.values().map(|it| occurrences(it, type_name));
            usize::from(is_of_type) + below.sum::<usize>()
        }
        _ => 0,
    }
}

/// The maximum number of rows that a field may read for each object. `value` is its value, if it is
/// at the root.
fn most_rows(scene: &Scene, type_name: &str, field: &str, value: &Value) -> usize {
    let declared = scene.declarations.of(type_name, field);
    let mut rows = declared.rows;
    if let Some(size) = declared.page_size {
        // One more row shows whether there is another page.
        rows += (size + 1) * declared.rows_per_item;
    }
    if declared.is_sized_by_input {
        rows += value.as_array().map_or(1, Vec::len);
    }
    if declared.shares_statement {
        // The row that decides about permissions, which is priced as a statement only.
        rows += 1;
    }
    let field_type = scene.schema.get(type_name).field(field);
    let is_leaf = field_type.is_some_and(|it| scene.schema.get(it.of.base()).is_leaf());
    if is_leaf && declared.statements > 0 {
        // The row that holds the value, such as a total, which is priced as a statement only.
        rows += 1;
    }
    rows
}

/// The statements without those of the path to the place. As many are left out as the path has.
fn without(mut statements: Vec<String>, way: &[String]) -> Vec<String> {
    let left = statements.len().saturating_sub(way.len());
    for sql in way {
        if let Some(index) = statements.iter().position(|ran| ran == sql) {
            statements.remove(index);
        }
    }
    statements.truncate(left);
    statements
}

/// The maximum number of statements that fields of one object may run together.
fn declared(declarations: &Declarations, type_name: &str, fields: &[&str]) -> usize {
    let declared = fields.iter().map(|field| declarations.of(type_name, field));
    let declared: Vec<Declared> = declared.collect();
    let own: usize = declared.iter().map(|it| it.statements).sum();
    own + usize::from(declared.iter().any(|it| it.shares_statement))
}

/// Where the fields of a type can be selected.
struct Place {
    /// The type.
    of: String,
    /// The document up to the place, and the rest of it.
    before: String,
    after: String,
    /// Whether the objects are not rows but containers, such as pages of lists.
    is_container: bool,
}

impl Place {
    /// A field with arguments.
    fn call(
        &self,
        scene: &Scene,
        operands: &Operands<'_>,
        field: &Field,
    ) -> Result<String, Failed> {
        let arguments = scene.arguments(operands, &self.of, field)?;
        let arguments = arguments.first().map_or("", String::as_str);
        Ok(format!("{}{arguments}", field.name))
    }

    /// A field with no more than it needs to be resolved.
    fn selection(
        &self,
        scene: &Scene,
        operands: &Operands<'_>,
        field: &Field,
    ) -> Result<String, Failed> {
        let within = within(scene, field);
        let selection = if scene.schema.get(field.of.base()).is_leaf() {
            String::new()
        } else {
            format!("{{ {within} }}")
        };
        Ok(format!(
            "{} {selection}",
            self.call(scene, operands, field)?
        ))
    }

    /// The place within a field of this one.
    fn below(&self, scene: &Scene, operands: &Operands<'_>, field: &Field) -> Result<Self, Failed> {
        let (call, within) = (self.call(scene, operands, field)?, within(scene, field));
        Ok(Self {
            of: field.of.base().to_owned(),
            before: format!("{} {call} {{ {within}", self.before),
            after: format!("}} {}", self.after),
            is_container: true,
        })
    }
}

/// The selection below a field that makes the server resolve the field: a list is only read if one
/// of its pages is selected.
fn within(scene: &Scene, field: &Field) -> &'static str {
    let is_connection = scene.schema.get(field.of.base()).field("nodes").is_some();
    if is_connection {
        "nodes { __typename }"
    } else {
        "__typename"
    }
}

/// All places: the root, all rows of each type, and the containers below these, such as the pages
/// of lists.
fn places(scene: &Scene, operands: &Operands<'_>) -> Result<Vec<Place>, Failed> {
    let mut places = vec![Place {
        of: scene.schema.query.clone(),
        before: "{".to_owned(),
        after: "}".to_owned(),
        is_container: false,
    }];
    places.extend(scene.schema.nodes().map(|row| {
        let ids = scene.rows.global_ids(row);
        let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
        Place {
            of: row.to_owned(),
            before: format!("{{ nodes(ids: {}) {{ ... on {row} {{", literals(&ids)),
            after: "} } }".to_owned(),
            is_container: false,
        }
    }));
    let mut next = 0;
    while next < places.len() {
        let place = &places[next];
        let mut below = Vec::new();
        for field in scene.schema.get(&place.of).fields() {
            let base = field.of.base();
            let is_container =
                scene.schema.get(base).kind() == Kind::Object && !scene.schema.is_node(base);
            // The pages of all lists of a type are the same.
            let is_known = place.is_container && places.iter().any(|it| it.of == base);
            if is_container && !is_known {
                below.push(place.below(scene, operands, field)?);
            }
        }
        places.extend(below);
        next += 1;
    }
    let read = scene.schema.reachable(&scene.schema.query);
    let objects = scene.schema.objects().map(|of| of.name.as_str());
    let missed = objects.filter(|of| read.contains(of) && places.iter().all(|it| it.of != *of));
    let missed: Vec<String> = missed.map(str::to_owned).collect();
    none("The walk finds no way to", &missed)?;
    Ok(places)
}

/// Fields that declare statements and have run none, without the exceptions, and exceptions that no
/// longer apply.
/// Fields that share a statement are one: which of them needs it depends on the row.
fn idle(scene: &Scene, most: &BTreeMap<(&str, &str), usize>) -> Vec<String> {
    let mut ran: BTreeMap<String, usize> = BTreeMap::new();
    for ((of, field), most) in most {
        let declared = scene.declarations.of(of, field);
        if declared.shares_statement {
            *ran.entry(format!("{of}.@sharedStatement")).or_default() += most;
        }
        if declared.statements > 0 {
            ran.insert(format!("{of}.{field}"), *most);
        }
    }
    let is_exception = |name: &str| IDLE.iter().any(|(known, _)| *known == name);
    let idle = ran
        .into_iter()
        .filter(|(name, ran)| (*ran == 0) != is_exception(name));
    let idle = idle.map(|(name, ran)| format!("{name}: {ran}"));
    idle.collect()
}
