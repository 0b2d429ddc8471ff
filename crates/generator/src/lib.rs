//! Random GraphQL documents, variables and values that follow a schema.
//!
//! Only tests and fuzz targets use this crate. It knows a schema as SDL, takes all choices from
//! random bytes, and is deterministic.

mod document;
mod schema;
mod value;

use arbitrary::{Result, Unstructured};
use async_graphql_value::{ConstValue, indexmap::IndexMap};

pub use self::{
    schema::{Schema, base, is_required},
    value::{AnyLeaves, Leaves, Place},
};

/// What a generator makes.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether there are occasional mistakes: values of other types, missing fields, names that do
    /// not exist, fields that conflict. Without them, all documents are valid.
    pub mistakes: bool,
    /// Whether tokens are separated by anything that is ignored, such as comments.
    pub noise: bool,
    /// How deep fields are nested at most.
    pub field_levels: usize,
    /// How deep values are nested at most.
    pub value_levels: usize,
    /// How many selections a document has, apart from those that a selection set needs.
    pub selections: usize,
}

impl Style {
    /// Documents as clients send them: valid, and not very large.
    pub const VALID: Self = Self {
        mistakes: false,
        noise: false,
        field_levels: 6,
        value_levels: 4,
        selections: 40,
    };

    /// Large documents with occasional mistakes, which try everything that the grammar allows.
    pub const HOSTILE: Self = Self {
        mistakes: true,
        noise: true,
        field_levels: 7,
        value_levels: 7,
        selections: 300,
    };
}

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `query`
    Query,
    /// `mutation`
    Mutation,
}

/// A generated operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The document, which has no other operation.
    pub document: String,
    /// The values of its variables. Those with a default may have none.
    pub variables: IndexMap<String, ConstValue>,
}

/// Generates operations and values.
#[derive(Clone, Copy)]
pub struct Generator<'a> {
    /// What is generated follows this schema.
    pub schema: &'a Schema,
    /// Where the values of scalars are from.
    pub leaves: &'a dyn Leaves,
    /// What is generated.
    pub style: Style,
    /// The names of fields that are selected wherever a type has them, with all of their leaves.
    pub always: &'a [&'a str],
}

impl Generator<'_> {
    /// An operation with one or more root fields.
    ///
    /// # Errors
    ///
    /// If the random bytes cannot be used.
    pub fn operation(&self, u: &mut Unstructured<'_>, kind: Kind) -> Result<Operation> {
        document::operation(*self, u, kind, None)
    }

    /// An operation whose only root field is this one, with any arguments and selections.
    ///
    /// # Errors
    ///
    /// If there is no such field, or if the random bytes cannot be used.
    pub fn operation_of(
        &self,
        u: &mut Unstructured<'_>,
        kind: Kind,
        field: &str,
    ) -> Result<Operation> {
        document::operation(*self, u, kind, Some(field))
    }
}
