//! The walk over mutations: wherever an input has an id, one of A is named in it.
//!
//! The inputs are made from introspection, with what they need and ids of B, but for the one id
//! that is of A. The answer must be the same as for an id that does not exist. So that this proves
//! something, the admin of B names a row of B in the same place and must not be told that there is
//! none.

use libtest_mimic::Failed;

use crate::support::{Outcome, database::TestDatabase, seed::global_id, server::Server};

use super::{
    difference, none,
    operands::{join, quoted},
    persona::{Answer, Persona},
    schema::{Field, Input, Kind, Schema},
    strangers,
    world::{Rows, World},
};

/// No row has this number, whatever the type.
const MISSING_ID: i32 = 2_000_000_000;

/// Mutations after which rows of B are gone or cannot be used any more: they come last.
const ENDING: [&str; 6] = [
    "Delete",
    "Remove",
    "Deactivate",
    "SetPassword",
    "SetRole",
    "Complete",
];

/// Nothing of A can be changed, and no mutation tells anything of it.
pub async fn changes_nothing(database: &TestDatabase) -> Outcome {
    let world = World::seed(database.connection()).await?;
    let server = Server::start(database)?;
    let schema = Schema::ask(&server).await?;
    let places = Place::all(&schema)?;
    assert!(places.len() > 50, "only {} inputs have ids", places.len());

    let before = world.hidden_rows(database.connection()).await?;
    let strangers = strangers(&server, &world).await?;
    let mut found = Vec::new();
    for stranger in &strangers {
        for place in &places {
            let missing = global_id(place.names, MISSING_ID);
            let of_nothing = place.ask(stranger, &server, &world.b, &missing).await?;
            found.extend(stranger.leaks(&schema, &of_nothing));
            for id in world.a.global_ids(place.names) {
                let of_a = place.ask(stranger, &server, &world.b, &id).await?;
                let expected = Answer {
                    text: of_nothing.text.replace(&missing, &id),
                    ..of_a.clone()
                };
                found.extend(difference(stranger, &expected, &of_a));
            }
        }
    }
    none("Strangers were told", &found)?;
    let after = world.hidden_rows(database.connection()).await?;
    let changed = before.iter().filter(|row| !after.contains(row));
    none("Strangers changed", &changed.cloned().collect::<Vec<_>>())?;

    let admin = strangers
        .iter()
        .find(|stranger| stranger.name.ends_with("-admin"));
    let admin = admin.ok_or("there is an admin of B")?;
    check_own_ids(&places, admin, &server, &world).await
}

/// The admin of B is told of no row of B that it is not there.
async fn check_own_ids(
    places: &[Place<'_>],
    admin: &Persona,
    server: &Server,
    world: &World,
) -> Outcome {
    let mut places: Vec<&Place<'_>> = places.iter().collect();
    places.sort_by_key(|place| {
        let ends = ENDING.iter().any(|word| place.mutation.name.contains(word));
        // The other inputs of a mutation that deletes need their rows too.
        (ends, place.mutation.name.contains("Delete"))
    });
    let mut refused = Vec::new();
    for place in places {
        let ids = world.b.global_ids(place.names);
        // The last rows of a type are those on which the fewest others hang.
        let id = ids.last().ok_or("B has rows of all types")?;
        let answer = place.ask(admin, server, &world.b, id).await?;
        if answer.text.contains("NOT_FOUND") && answer.text.contains(id.as_str()) {
            refused.push(format!("{}: {}", answer.document, answer.text));
        }
    }
    none(
        "The admin of B was told that a row of B is not there",
        &refused,
    )
}

/// A place in the input of a mutation where an id stands.
struct Place<'a> {
    schema: &'a Schema,
    mutation: &'a Field,
    /// The fields from the input on that lead to the id.
    path: Vec<&'a str>,
    /// The type of the row that the id names.
    names: &'a str,
}

impl<'a> Place<'a> {
    /// Every place of every mutation.
    fn all(schema: &'a Schema) -> Result<Vec<Self>, Failed> {
        let mut places = Vec::new();
        for mutation in schema.get(&schema.mutation).fields() {
            for input in &mutation.args {
                find(schema, mutation, input, &mut Vec::new(), &mut places)?;
            }
        }
        Ok(places)
    }

    /// Asks with this id here, and with ids of `own` elsewhere.
    async fn ask(
        &self,
        persona: &Persona,
        server: &Server,
        own: &Rows,
        id: &str,
    ) -> Result<Answer, Failed> {
        let mut arguments = String::new();
        for input in &self.mutation.args {
            let value = self.value(input, &self.path, own, id)?;
            arguments = join(&arguments, &input.name, &value);
        }
        let name = &self.mutation.name;
        let document = format!(
            "mutation {{ {name}({arguments}) {{ __typename userErrors {{ code message path }} }} }}"
        );
        persona.ask(server, &document).await
    }

    /// A value for an input. `path` is what is left of the way to the id, and empty off the way.
    fn value(&self, input: &Input, path: &[&str], own: &Rows, id: &str) -> Result<String, Failed> {
        let of = self.schema.get(input.of.base());
        let value = match of.kind() {
            Kind::InputObject => {
                let rest = path.get(1..).unwrap_or_default();
                let mut fields = String::new();
                for field in of.input_fields() {
                    let is_on_the_way = rest.first() == Some(&field.name.as_str());
                    if field.is_required() || is_on_the_way {
                        let rest = if is_on_the_way { rest } else { &[] };
                        let value = self.value(field, rest, own, id)?;
                        fields = join(&fields, &field.name, &value);
                    }
                }
                format!("{{{fields}}}")
            }
            Kind::Enum => of
                .enum_values()
                .next()
                .ok_or("an enum has values")?
                .to_owned(),
            _ if of.name == "ID" && !path.is_empty() => quoted(id),
            _ if of.name == "ID" => {
                let names = named(self.schema, self.mutation, &input.name)?;
                quoted(
                    own.global_ids(names)
                        .first()
                        .ok_or("B has rows of all types")?,
                )
            }
            _ => match of.name.as_str() {
                "String" => quoted("long enough"),
                "Int" => "1".to_owned(),
                "Float" => "0.5".to_owned(),
                "Boolean" => "true".to_owned(),
                "UUID" => quoted("0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34"),
                "DateTime" => quoted("2027-01-01T10:00:00Z"),
                "Date" => quoted("2027-01-01"),
                "JSON" => "{}".to_owned(),
                other => return Err(format!("the walk over mutations knows no {other}").into()),
            },
        };
        Ok(match input.of.item() {
            Some(_) => format!("[{value}]"),
            None => value,
        })
    }
}

/// Adds the places of an input and of what is in it.
fn find<'a>(
    schema: &'a Schema,
    mutation: &'a Field,
    input: &'a Input,
    path: &mut Vec<&'a str>,
    places: &mut Vec<Place<'a>>,
) -> Outcome {
    path.push(&input.name);
    let of = schema.get(input.of.base());
    if of.name == "ID" {
        places.push(Place {
            schema,
            mutation,
            path: path.clone(),
            names: named(schema, mutation, &input.name)?,
        });
    }
    for field in of.input_fields() {
        find(schema, mutation, field, path, places)?;
    }
    path.pop();
    Ok(())
}

/// The type of row that an id of this name names in the input of a mutation.
fn named<'a>(schema: &'a Schema, mutation: &Field, field: &str) -> Result<&'a str, Failed> {
    let name = match field {
        "id" | "ids" => mutation.name.as_str(),
        "assignedToId" => "user",
        "dependsOnId" => "task",
        other => other.strip_suffix("Id").unwrap_or(other),
    };
    let mut name = name.to_owned();
    name[..1].make_ascii_uppercase();
    let unknown = || {
        format!(
            "the walk over mutations does not know what `{field}` of {} names",
            mutation.name
        )
    };
    Ok(schema.node_of(&name).ok_or_else(unknown)?)
}
