//! Properties that hold for all input from outside: one function for each fuzz target, which panics
//! if a property is violated. The tests below check a few hundred random inputs.

mod judge;
mod lists;
mod mutate;
mod sample;
mod tokens;
mod values;
mod write;

use std::sync::LazyLock;

use arbitrary::Unstructured;
use async_graphql::{
    Name, Value, Variables,
    parser::{
        parse_query,
        types::{BaseType, ExecutableDocument, FieldDefinition, Type},
    },
};
use generator::{AnyLeaves, Generator, Kind, Place, Schema, Style, base};

pub use self::{
    judge::{Location, OperationVerdict, Problem, Verdict, judge},
    lists::{cursor, filter},
    sample::{Sample, sample},
};
use crate::{
    global_id,
    guard::cost::{
        measure::{Cost, Limits},
        naive,
    },
    guard::document::{Call, CostReport, DocumentRules, Documents, Manifest, Operation, lexer},
    guard::facts::Facts,
    guard::schema as guard_schema,
};

/// The schema of this server.
static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::parse(&crate::sdl()).expect("the schema is a schema"));

/// Generates large documents with occasional mistakes.
fn generator() -> Generator<'static> {
    Generator {
        schema: &SCHEMA,
        leaves: &AnyLeaves,
        style: Style::HOSTILE,
        always: &[],
    }
}

/// A document store with limits that are wide, but low enough for fast validation.
static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| {
    let limits = Limits(Cost {
        tokens: 5000,
        selections: 5000,
        depth: 30,
        aliases: 1000,
        directives: 1000,
        fields: u64::MAX,
        rows: u64::MAX,
        statements: u64::MAX,
        scans: u64::MAX,
        hashes: u64::MAX,
        stored: u64::MAX,
        bytes: u64::MAX,
    });
    let rules = DocumentRules {
        limits,
        cache_size: 1,
        introspection: true,
        trusted: Manifest::new(),
        trusted_only: false,
    };
    Documents::new(&crate::sdl(), rules).expect("there are no documents")
});

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::new(&guard_schema::parse(&crate::sdl())));

/// Checks a document. Depending on the first byte, the rest is the text of the document, or random
/// choices for generating one that follows the schema.
///
/// # Panics
///
/// If the count of tokens differs from what the parser reads, if the cost differs from that of the
/// expansion, or if the result differs the second time.
pub fn document(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let text = if kind % 2 == 0 {
        String::from_utf8_lossy(data).into_owned()
    } else {
        let u = &mut Unstructured::new(data);
        let is_mutation = u.ratio(1, 8).unwrap_or(false);
        let kind = if is_mutation {
            Kind::Mutation
        } else {
            Kind::Query
        };
        let Ok(operation) = generator().operation(u, kind) else {
            return;
        };
        let text = operation.document;
        let parsed = parse_query(&text).expect("generated documents follow the grammar");
        check_tokens(&text, &parsed, true);
        text
    };
    let tokens = lexer::count(&text, 5000);
    if tokens.count <= 5000
        && tokens.bracket_depth <= lexer::MAX_BRACKET_DEPTH
        && let Ok(parsed) = parse_query(&text)
    {
        check_tokens(&text, &parsed, false);
        let variables = Variables::default();
        for (_, operation) in parsed.operations.iter() {
            naive::compare(&FACTS, &parsed.fragments, &operation.node, &variables);
        }
    }
    let first = request(&text, &Variables::default());
    let second = request(&text, &Variables::default());
    assert_eq!(
        first.is_ok(),
        second.is_ok(),
        "the result differs the second time: {text}"
    );
}

/// Checks that the count of tokens matches what the parser has read. If the text may violate the
/// grammar, the count may be a bit lower: the parser accepts `fragmentF on Query` and `[1-2]`,
/// where a space is missing.
fn check_tokens(text: &str, parsed: &ExecutableDocument, follows_grammar: bool) {
    let count = lexer::count(text, u64::MAX).count;
    let (least, most) = tokens::tokens(parsed);
    if follows_grammar {
        assert!(
            (least..=most).contains(&count),
            "{count} tokens are counted, {least} to {most} are read: {text}"
        );
    } else {
        assert!(
            count * 2 >= least,
            "{count} tokens are counted, {least} are read: {text}"
        );
    }
}

/// Requests an operation. If it is rejected, checks that the error has a code for clients, and
/// returns the message.
fn request(text: &str, variables: &Variables) -> Result<Operation, String> {
    let call = Call {
        query: Some(text.to_owned()),
        variables: variables.clone(),
        cost: CostReport::Without,
        ..Call::default()
    };
    DOCUMENTS.operation(call).map_err(|response| {
        for error in &response.errors {
            let code = error.extensions.as_ref().and_then(|it| it.get("code"));
            let code = code.cloned().and_then(|it| it.into_json().ok());
            let code = code.as_ref().and_then(serde_json::Value::as_str);
            assert!(
                matches!(code, Some("BAD_USER_INPUT" | "COST_LIMIT_EXCEEDED")),
                "{error:?}"
            );
        }
        let first = response.errors.into_iter().next();
        first.expect("a rejection has an error").message
    })
}

/// Checks arguments of a root field: any JSON, or values that follow the schema.
///
/// # Panics
///
/// If values are accepted as variables but rejected as literals in the document, or the other way
/// around.
pub fn variables(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let Ok((kind, field)) = root_field(u) else {
        return;
    };
    let arguments = field
        .arguments
        .iter()
        .map(|it| (&it.node.name.node, &it.node.ty.node));
    let Some(values) = arguments_from(u, arguments.clone()) else {
        return;
    };
    let declared = arguments.clone().map(|(name, ty)| format!("${name}: {ty}"));
    let passed = arguments
        .clone()
        .map(|(name, _)| format!("{name}: ${name}"));
    let declared: Vec<String> = declared.collect();
    let passed: Vec<String> = passed.collect();
    let written = arguments.filter_map(|(name, ty)| {
        let value = as_literal(ty, values.get(name)?);
        Some(format!("{name}: {value}"))
    });
    let written: Vec<String> = written.collect();
    let brackets = |inside: &[String]| match inside {
        [] => String::new(),
        _ => format!("({})", inside.join(", ")),
    };
    let set = if SCHEMA.is_composite(base(&field.ty.node)) {
        "{ __typename }"
    } else {
        ""
    };
    let name = &field.name.node;
    let text = format!(
        "{kind} Q{} {{ {name}{} {set} }}",
        brackets(&declared),
        brackets(&passed)
    );
    let literal = format!("{kind} Q {{ {name}{} {set} }}", brackets(&written));
    let by_variables = request(&text, &values);
    let by_literals = request(&literal, &Variables::default());
    if let (Err(message), _) | (_, Err(message)) = (&by_variables, &by_literals) {
        // Limits on tokens and nesting apply to literals only.
        if message.contains("tokens") || message.contains("nested too deep") {
            return;
        }
    }
    assert_eq!(
        by_variables.is_ok(),
        by_literals.is_ok(),
        "as variables: {by_variables:?}, as literals: {by_literals:?}, in {literal}"
    );
}

fn root_field(
    u: &mut Unstructured<'_>,
) -> arbitrary::Result<(&'static str, &'static FieldDefinition)> {
    let fields = [("query", "Query"), ("mutation", "Mutation")]
        .into_iter()
        .flat_map(|(kind, root)| SCHEMA.fields(root).map(move |field| (kind, field)))
        .filter(|(_, field)| !field.arguments.is_empty());
    let fields: Vec<_> = fields.collect();
    u.choose(&fields).copied()
}

/// The values of arguments: the remaining bytes as JSON, or values that follow their types.
fn arguments_from<'a>(
    u: &mut Unstructured<'_>,
    arguments: impl Iterator<Item = (&'a Name, &'a Type)>,
) -> Option<Variables> {
    if u.arbitrary().ok()? {
        let json: serde_json::Value = serde_json::from_slice(u.bytes(u.len()).ok()?).ok()?;
        let json = json.is_object().then_some(json)?;
        return Some(Variables::from_json(json));
    }
    let mut values = serde_json::Map::new();
    for (name, ty) in arguments {
        if !ty.nullable || u.ratio(1, 3).ok()? {
            let place = Place {
                owner: "Query.any",
                field: name,
            };
            let value = generator().value(u, ty, place).ok()?;
            values.insert(name.to_string(), value.into_json().ok()?);
        }
    }
    Some(Variables::from_json(values.into()))
}

/// A JSON value as a literal in a document, where enum values have no quotes.
fn as_literal(ty: &Type, value: &Value) -> Value {
    match (&ty.base, value) {
        (BaseType::List(item), Value::List(values)) => {
            Value::List(values.iter().map(|it| as_literal(item, it)).collect())
        }
        (BaseType::List(item), value) => as_literal(item, value),
        (BaseType::Named(name), Value::String(text))
            if SCHEMA
                .names(name)
                .is_some_and(|names| names.contains(&text.as_str())) =>
        {
            Value::Enum(Name::new(text))
        }
        (BaseType::Named(name), Value::Object(fields)) => {
            let inputs = SCHEMA.inputs(name).unwrap_or_default();
            let fields = fields.iter().map(|(key, value)| {
                let input = inputs.iter().find(|it| it.name.node == *key);
                let value =
                    input.map_or_else(|| value.clone(), |input| as_literal(&input.ty.node, value));
                (key.clone(), value)
            });
            Value::Object(fields.collect())
        }
        _ => value.clone(),
    }
}

/// Checks any text as a global id.
///
/// # Panics
///
/// If a decoded id is not encoded to the same text.
pub fn global_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some((name, id)) = global_id::decode(text) {
        assert_eq!(global_id::encode(&name, id), text);
    }
    // The text inside an id, too, because few random texts are valid base64.
    for name in SCHEMA.possible("Node") {
        let number = data
            .iter()
            .fold(0_i32, |sum, byte| sum.wrapping_mul(31) ^ i32::from(*byte));
        let read = global_id::decode(&global_id::encode(name, number));
        assert_eq!(read, Some((name.to_owned(), number)));
        let inside = lists::base64(format!("{name}:{text}").as_bytes());
        if let Some((name, id)) = global_id::decode(&inside) {
            assert_eq!(global_id::encode(&name, id), inside);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn documents_are_counted_as_they_are_read(data in vec(any::<u8>(), 0..1500)) {
            document(&[&[1], data.as_slice()].concat());
        }

        #[test]
        fn any_text_is_a_document_or_rejected(text in "[ -~\\n\"{}()$@.:é]{0,80}") {
            document(&[&[0], text.as_bytes()].concat());
        }

        #[test]
        fn variables_are_checked_like_literals(data in vec(any::<u8>(), 0..600)) {
            variables(&data);
        }

        #[test]
        fn cursors_are_read_as_they_are_written(data in vec(any::<u8>(), 0..200)) {
            cursor(&data);
        }

        #[test]
        fn filters_become_statements(data in vec(any::<u8>(), 0..600)) {
            filter(&data);
        }

        #[test]
        fn ids_are_read_as_they_are_written(text in "[+-]?0?[0-9]{0,12}|[A-Za-z0-9_-]{0,30}") {
            global_id(text.as_bytes());
        }
    }
}
