//! Random documents with values for their variables.

use arbitrary::{Result, Unstructured};
use async_graphql::parser::types::Type;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{mutate, values, write};

/// A document, and values for its variables.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sample {
    /// The text of the document.
    pub document: String,
    /// The values of the variables, as a JSON object.
    #[serde(default)]
    pub variables: Value,
}

/// The document of a seed. A third follow the schema; in the others, up to three things are changed
/// at random.
#[must_use]
pub fn sample(seed: u64) -> Sample {
    let mut random = Random(seed);
    // Small documents are more common than large ones, because their errors are easier to see.
    let selections = 2 << (random.next() % 6);
    let edits = [0, 1, 2, 3, 1, 0][usize::try_from(random.next() % 6).unwrap_or_default()];
    let choices = random.bytes(1 << 14);
    make(&mut Unstructured::new(&choices), selections, edits).unwrap_or_default()
}

fn make(u: &mut Unstructured<'_>, selections: usize, edits: usize) -> Result<Sample> {
    let written = write::document(u, selections)?;
    let document = if edits == 0 {
        written.text
    } else {
        mutate::mutate(u, &written.text, edits)?
    };
    Ok(Sample {
        document,
        variables: values_of(u, &written.variables)?.into(),
    })
}

/// Values that mostly follow the types of the variables.
fn values_of(u: &mut Unstructured<'_>, variables: &[(String, Type)]) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    for (name, ty) in variables {
        let is_omitted = u.ratio(1, if ty.nullable { 4 } else { 64 })?;
        if is_omitted {
            continue;
        }
        let value = if u.ratio(1, 24)? {
            odd_value(u)?
        } else {
            let value = values::value(u, ty)?.into_json();
            value.map_err(|_| arbitrary::Error::IncorrectFormat)?
        };
        values.insert(name.clone(), value);
    }
    if u.ratio(1, 24)? {
        values.insert("other".to_owned(), odd_value(u)?);
    }
    Ok(values)
}

/// A value that many types do not allow.
fn odd_value(u: &mut Unstructured<'_>) -> Result<Value> {
    let odd = [
        json!(null),
        json!(1),
        json!(1.0),
        json!(-0.0),
        json!(0.5),
        json!(2_147_483_648_u64),
        json!(-2_147_483_649_i64),
        json!(1e30),
        json!("1"),
        json!(""),
        json!("ASC"),
        json!(true),
        json!([]),
        json!([null]),
        json!([1, "1"]),
        json!([[]]),
        json!({}),
        json!({"a": 1}),
        json!({"eq": "1"}),
        json!({"and": [{}]}),
    ];
    u.choose(&odd).cloned()
}

/// Pseudo-random numbers by `SplitMix64`: the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes
    }
}
