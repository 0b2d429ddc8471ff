//! Arguments for every input type, made from values that a viewer of workspace A has seen, so that
//! a leak of the workspace scope is found.

use std::collections::BTreeMap;

use libtest_mimic::Failed;
use serde_json::Value;

use super::{
    persona::Answer,
    schema::{Field, Input, Kind, Reference, Schema},
    world::{CANARY, ORDINARY, Rows},
};

/// The maximum nesting of an input. At this depth a condition has all comparisons, and goes through
/// two relations.
pub const FULL: usize = 3;
/// The maximum nesting if the same condition is tried in full elsewhere.
pub const BRIEF: usize = 2;

/// Literals for arguments.
pub struct Operands<'a> {
    schema: &'a Schema,
    rows: &'a Rows,
    /// The values that a field of a type of rows has in A, those of the bait first.
    of_field: BTreeMap<(String, String), Vec<String>>,
    /// The values that A has of a scalar.
    of_scalar: BTreeMap<String, Vec<String>>,
}

/// The field that a value is compared with, and its type, as far as names show.
#[derive(Clone, Copy)]
struct Place<'a> {
    row: Option<&'a str>,
    field: &'a str,
}

impl<'a> Operands<'a> {
    /// Operands of the values that rows of A have in these answers.
    pub fn learn(schema: &'a Schema, rows: &'a Rows, received: &[Answer]) -> Self {
        let mut operands = Self {
            schema,
            rows,
            of_field: BTreeMap::new(),
            of_scalar: BTreeMap::new(),
        };
        for answer in received {
            operands.learn_from(&answer.body["data"]);
        }
        operands
    }

    fn learn_from(&mut self, data: &Value) {
        match data {
            Value::Array(items) => items.iter().for_each(|item| self.learn_from(item)),
            Value::Object(object) => {
                object.values().for_each(|value| self.learn_from(value));
                let type_name = data["__typename"].as_str().unwrap_or_default();
                let id = data["databaseId"].as_i64().unwrap_or_default();
                if self.rows.has(type_name, id) {
                    let schema = self.schema;
                    for field in schema.get(type_name).fields() {
                        self.learn_value(type_name, field, &data[&field.name]);
                    }
                }
            }
            _ => {}
        }
    }

    fn learn_value(&mut self, row: &str, field: &Field, value: &Value) {
        let scalar = self.schema.get(field.of.base());
        if value.is_null() || !scalar.is_leaf() {
            return;
        }
        let literal = literal(value, scalar.kind());
        let place = (row.to_owned(), field.name.clone());
        add(self.of_field.entry(place).or_default(), &literal);
        let name = scalar.name.clone();
        add(self.of_scalar.entry(name).or_default(), &literal);
    }

    /// The fields of rows with text in them of which no value in A has the canary.
    pub fn without_canary(&self) -> Vec<String> {
        let texts = self.schema.nodes().flat_map(|row| {
            let fields = self.schema.get(row).fields().iter();
            fields
                .filter(|field| matches!(field.of.base(), "String" | "JSON"))
                .map(move |field| (row.to_owned(), field.name.clone()))
        });
        texts
            .filter(|place| {
                let values = self.of_field.get(place);
                !values.is_some_and(|values| values.iter().any(|value| value.contains(CANARY)))
            })
            .map(|(row, field)| format!("{row}.{field}"))
            .collect()
    }

    /// The arguments of a field, as they stand between the parentheses: the required ones, and with
    /// them each value of each optional one.
    ///
    /// # Errors
    ///
    /// Fails if an argument has an unknown type.
    pub fn arguments<'b>(
        &self,
        field: &Field,
        arguments: impl Iterator<Item = &'b Input> + Clone,
        depth: usize,
    ) -> Result<Vec<String>, Failed> {
        self.inputs(arguments, field.of.base(), depth)
    }

    /// The arguments that a field needs, in all variants.
    ///
    /// # Errors
    ///
    /// Fails if an argument has an unknown type.
    pub fn required(&self, field: &Field) -> Result<Vec<String>, Failed> {
        self.bases(field.args.iter(), field.of.base(), 1)
    }

    /// The values of one argument.
    ///
    /// # Errors
    ///
    /// Fails if it has an unknown type.
    pub fn values(&self, field: &Field, argument: &Input) -> Result<Vec<String>, Failed> {
        self.input(argument, field.of.base(), 1)
    }

    /// Each combination of inputs that is tried. `owner` is the type whose name shows which rows
    /// they refer to.
    fn inputs<'b>(
        &self,
        inputs: impl Iterator<Item = &'b Input> + Clone,
        owner: &str,
        depth: usize,
    ) -> Result<Vec<String>, Failed> {
        let bases = self.bases(inputs.clone(), owner, depth)?;
        let mut all = Vec::new();
        for input in inputs.filter(|input| !input.is_required()) {
            for value in self.input(input, owner, depth)? {
                all.extend(bases.iter().map(|base| join(base, &input.name, &value)));
            }
        }
        // Required inputs are part of every combination.
        if all.is_empty() || bases[0].is_empty() {
            all.extend(bases);
        }
        Ok(all)
    }

    /// The required inputs: the first value of each, then each one's others in its place.
    fn bases<'b>(
        &self,
        inputs: impl Iterator<Item = &'b Input>,
        owner: &str,
        depth: usize,
    ) -> Result<Vec<String>, Failed> {
        let mut required = Vec::new();
        for input in inputs.filter(|input| input.is_required()) {
            let values = self.input(input, owner, depth.max(1))?;
            if values.is_empty() {
                return Err(unknown(&input.of, owner, &input.name));
            }
            required.push((&input.name, values));
        }
        let base = |varied: usize, by: usize| {
            let parts = required.iter().enumerate().map(|(index, (name, values))| {
                let value = &values[if index == varied { by } else { 0 }];
                format!("{name}: {value}")
            });
            parts.collect::<Vec<_>>().join(", ")
        };
        let mut bases = vec![base(0, 0)];
        for (varied, (_, values)) in required.iter().enumerate() {
            bases.extend((1..values.len()).map(|by| base(varied, by)));
        }
        Ok(bases)
    }

    /// The values that are tried for one input.
    fn input(&self, input: &Input, owner: &str, depth: usize) -> Result<Vec<String>, Failed> {
        let of = self.schema.get(input.of.base());
        let place = Place {
            row: self.schema.node_of(owner),
            field: &input.name,
        };
        let is_list = input.of.item().is_some();
        if of.is_leaf() {
            let values = self.leaf(&input.of, place, owner)?;
            return Ok(if is_list { vec![list(&values)] } else { values });
        }
        let values = if self.is_comparator(of.input_fields()) {
            self.comparisons(of.input_fields(), place, owner, depth)?
        } else if is_choice_of_one_condition(of.input_fields()) {
            self.objects(&of.name, depth)?
        } else if depth > 0 {
            self.objects(&of.name, depth - 1)?
        } else {
            Vec::new()
        };
        Ok(if is_list {
            values.iter().map(|value| format!("[{value}]")).collect()
        } else {
            values
        })
    }

    fn objects(&self, name: &str, depth: usize) -> Result<Vec<String>, Failed> {
        let fields = self.schema.get(name).input_fields().iter();
        let inputs = self.inputs(fields, name, depth)?;
        Ok(inputs
            .iter()
            .map(|inputs| format!("{{{inputs}}}"))
            .collect())
    }

    /// Whether these are the comparisons of one value.
    fn is_comparator(&self, inputs: &[Input]) -> bool {
        inputs
            .iter()
            .all(|input| !input.is_required() && self.schema.get(input.of.base()).is_leaf())
    }

    /// The comparisons of one value: all of them where the condition begins, the strongest one
    /// behind a relation, and at the end of the way only that of ids, which tell row from row.
    fn comparisons(
        &self,
        inputs: &[Input],
        place: Place<'_>,
        owner: &str,
        depth: usize,
    ) -> Result<Vec<String>, Failed> {
        let lists = |input: &&Input| input.of.item().is_some();
        let strongest = inputs.iter().find(lists).or(inputs.first());
        let is_of_ids = inputs.iter().any(|input| input.of.base() == "ID");
        let tried: Vec<&Input> = match depth {
            0 if !is_of_ids => Vec::new(),
            0 | 1 => strongest.into_iter().collect(),
            _ => inputs.iter().collect(),
        };
        let mut all = Vec::new();
        for input in tried {
            let values = self.leaf(&input.of, place, owner)?;
            let name = &input.name;
            if input.of.item().is_some() {
                all.push(format!("{{{name}: {}}}", list(&values)));
            } else {
                all.extend(
                    values
                        .iter()
                        .take(5)
                        .map(|value| format!("{{{name}: {value}}}")),
                );
            }
        }
        Ok(all)
    }

    /// The values of a scalar or an enum.
    fn leaf(
        &self,
        reference: &Reference,
        place: Place<'_>,
        owner: &str,
    ) -> Result<Vec<String>, Failed> {
        let name = reference.base();
        let of = self.schema.get(name);
        if of.kind() == Kind::Enum {
            return Ok(of.enum_values().map(str::to_owned).collect());
        }
        if name == "Boolean" {
            return Ok(vec!["true".to_owned(), "false".to_owned()]);
        }
        if name == "ID" {
            return Ok(self.ids(place));
        }
        let seen = place.row.and_then(|row| {
            let field = self.schema.get(row).field(place.field)?;
            let key = (row.to_owned(), place.field.to_owned());
            (field.of.base() == name).then(|| self.of_field.get(&key))?
        });
        if let Some(values) = seen {
            return Ok(values.clone());
        }
        Ok(match name {
            "String" => vec![quoted(CANARY), quoted(ORDINARY)],
            "Int" => vec!["2".to_owned()],
            _ => match self.of_scalar.get(name) {
                Some(values) => values.iter().take(2).cloned().collect(),
                None => return Err(unknown(reference, owner, place.field)),
            },
        })
    }

    /// The global ids of A of the type that the names tell, or else of all.
    fn ids(&self, place: Place<'_>) -> Vec<String> {
        let mut name = place.field.to_owned();
        name[..1].make_ascii_uppercase();
        let row = match self.schema.node_of(&name) {
            None if matches!(place.field, "id" | "by") => place.row,
            found => found,
        };
        let types = match row {
            Some(row) => vec![row],
            None => self.rows.types().collect(),
        };
        let ids = types.into_iter().flat_map(|row| self.rows.global_ids(row));
        ids.map(|id| quoted(&id)).collect()
    }
}

/// Whether each of these asks the same condition, of some, all or none of a list.
fn is_choice_of_one_condition(inputs: &[Input]) -> bool {
    inputs.len() > 1
        && inputs
            .iter()
            .all(|input| input.of.item().is_none() && input.of.base() == inputs[0].of.base())
}

fn unknown(reference: &Reference, owner: &str, name: &str) -> Failed {
    format!(
        "`{name}` of {owner} takes {}, and nothing in workspace A has such a value. Seed one in \
         tests/outsider/world.rs, or teach tests/outsider/operands.rs a value.",
        reference.base()
    )
    .into()
}

/// A value as it stands in a document.
fn literal(value: &Value, kind: Kind) -> String {
    match value {
        Value::String(text) if kind == Kind::Enum => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, kind)).collect();
            list(&items)
        }
        Value::Object(object) => {
            let fields = object
                .iter()
                .map(|(key, value)| format!("{key}: {}", literal(value, kind)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        // The rest is written as in JSON.
        value => value.to_string(),
    }
}

/// A text as it stands in a document.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A list as it stands in a document.
pub fn list(values: &[String]) -> String {
    format!("[{}]", values.join(", "))
}

/// One more argument behind others.
pub fn join(arguments: &str, name: &str, value: &str) -> String {
    if arguments.is_empty() {
        format!("{name}: {value}")
    } else {
        format!("{arguments}, {name}: {value}")
    }
}

fn add(values: &mut Vec<String>, value: &str) {
    if !values.iter().any(|known| known == value) {
        values.push(value.to_owned());
    }
}
