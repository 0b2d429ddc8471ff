//! Which documents are valid: those that the September 2025 edition of the specification calls so.
//! apollo-compiler has the rules.

use std::{borrow::Cow, collections::HashSet};

use apollo_compiler::{
    Node, Schema,
    ast::{self, Definition},
    diagnostic::{Diagnostic, ToCliReport},
    parser::Parser,
    validation::{DiagnosticData, Valid},
};
use async_graphql::{Pos, ServerError};

use super::{
    grammar,
    lexer::{self, MAX_BRACKET_DEPTH},
    position::Lines,
    syntax_error,
};
use crate::error::response::MAX_ERRORS;

/// The parser counts nested brackets and the parts of a definition around them.
const PARSER_RECURSION: usize = 4 * MAX_BRACKET_DEPTH;

/// Parses a document.
///
/// # Errors
///
/// The first violation of the grammar, and where it is.
pub(super) fn parse(text: &str, lines: &Lines) -> Result<ast::Document, (String, Pos)> {
    let mut parser = Parser::new().recursion_limit(PARSER_RECURSION);
    let document = parser
        .parse_ast(lexer::without_ignored(text), "")
        .map_err(|failed| {
            let first = failed.errors.iter().next();
            first.map_or_else(Default::default, |it| {
                let message = syntax_error::in_plain_words(&it.error.to_string());
                (message, lines.position(it.error.location()))
            })
        })?;
    grammar::check(text).map_err(|(problem, offset)| (problem.to_owned(), lines.at(offset)))?;
    if document.definitions.is_empty() {
        return Err((
            "the document has no operation".to_owned(),
            Pos { line: 1, column: 1 },
        ));
    }
    Ok(document)
}

/// The violations of the rules, in the order of their places.
pub(super) fn validate(
    document: &ast::Document,
    schema: &Valid<Schema>,
    lines: &Lines,
) -> Vec<ServerError> {
    let document = &without_null_defaults(document);
    let Err(failed) = document.to_executable_validate(schema) else {
        return Vec::new();
    };
    let errors = failed
        .errors
        .iter()
        .filter(|it| !is_merged_root(it, document))
        .take(MAX_ERRORS);
    errors
        .map(|it| {
            let position = it
                .error
                .location()
                .map(|_| lines.position(it.error.location()));
            ServerError::new(message(&it), position)
        })
        .collect()
}

/// The document without the defaults of variables that are null, which change nothing for the rules.
/// apollo-compiler takes null for a default that makes the variable non-null.
fn without_null_defaults(document: &ast::Document) -> Cow<'_, ast::Document> {
    let is_null = |it: &Node<ast::VariableDefinition>| {
        !it.ty.is_non_null() && it.default_value.as_ref().is_some_and(|it| it.is_null())
    };
    let has_null = |it: &Definition| match it {
        Definition::OperationDefinition(it) => it.variables.iter().any(is_null),
        _ => false,
    };
    if !document.definitions.iter().any(has_null) {
        return Cow::Borrowed(document);
    }
    let mut document = document.clone();
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            let variables = &mut operation.make_mut().variables;
            for variable in variables.iter_mut().filter(|it| is_null(it)) {
                variable.make_mut().default_value = None;
            }
        }
    }
    Cow::Owned(document)
}

/// How long the message of an error is at most, in characters. Some contain a value of the document.
const MAX_MESSAGE: usize = 400;

/// What is wrong, as a sentence.
fn message(diagnostic: &Diagnostic<'_, DiagnosticData>) -> String {
    // The sentences that graphql-js uses are those that clients and their developers know.
    let known = match diagnostic.error.unstable_error_name() {
        // This one lacks a quotation mark.
        Some("ConflictingFieldType") => None,
        _ => diagnostic.error.unstable_compat_message(),
    };
    let text = known.unwrap_or_else(|| diagnostic.error.to_string());
    let text = match diagnostic.error.unstable_error_name() {
        // It has the name of the wrong type.
        Some("MissingSubselection") => without_type(&text),
        _ => text.replace(" on field \"@", " on directive \"@"),
    };
    let mut characters = text.chars();
    let capital = characters.next().map(|it| it.to_ascii_uppercase());
    let characters = capital.into_iter().chain(characters);
    let mut sentence: String = characters.take(MAX_MESSAGE).collect();
    if sentence.len() < text.len() {
        sentence.push('…');
    }
    if !sentence.ends_with(['.', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

/// `Field "a" of type "B" must …` without the type.
fn without_type(text: &str) -> String {
    let parts = text
        .split_once(" of type \"")
        .and_then(|(start, rest)| Some((start, rest.split_once('"')?.1)));
    parts.map_or_else(|| text.to_owned(), |(start, end)| format!("{start}{end}"))
}

/// Whether the error is that a subscription has several root fields, although all have the same
/// response name, so that they are merged into one. apollo-compiler counts the fields before they
/// are merged.
fn is_merged_root(diagnostic: &Diagnostic<'_, DiagnosticData>, document: &ast::Document) -> bool {
    if diagnostic.error.unstable_error_name() != Some("SubscriptionUsesMultipleFields") {
        return false;
    }
    let operation = document.definitions.iter().find_map(|it| match it {
        Definition::OperationDefinition(it) if it.location() == diagnostic.error.location() => {
            Some(it)
        }
        _ => None,
    });
    operation.is_some_and(|operation| {
        let mut root = Root {
            document,
            visited: HashSet::new(),
            names: HashSet::new(),
        };
        root.add(&operation.selection_set);
        root.names.len() == 1
    })
}

/// The response names at the root of an operation.
struct Root<'a> {
    document: &'a ast::Document,
    visited: HashSet<&'a str>,
    names: HashSet<&'a str>,
}

impl<'a> Root<'a> {
    fn add(&mut self, selections: &'a [ast::Selection]) {
        for selection in selections {
            match selection {
                ast::Selection::Field(field) => {
                    self.names.insert(field.response_name());
                }
                ast::Selection::InlineFragment(fragment) => self.add(&fragment.selection_set),
                ast::Selection::FragmentSpread(spread) => {
                    if self.visited.insert(&spread.fragment_name)
                        && let Some(fragment) = self.fragment(&spread.fragment_name)
                    {
                        self.add(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn fragment(&self, name: &str) -> Option<&'a Node<ast::FragmentDefinition>> {
        self.document.definitions.iter().find_map(|it| match it {
            Definition::FragmentDefinition(it) if it.name == name => Some(it),
            _ => None,
        })
    }
}
