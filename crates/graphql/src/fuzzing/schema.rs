//! The schema, for generating documents and values.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
    },
};

/// The schema of this server.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::new);

/// The types of the schema by their names.
pub(super) struct Schema {
    types: HashMap<String, TypeKind>,
}

impl Schema {
    fn new() -> Self {
        let document = parse_schema(crate::sdl()).expect("the schema is a schema");
        let types = document.definitions.into_iter().filter_map(|it| match it {
            TypeSystemDefinition::Type(it) => Some((it.node.name.node.to_string(), it.node.kind)),
            _ => None,
        });
        Self {
            types: types.collect(),
        }
    }

    /// The fields of a type; empty if it has none.
    pub(super) fn fields(&self, name: &str) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match self.types.get(name) {
            Some(TypeKind::Object(object)) => object.fields.as_slice(),
            Some(TypeKind::Interface(interface)) => interface.fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|it| &it.node)
    }

    /// Whether fields of this type need a selection set.
    pub(super) fn is_composite(&self, name: &str) -> bool {
        matches!(
            self.types.get(name),
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
        )
    }

    /// The possible types of an interface or union, or else the type itself.
    pub(super) fn possible<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let mut names = match self.types.get(name) {
            Some(TypeKind::Union(union)) => {
                union.members.iter().map(|it| it.node.as_str()).collect()
            }
            Some(TypeKind::Interface(_)) => {
                let objects = self.types.iter().filter(|(_, kind)| match kind {
                    TypeKind::Object(it) => it.implements.iter().any(|it| it.node == name),
                    _ => false,
                });
                objects.map(|(name, _)| name.as_str()).collect()
            }
            _ => vec![name],
        };
        names.sort_unstable();
        names
    }

    /// The values of an enum, if the type is one.
    pub(super) fn names(&self, name: &str) -> Option<Vec<&str>> {
        match self.types.get(name)? {
            TypeKind::Enum(it) => Some(
                it.values
                    .iter()
                    .map(|it| it.node.value.node.as_str())
                    .collect(),
            ),
            _ => None,
        }
    }

    /// The fields of an input object, if the type is one.
    pub(super) fn inputs(&self, name: &str) -> Option<Vec<&InputValueDefinition>> {
        match self.types.get(name)? {
            TypeKind::InputObject(object) => {
                Some(object.fields.iter().map(|it| &it.node).collect())
            }
            _ => None,
        }
    }
}

/// The name of the innermost type.
pub(super) fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base(item),
    }
}
