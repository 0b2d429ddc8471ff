//! The values that operations are made of: those that the rows have, values at the edges, and what
//! the servers have answered so far.

use std::collections::{BTreeMap, HashMap};

use arbitrary::{Result, Unstructured};
use async_graphql_value::ConstValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use generator::{Leaves, Place, Schema};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{PEOPLE, World};
use crate::support::seed::{PASSWORD, global_id};

/// Pieces of texts that databases might treat differently: case, accents, composed and decomposed
/// letters, wildcards, quotes, blanks, characters outside the basic plane.
pub const TEXTS: [&str; 48] = [
    "a",
    "A",
    "b",
    "Z",
    "z",
    "aa",
    "Aa",
    "é",
    "É",
    "e\u{301}",
    "ä",
    "Ä",
    "a\u{308}",
    "ß",
    "ẞ",
    "ss",
    "İ",
    "ı",
    "i",
    "I",
    "ſ",
    "ﬁ",
    "Σ",
    "ς",
    "σ",
    "ǆ",
    "日本",
    "語",
    "😀",
    "👩\u{200d}👧",
    "\u{10ffff}",
    "\u{fffd}",
    "\u{200b}",
    "\u{a0}",
    " ",
    "  ",
    "\t",
    "\n",
    "%",
    "_",
    "\\",
    "\\%",
    "[a]",
    "'",
    "\"",
    "--",
    "null",
    "0",
];

/// Dates at the edges of the calendar and within.
pub const DATES: [&str; 6] = [
    "2026-05-04",
    "2026-05-04",
    "0001-01-01",
    "9999-12-31",
    "2000-02-29",
    "1969-12-31",
];

/// Times in all forms that the scalar accepts, and some that it rejects.
const TIMES: [&str; 14] = [
    "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.999999Z",
    "2026-05-04T09:30:00.123456Z",
    "2026-05-04T09:30:00Z",
    "2026-05-04T09:30:00.1Z",
    "2026-05-04T11:30:00.1234569+02:00",
    "2026-05-04t09:29:59.999999z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59.5Z",
    "2000-02-29T12:00:00-00:00",
    "2027-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "0000-12-31T23:59:59Z",
];

/// A text of up to three pieces.
///
/// # Errors
///
/// If the random bytes cannot be used.
pub fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let count = match u.int_in_range(0..=19)? {
        0 => 0,
        1..=10 => 1,
        11..=15 => 2,
        _ => 3,
    };
    (0..count).map(|_| u.choose(&TEXTS).copied()).collect()
}

/// Settings of a workspace.
///
/// # Errors
///
/// If the random bytes cannot be used.
pub fn settings(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match u.int_in_range(0..=7)? {
        0 => json!({}),
        7 => json!({"large": u64::MAX, "larger": 1e300, "small": 5e-324}),
        1 => json!({"theme": "dark", "b": {"d": 1, "c": [1, 2.5, null]}, "a": text(u)?}),
        2 => json!({"b": null, "theme": text(u)?}),
        3 => json!({text(u)?: true, "": {"": {}}}),
        4 => json!({"bb": i64::MAX, "a": 0.1, "ab": 1e21, "Ä": "\u{10ffff}"}),
        5 => json!([1, 2]),
        _ => json!({"b": {"d": null}, "c": {"x": 1}}),
    })
}

/// What the same answer of both servers calls by different names.
#[derive(Clone, Debug)]
struct Pair([String; 2]);

/// The values.
pub struct Pool {
    /// The ids of rows by their types, newest last.
    ids: BTreeMap<String, Vec<String>>,
    /// The cursors of lists.
    cursors: Vec<String>,
    external_ids: Vec<String>,
    /// Values that differ by nature, such as times of writing.
    pairs: Vec<Pair>,
    pair_times: Vec<usize>,
    pair_uuids: Vec<usize>,
    known: HashMap<String, usize>,
}

impl Pool {
    /// The values of a world.
    pub fn new(world: &World) -> Self {
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let counts = [
            ("Workspace", 2),
            ("User", 8),
            ("Meeting", 24),
            ("Task", 50),
            ("Session", 12),
            ("Segment", 50),
            ("Marker", 30),
            ("Participant", 30),
            ("Analytics", 8),
        ];
        for (name, count) in counts {
            ids.insert(
                name.to_owned(),
                (1..=count).map(|id| global_id(name, id)).collect(),
            );
        }
        Self {
            ids,
            cursors: Vec::new(),
            external_ids: world.external_ids.clone(),
            pairs: Vec::new(),
            pair_times: Vec::new(),
            pair_uuids: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// Remembers ids, cursors and times of two answers that are alike.
    pub fn learn(&mut self, left: &Value, right: &Value) {
        match (left, right) {
            (Value::Array(left), Value::Array(right)) => {
                for (left, right) in left.iter().zip(right) {
                    self.learn(left, right);
                }
            }
            (Value::Object(left), Value::Object(right)) => {
                for (left, right) in left.values().zip(right.values()) {
                    self.learn(left, right);
                }
            }
            (Value::String(left), Value::String(right)) => self.learn_text(left, right),
            _ => {}
        }
    }

    fn learn_text(&mut self, left: &str, right: &str) {
        let decoded = URL_SAFE_NO_PAD.decode(left).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let is_cursor = decoded
            .as_deref()
            .is_some_and(|text| text.starts_with("[\""));
        if left == right {
            if is_cursor {
                self.add_cursor(left.to_owned());
            } else if let Some((name, number)) =
                decoded.as_deref().and_then(|it| it.split_once(':'))
                && number.parse::<i32>().is_ok()
                && let Some(ids) = self.ids.get_mut(name)
                && !ids.iter().any(|id| id == left)
            {
                ids.push(left.to_owned());
            }
        } else if !self.known.contains_key(left) {
            let index = self.pairs.len();
            self.known.insert(left.to_owned(), index);
            self.pairs.push(Pair([left.to_owned(), right.to_owned()]));
            if is_cursor {
                self.add_cursor(placeholder(index));
            } else if Uuid::parse_str(left).is_ok() {
                self.pair_uuids.push(index);
            } else if left.ends_with('Z') {
                self.pair_times.push(index);
            }
        }
    }

    fn add_cursor(&mut self, cursor: String) {
        if self.cursors.len() < 1000 {
            self.cursors.push(cursor);
        }
    }

    /// The name under which both sides are sent a value of theirs.
    pub fn shared(&self, left: &str) -> String {
        let pair = self.known.get(left);
        pair.map_or_else(|| left.to_owned(), |index| placeholder(*index))
    }

    /// The request of one side, with its own values in place of the placeholders.
    pub fn filled(&self, request: &str, side: usize) -> String {
        let mut parts = request.split("{{pair:");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (index, rest) = part.split_once("}}").unwrap();
            let Pair(values) = &self.pairs[index.parse::<usize>().unwrap()];
            filled.push_str(&values[side]);
            filled.push_str(rest);
        }
        filled
    }

    fn id(&self, u: &mut Unstructured<'_>, place: Place<'_>) -> Result<String> {
        let choice = u.int_in_range(0..=31)?;
        if choice == 0 {
            return Ok(u
                .choose(&["", "bogus", "VGFzazow", "TWVldGluZzo5OTk5"])?
                .to_string());
        }
        let named = self.type_of(place).filter(|_| choice > 1);
        let ids = if let Some(name) = named {
            &self.ids[name]
        } else {
            let index = u.choose_index(self.ids.len())?;
            self.ids.values().nth(index).unwrap()
        };
        // New rows are more often in a state in which something can be done to them.
        if u.ratio(1, 4)? {
            return Ok(ids.last().unwrap().clone());
        }
        u.choose(ids).cloned()
    }

    /// The type of the rows that an id at this place refers to, as far as names show.
    fn type_of(&self, place: Place<'_>) -> Option<&str> {
        let owner = place.owner.rsplit('.').next().unwrap_or_default();
        let name = match place.field {
            "assignedToId" => "User",
            "dependsOnId" => "Task",
            field => field.strip_suffix("Id").unwrap_or(owner),
        };
        let name = name.to_ascii_lowercase();
        let mut types = self.ids.keys().map(String::as_str);
        types.find(|of| name.starts_with(&of.to_ascii_lowercase()))
    }

    fn text_of(&self, u: &mut Unstructured<'_>, place: Place<'_>) -> Result<String> {
        Ok(match place.field {
            "password" | "currentPassword" | "newPassword" => {
                if u.ratio(1, 8)? {
                    text(u)?
                } else {
                    PASSWORD.to_owned()
                }
            }
            "username" | "login" if u.arbitrary()? => {
                let name = u.choose(&PEOPLE)?.0;
                match u.int_in_range(0..=3)? {
                    0 => name.to_uppercase(),
                    1 => name.to_lowercase(),
                    _ => name.to_owned(),
                }
            }
            "username" | "login" => format!("new-{}{}", u.int_in_range(0..=99)?, text(u)?),
            "email" if u.ratio(1, 8)? => text(u)?,
            "email" => format!("{}{}@example.org", text(u)?, u.int_in_range(0..=9)?),
            "language" => u
                .choose(&["en", "de", "EN", "pt-BR", "", "none"])?
                .to_string(),
            "idempotencyKey" | "key" => u.choose(&["k", "K", "k ", "ключ", ""])?.to_string(),
            "after" | "before" if !self.cursors.is_empty() && !u.ratio(1, 8)? => {
                u.choose(&self.cursors)?.clone()
            }
            // A search needs two characters.
            "text" if place.owner == "Query.search" && u.arbitrary()? => text(u)? + &text(u)?,
            "text" if place.owner == "Query.search" => u
                .choose(&["ex", "EX", "@example", "ss", "日本", "\\%", "ma", "new"])?
                .to_string(),
            _ if u.ratio(1, 64)? => "\0".to_owned(),
            _ if u.ratio(1, 64)? => "é".repeat(300),
            _ if u.ratio(1, 64)? => "😀".repeat(*u.choose(&[50, 51, 255, 256])?),
            _ => text(u)?,
        })
    }
}

fn placeholder(index: usize) -> String {
    format!("{{{{pair:{index}}}}}")
}

impl Leaves for Pool {
    fn leaf(
        &self,
        u: &mut Unstructured<'_>,
        _: &Schema,
        scalar: &str,
        place: Place<'_>,
    ) -> Result<ConstValue> {
        let pair = |u: &mut Unstructured<'_>, pairs: &[usize]| {
            if pairs.is_empty() || u.arbitrary()? {
                return Ok(None);
            }
            // Newer ones are more likely to be current.
            let newest = pairs.len().saturating_sub(20);
            Ok(Some(placeholder(*u.choose(&pairs[newest..])?)))
        };
        Ok(match scalar {
            "Int" => match place.field {
                // Only one of the two may be given.
                "last" if !u.ratio(1, 4)? => ConstValue::Null,
                "first" | "last" if u.ratio(1, 16)? => {
                    (*u.choose(&[0, -1, 100, 101, 1001, i32::MAX])?).into()
                }
                "first" | "last" => u.int_in_range(1..=8)?.into(),
                "leaseSeconds" => (*u.choose(&[5, 60, 3600, 4, 3601])?).into(),
                _ if u.arbitrary()? => u.int_in_range(-1..=30)?.into(),
                _ => (*u.choose(&[0, 500, 1000, 1500, i32::MAX, i32::MIN, -1])?).into(),
            },
            "Float" => {
                let float = *u.choose(&[0.0, 0.1, 0.1 + 0.2, 1.0 / 3.0, 0.5, 1.0, -0.5, 1e-300])?;
                if u.ratio(1, 8)? {
                    u.int_in_range(-1..=2)?.into()
                } else {
                    float.into()
                }
            }
            // Few cursors fit the order of a list; following pages sends those that do.
            "String" if matches!(place.field, "after" | "before") && !u.ratio(1, 6)? => {
                ConstValue::Null
            }
            "Boolean" => u.arbitrary::<bool>()?.into(),
            "ID" => self.id(u, place)?.into(),
            "UUID" => match pair(u, &self.pair_uuids)? {
                Some(uuid) => uuid.into(),
                None if u.arbitrary()? => u.choose(&self.external_ids)?.clone().into(),
                None => {
                    let uuid = Uuid::from_bytes(u.arbitrary()?);
                    uuid.to_string().to_uppercase().into()
                }
            },
            "DateTime" => match pair(u, &self.pair_times)? {
                Some(time) => time.into(),
                None => (*u.choose(&TIMES)?).into(),
            },
            "Date" if u.ratio(1, 16)? => "2026-02-30".into(),
            "Date" => (*u.choose(&DATES)?).into(),
            "JSON" => ConstValue::from_json(settings(u)?).unwrap_or_default(),
            _ => self.text_of(u, place)?.into(),
        })
    }
}
