//! The mutations with their inputs, generated from the schema: every field has a value, and the
//! place of every id is known.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::seed::PASSWORD;

use super::{
    super::{
        schema::{Field, Input, Kind, Schema, Type},
        selection::{Depth, select},
        world::{ORDINARY, Rows},
    },
    own::{LEASE, PASSER_BY, SAID, WORDS},
};

/// The idempotency key that everybody uses. Keys of different users are independent.
pub const KEY: &str = "the key of everybody";

/// The field that lets a bulk mutation change the valid items only.
pub const ALL_OR_NOTHING: &str = "allOrNothing";

/// The extent of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Every field.
    Full,
    /// The required fields.
    Lean,
}

/// A field of `Mutation`.
pub struct Mutation<'a> {
    schema: &'a Schema,
    /// Its name.
    pub name: &'a str,
    /// The document to send.
    pub document: String,
    /// The type of its input, if it has one.
    input: Option<&'a str>,
}

/// The place of an id in an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The JSON pointer to it.
    pub pointer: String,
    /// The type of the rows that it refers to.
    pub row: String,
    /// The field that has it, as `Type.field`.
    pub declared: String,
}

impl<'a> Mutation<'a> {
    /// All mutations, those that revoke the viewer's token last.
    ///
    /// # Errors
    ///
    /// Fails if one has another argument than `input`.
    pub fn all(schema: &'a Schema) -> Result<Vec<Self>, Failed> {
        let fields = schema.get(&schema.mutation).fields().iter();
        let mutations = fields.map(|field| Self::of(schema, field));
        let mut mutations = mutations.collect::<Result<Vec<_>, _>>()?;
        mutations.sort_by_key(|mutation| mutation.name == "passwordChange");
        Ok(mutations)
    }

    fn of(schema: &'a Schema, field: &'a Field) -> Result<Self, Failed> {
        let input = match &field.args[..] {
            [] => None,
            [input] if input.name == "input" => Some(input.of.base()),
            _ => {
                return Err(format!(
                    "{} takes more than `input`. Teach tests/outsider/mutations/input.rs how to \
                     ask for it",
                    field.name
                )
                .into());
            }
        };
        Ok(Self {
            schema,
            name: &field.name,
            document: document(schema, field, input),
            input,
        })
    }

    /// The type of its payload.
    pub fn payload(&self) -> &'a Type {
        let fields = self.schema.get(&self.schema.mutation).fields().iter();
        let mut payloads = fields.filter(|field| field.name == self.name);
        let payload = payloads.next().map_or(self.name, |field| field.of.base());
        self.schema.get(payload)
    }

    /// The document with this selection of its payload.
    pub fn asking_for(&self, selection: &str) -> String {
        let name = self.name;
        match self.input {
            None => format!("mutation {{ {name} {{ {selection} }} }}"),
            Some(input) => {
                format!("mutation ($input: {input}!) {{ {name}(input: $input) {{ {selection} }} }}")
            }
        }
    }

    /// Whether its input says how many rows it is about, by a list or by a number.
    pub fn takes_many(&self) -> bool {
        let fields = self.input.map(|name| self.schema.get(name).input_fields());
        let mut fields = fields.into_iter().flatten();
        fields.any(|field| field.of.item().is_some() || field.name == "first")
    }

    /// Whether every field of its input is required.
    pub fn is_always_full(&self) -> bool {
        let fields = self.input.map(|name| self.schema.get(name).input_fields());
        let mut fields = fields.into_iter().flatten();
        fields.all(Input::is_required)
    }

    /// Whether it has that field.
    pub fn can_be_partial(&self) -> bool {
        let fields = self.input.map(|name| self.schema.get(name).input_fields());
        let mut fields = fields.into_iter().flatten();
        fields.any(|field| field.name == ALL_OR_NOTHING)
    }

    /// The types of the rows that it can name.
    ///
    /// # Errors
    ///
    /// Fails if the name of an id does not show which rows it refers to.
    pub fn rows(&self) -> Result<BTreeSet<&'a str>, Failed> {
        let declared = self.declared().into_iter();
        declared.map(|(_, field)| self.row_of(field)).collect()
    }

    /// The fields of its input that are ids, at any depth, as `Type.field`.
    pub fn ids(&self) -> BTreeSet<String> {
        let declared = self.declared().into_iter();
        declared
            .map(|(of, field)| format!("{of}.{field}"))
            .collect()
    }

    /// The types and names of the fields of its input that are ids, at any depth.
    fn declared(&self) -> Vec<(&'a str, &'a str)> {
        let mut ids = Vec::new();
        let mut left: Vec<&str> = self.input.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = left.pop() {
            if !seen.insert(name) {
                continue;
            }
            for field in self.schema.get(name).input_fields() {
                match field.of.base() {
                    "ID" => ids.push((name, field.name.as_str())),
                    of => left.push(of),
                }
            }
        }
        ids
    }

    /// The type of the rows that an id with this name refers to.
    fn row_of(&self, field: &str) -> Result<&'a str, Failed> {
        let capital = |name: &str| {
            let mut name = name.to_owned();
            name[..1].make_ascii_uppercase();
            name
        };
        let row = match field {
            "id" | "ids" => self.schema.node_of(&capital(self.name)),
            "assignedToId" => Some("User"),
            "dependsOnId" => Some("Task"),
            _ => {
                let name = field.strip_suffix("Id").map(capital);
                let mut rows = self.schema.nodes();
                name.and_then(|name| rows.find(|row| *row == name))
            }
        };
        row.ok_or_else(|| {
            format!(
                "{} takes a `{field}`. Teach tests/outsider/mutations/input.rs which rows it names",
                self.name
            )
            .into()
        })
    }

    /// An input that names these rows, with which the mutation succeeds for their owner.
    ///
    /// # Errors
    ///
    /// Fails if it has a field of an unknown type.
    pub fn input(&self, own: &Rows, shape: Shape) -> Result<Value, Failed> {
        match self.input {
            Some(name) => self.object(name, own, shape),
            None => Ok(json!({})),
        }
    }

    fn object(&self, name: &str, own: &Rows, shape: Shape) -> Result<Value, Failed> {
        let mut object = Map::new();
        for field in self.schema.get(name).input_fields() {
            if shape == Shape::Full || field.is_required() {
                let value = self.value(name, field, own, shape)?;
                let is_list = field.of.item().is_some();
                let value = if is_list { json!([value]) } else { value };
                object.insert(field.name.clone(), value);
            }
        }
        Ok(object.into())
    }

    fn value(&self, owner: &str, field: &Input, own: &Rows, shape: Shape) -> Result<Value, Failed> {
        let of = self.schema.get(field.of.base());
        match of.kind() {
            Kind::InputObject => return self.object(&of.name, own, shape),
            Kind::Enum => return Ok(of.enum_values().next().into()),
            _ => {}
        }
        let fresh = Uuid::new_v4().to_string();
        Ok(match (of.name.as_str(), field.name.as_str()) {
            ("ID", "id" | "ids") => own.global_ids(self.row_of(&field.name)?).first().cloned(),
            // A row that names another one of its type does not name itself.
            ("ID", name) => own.global_ids(self.row_of(name)?).last().cloned(),
            ("UUID", "externalId") | ("String", "username") => Some(fresh),
            ("UUID", "leaseToken") => Some(LEASE.to_owned()),
            ("Date", _) => Some("2026-05-05".to_owned()),
            ("DateTime", "scheduledEnd") => Some("2026-05-05T00:00:00Z".to_owned()),
            // The `updatedAt` of every seeded row.
            ("DateTime", _) => Some("2026-05-04T09:30:00.123456Z".to_owned()),
            ("String", "email") => Some(format!("{fresh}@example.org")),
            ("String", "login") => Some(format!("{}-{}", PASSER_BY.0, PASSER_BY.1)),
            ("String", "password" | "currentPassword" | "newPassword") => Some(PASSWORD.to_owned()),
            ("String", "language") => Some("en".to_owned()),
            ("String", "idempotencyKey" | "key") => Some(KEY.to_owned()),
            ("String", "expectedText") => Some(SAID.to_owned()),
            ("String", "content") if owner == "TranscriptImportInput" => {
                // The name is too long, so there is a warning.
                let speaker = "new".repeat(20);
                let cue = format!("00:01.000 --> 00:02.000\n<v {speaker}>new words</v>\n");
                Some(format!("WEBVTT\n\n{cue}"))
            }
            ("String", _) => Some(WORDS.to_owned()),
            // It excludes the other conditions.
            ("Boolean", "all") => return Ok(json!(false)),
            ("Boolean", _) => return Ok(json!(true)),
            // All that there is.
            ("Int", "first") => return Ok(json!(100)),
            ("Int", _) => return Ok(json!(5)),
            ("Float", _) => return Ok(json!(0.5)),
            ("JSON", _) => return Ok(json!({"theme": ORDINARY})),
            (of, name) => {
                return Err(format!(
                    "`{name}` of {owner} takes {of}. Teach tests/outsider/mutations/input.rs a \
                     value"
                )
                .into());
            }
        }
        .into())
    }

    /// The places of the ids in an input.
    ///
    /// # Errors
    ///
    /// Fails if the name of an id does not show which rows it refers to.
    pub fn places(&self, input: &Value) -> Result<Vec<Place>, Failed> {
        let mut places = Vec::new();
        if let Some(name) = self.input {
            self.add_places(name, input, "", &mut places)?;
        }
        Ok(places)
    }

    fn add_places(
        &self,
        name: &str,
        object: &Value,
        pointer: &str,
        places: &mut Vec<Place>,
    ) -> Result<(), Failed> {
        for field in self.schema.get(name).input_fields() {
            let pointer = format!("{pointer}/{}", field.name);
            let values = match &object[&field.name] {
                Value::Null => Vec::new(),
                Value::Array(items) => {
                    let items = items.iter().enumerate();
                    let items = items.map(|(index, item)| (format!("{pointer}/{index}"), item));
                    items.collect()
                }
                value => vec![(pointer, value)],
            };
            let of = self.schema.get(field.of.base());
            for (pointer, value) in values {
                if of.name == "ID" {
                    places.push(Place {
                        pointer,
                        row: self.row_of(&field.name)?.to_owned(),
                        declared: format!("{name}.{}", field.name),
                    });
                } else if of.kind() == Kind::InputObject {
                    self.add_places(&of.name, value, &pointer, places)?;
                }
            }
        }
        Ok(())
    }
}

fn document(schema: &Schema, field: &Field, input: Option<&str>) -> String {
    let name = &field.name;
    let outcome = schema.get(field.of.base()).fields().iter();
    let selections = outcome.map(|field| {
        let of = field.of.base();
        if of == schema.query {
            // Reading has cases of its own.
            format!("{} {{ __typename }}", field.name)
        } else {
            let selection = select(schema, of, Depth::Levels(1));
            format!("{} {selection}", field.name)
        }
    });
    let selections = selections.collect::<Vec<_>>().join(" ");
    match input {
        None => format!("mutation {{ __typename {name} {{ __typename {selections} }} }}"),
        Some(input) => format!(
            "mutation ($input: {input}!) {{
                __typename {name}(input: $input) {{ __typename {selections} }}
            }}"
        ),
    }
}
