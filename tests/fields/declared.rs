//! The directives of the schema's fields. Introspection does not show them, so the binary prints
//! its schema.

use std::{collections::BTreeMap, process::Command};

use async_graphql::{
    Value,
    parser::{
        parse_schema,
        types::{ConstDirective, FieldDefinition, TypeKind, TypeSystemDefinition},
    },
};
use libtest_mimic::Failed;

/// The declarations of all fields.
pub struct Declarations(BTreeMap<(String, String), Declared>);

/// The declarations of one field.
#[derive(Clone, Copy, Default)]
pub struct Declared {
    /// The number of statements that the field itself runs.
    pub statements: usize,
    /// The number of rows that the field itself reads.
    pub rows: usize,
    /// The page size if none is requested, for a list that is read page by page.
    pub page_size: Option<usize>,
    /// The number of rows read for each item of a page.
    pub rows_per_item: usize,
    /// Whether the field reads as many rows as its input says.
    pub is_sized_by_input: bool,
    /// Whether the field needs a statement that it shares with other fields of its object.
    pub shares_statement: bool,
    /// Whether its value can differ between two users of a workspace.
    pub is_per_viewer: bool,
}

impl Declarations {
    /// Asks the binary.
    ///
    /// # Errors
    ///
    /// Fails if it prints no schema.
    pub fn read() -> Result<Self, Failed> {
        let output = Command::new(env!("CARGO_BIN_EXE_mina"))
            .arg("schema")
            .output()?;
        let document = parse_schema(String::from_utf8(output.stdout)?)?;
        let mut declarations = BTreeMap::new();
        for definition in document.definitions {
            if let TypeSystemDefinition::Type(of) = definition
                && let TypeKind::Object(object) = &of.node.kind
            {
                for field in &object.fields {
                    let key = (of.node.name.to_string(), field.node.name.to_string());
                    declarations.insert(key, Declared::by(&field.node));
                }
            }
        }
        Ok(Self(declarations))
    }

    /// The declarations of a field.
    pub fn of(&self, type_name: &str, field: &str) -> Declared {
        let key = (type_name.to_owned(), field.to_owned());
        self.0.get(&key).copied().unwrap_or_default()
    }

    /// The fields that declare something of this kind, each with its type.
    pub fn which(&self, is_wanted: impl Fn(&Declared) -> bool) -> Vec<(&str, &str)> {
        let wanted = self.0.iter().filter(|(_, declared)| is_wanted(declared));
        let names = wanted.map(|((of, field), _)| (of.as_str(), field.as_str()));
        names.collect()
    }
}

impl Declared {
    fn by(field: &FieldDefinition) -> Self {
        let directive = |name: &str| {
            let directives = field.directives.iter().map(|it| &it.node);
            directives.into_iter().find(|it| it.name.node == name)
        };
        Self {
            statements: number(directive("cost"), "statements"),
            rows: number(directive("cost"), "rows"),
            page_size: directive("page").map(|page| number(Some(page), "default")),
            rows_per_item: number(directive("page"), "rows").max(1),
            is_sized_by_input: directive("sizedByInput").is_some(),
            shares_statement: directive("sharedStatement").is_some(),
            is_per_viewer: directive("perViewer").is_some(),
        }
    }

    /// The maximum number of statements that it may run.
    pub fn most_statements(self) -> usize {
        self.statements + usize::from(self.shares_statement)
    }
}

/// The number that a directive declares; zero without the directive or its argument.
fn number(directive: Option<&ConstDirective>, argument: &str) -> usize {
    let argument = directive.and_then(|it| it.get_argument(argument));
    let number = argument.and_then(|value| match &value.node {
        Value::Number(number) => number.as_u64(),
        _ => None,
    });
    usize::try_from(number.unwrap_or_default()).unwrap_or(usize::MAX)
}
