//! Generates values and documents that follow the schema, with choices from random bytes.
//!
//! They follow the grammar and are mostly valid, because random bytes alone would rarely get past
//! the parser. Occasional errors are intentional.

use arbitrary::{Result, Unstructured};
use async_graphql::{
    Name,
    parser::types::{BaseType, InputValueDefinition, Type},
};
use async_graphql_value::{ConstValue, indexmap::IndexMap};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::schema::{SCHEMA, base};

/// How deep fields and values are nested.
const MAX_LEVELS: usize = 7;

/// How many fragments a document has at most.
const MAX_FRAGMENTS: usize = 5;

/// The types that fragments are on.
const CONDITIONS: [&str; 8] = [
    "Query",
    "Meeting",
    "MeetingConnection",
    "TaskConnection",
    "Task",
    "User",
    "Node",
    "SearchResult",
];

/// Introspection selections, whose types are not in the SDL.
const INTROSPECTION: [&str; 3] = [
    "__schema { types { name fields { args { type { ofType { ofType { name } } } } } } }",
    "__schema { queryType { name } directives { args { name } } }",
    "__type(name: \"Task\") { inputFields { name } enumValues { name } possibleTypes { name } }",
];

/// A value of a type, or occasionally of another.
pub(super) fn value(u: &mut Unstructured<'_>, ty: &Type) -> Result<ConstValue> {
    value_at(u, ty, MAX_LEVELS)
}

fn value_at(u: &mut Unstructured<'_>, ty: &Type, levels: usize) -> Result<ConstValue> {
    if u.is_empty() || ty.nullable && u.ratio(1, 16)? {
        return Ok(ConstValue::Null);
    }
    match &ty.base {
        // A single value is accepted as a list of one.
        BaseType::List(item) if u.ratio(1, 16)? => value_at(u, item, levels),
        BaseType::List(item) => {
            let length = if levels == 0 {
                0
            } else {
                u.int_in_range(0..=4)?
            };
            let items = (0..length).map(|_| value_at(u, item, levels - 1));
            Ok(ConstValue::List(items.collect::<Result<_>>()?))
        }
        BaseType::Named(name) => named_value(u, name, levels),
    }
}

fn named_value(u: &mut Unstructured<'_>, name: &str, levels: usize) -> Result<ConstValue> {
    if u.ratio(1, 64)? {
        let wrong: [ConstValue; 4] = [1.into(), "1".into(), true.into(), 0.5.into()];
        return Ok(u.choose(&wrong)?.clone());
    }
    if let Some(names) = SCHEMA.names(name) {
        return Ok(ConstValue::Enum(Name::new(u.choose(&names)?)));
    }
    if let Some(inputs) = SCHEMA.inputs(name) {
        let mut fields = IndexMap::new();
        for input in inputs {
            let is_wanted = is_required(input) || levels > 0 && u.ratio(1, 6)?;
            if is_wanted && !u.ratio(1, 128)? {
                let value = value_at(u, &input.ty.node, levels.saturating_sub(1))?;
                fields.insert(input.name.node.clone(), value);
            }
        }
        return Ok(ConstValue::Object(fields));
    }
    Ok(match name {
        "Int" => match u.int_in_range(0..=3)? {
            0 => u.arbitrary::<i32>()?.into(),
            1 => u.arbitrary::<i64>()?.into(),
            _ => u.int_in_range(-1..=120)?.into(),
        },
        "Float" => ConstValue::from(u.arbitrary::<i16>()? / 4),
        "Boolean" => u.arbitrary::<bool>()?.into(),
        "ID" => id(u)?.into(),
        "DateTime" => format!(
            "2026-{:02}-04T09:30:00.{}Z",
            u.int_in_range(1..=13)?,
            u.arbitrary::<u16>()?
        )
        .into(),
        "Date" => format!(
            "{:04}-05-0{}",
            u.arbitrary::<u16>()?,
            u.int_in_range(0..=9)?
        )
        .into(),
        _ => text(u)?.into(),
    })
}

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let length = u.int_in_range(0..=6)?;
    let mut text = String::new();
    for _ in 0..length {
        // Half of the characters have a meaning in SQL statements or LIKE patterns.
        text.push(if u.arbitrary()? {
            *u.choose(&['\0', '%', '_', '\\', '\'', '"', '$', '?', ';', '\n'])?
        } else {
            u.arbitrary()?
        });
    }
    Ok(text)
}

fn id(u: &mut Unstructured<'_>) -> Result<String> {
    let types = SCHEMA.possible("Node");
    let number = u.arbitrary::<i16>()?;
    Ok(URL_SAFE_NO_PAD.encode(format!("{}:{number}", u.choose(&types)?)))
}

pub(super) fn is_required(input: &InputValueDefinition) -> bool {
    !input.ty.node.nullable && input.default_value.is_none()
}

/// A document with one operation.
pub(super) fn document(u: &mut Unstructured<'_>) -> Result<String> {
    let mut writer = Writer {
        text: String::new(),
        variables: Vec::new(),
        left: 300,
        fragment: None,
    };
    let fragment_count = u.int_in_range(0..=MAX_FRAGMENTS)?;
    for index in 0..fragment_count {
        let on = CONDITIONS[index % CONDITIONS.len()];
        writer.fragment = Some(index);
        writer.push(u, &format!("fragment F{index} on {on}"))?;
        writer.directives(u, 8)?;
        writer.selections(u, on, MAX_LEVELS)?;
    }
    writer.fragment = None;
    let fragments = std::mem::take(&mut writer.text);
    let (kind, root) = if u.ratio(1, 8)? {
        ("mutation", "Mutation")
    } else {
        ("query", "Query")
    };
    writer.selections(u, root, MAX_LEVELS)?;
    let selections = std::mem::take(&mut writer.text);
    writer.push(u, kind)?;
    writer.push(u, "Q")?;
    let variables = std::mem::take(&mut writer.variables);
    if !variables.is_empty() {
        writer.push(u, "(")?;
        for (index, ty) in variables.iter().enumerate() {
            writer.push(u, &format!("$v{index}: {ty}"))?;
            if u.ratio(1, 8)? {
                let default = value(u, ty)?;
                writer.push(u, &format!("= {default}"))?;
            }
        }
        writer.push(u, ")")?;
    }
    Ok(writer.text + &selections + &fragments)
}

/// A document that is being generated.
struct Writer {
    text: String,
    /// The types of the variables, which are named by their indices.
    variables: Vec<Type>,
    /// How many more selections may be added.
    left: usize,
    /// The index of the fragment that is being generated, if any.
    fragment: Option<usize>,
}

impl Writer {
    /// Adds tokens, followed by something that is ignored between tokens.
    fn push(&mut self, u: &mut Unstructured<'_>, tokens: &str) -> Result<()> {
        self.text.push_str(tokens);
        self.text.push_str(match u.int_in_range(0..=15)? {
            0 => ",\t",
            1 => "\r\n",
            2 => " # { ( \"\n",
            3 => "\u{feff}",
            _ => " ",
        });
        Ok(())
    }

    fn selections(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        self.push(u, "{")?;
        let count = u.int_in_range(1..=4)?;
        for index in 0..count {
            // A selection set has at least one selection.
            if index > 0 && (self.left == 0 || u.is_empty()) {
                break;
            }
            self.left = self.left.saturating_sub(1);
            self.selection(u, on, levels)?;
        }
        self.push(u, "}")
    }

    fn selection(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        let choice = u.int_in_range(0..=9)?;
        if choice == 0 {
            // Mostly spread later fragments, so that most documents have no cycles.
            let first = match self.fragment {
                Some(this) if !u.ratio(1, 16)? => this + 1,
                _ => 0,
            };
            let index = u.int_in_range(first..=MAX_FRAGMENTS)?;
            self.push(u, &format!("... F{index}"))?;
            return self.directives(u, 8);
        }
        if choice == 1 && levels > 0 {
            let possible = SCHEMA.possible(on);
            let condition = *u.choose(&possible)?;
            self.push(u, "...")?;
            let on = if u.arbitrary()? {
                self.push(u, &format!("on {condition}"))?;
                condition
            } else {
                on
            };
            self.directives(u, 4)?;
            return self.selections(u, on, levels - 1);
        }
        self.field(u, on, levels)
    }

    fn field(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        if u.ratio(1, 12)? {
            let alias = u.int_in_range(0..=3)?;
            self.push(u, &format!("a{alias}:"))?;
        }
        let fields = SCHEMA
            .fields(on)
            .filter(|it| levels > 0 || !SCHEMA.is_composite(base(&it.ty.node)));
        let fields: Vec<_> = fields.collect();
        if fields.is_empty() {
            self.push(u, "__typename")?;
            return self.directives(u, 12);
        }
        if on == "Query" && u.ratio(1, 16)? {
            let introspection = u.choose(&INTROSPECTION)?;
            return self.push(u, introspection);
        }
        let field = *u.choose(&fields)?;
        self.push(u, &field.name.node)?;
        let mut is_open = false;
        for argument in &field.arguments {
            let argument = &argument.node;
            if !is_required(argument) && !u.ratio(1, 4)? {
                continue;
            }
            self.push(u, if is_open { "" } else { "(" })?;
            is_open = true;
            self.push(u, &format!("{}:", argument.name.node))?;
            if u.ratio(1, 4)? {
                self.push(u, &format!("$v{}", self.variables.len()))?;
                self.variables.push(argument.ty.node.clone());
            } else {
                let value = value(u, &argument.ty.node)?;
                self.push(u, &value.to_string())?;
            }
        }
        if is_open {
            self.push(u, ")")?;
        }
        self.directives(u, 12)?;
        let below = base(&field.ty.node);
        if SCHEMA.is_composite(below) {
            self.selections(u, below, levels.saturating_sub(1))?;
        }
        Ok(())
    }

    fn directives(&mut self, u: &mut Unstructured<'_>, one_in: u8) -> Result<()> {
        if u.ratio(1, one_in)? {
            if u.arbitrary()? {
                let (directive, variable) = (u.choose(&["skip", "include"])?, self.variables.len());
                let ty = Type::new("Boolean!").ok_or(arbitrary::Error::IncorrectFormat)?;
                self.variables.push(ty);
                return self.push(u, &format!("@{directive}(if: $v{variable})"));
            }
            let directive = *u.choose(&[
                "@skip(if: true)",
                "@skip(if: false)",
                "@include(if: true)",
                "@include(if: false)",
                "@skip(if: false) @include(if: true)",
                "@unknown",
            ])?;
            self.push(u, directive)?;
        }
        Ok(())
    }
}
