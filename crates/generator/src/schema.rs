//! The schema that documents and values follow.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{
    Positioned,
    parser::{
        self, parse_schema,
        types::{
            BaseType, ConstDirective, FieldDefinition, InputValueDefinition, Type, TypeKind,
            TypeSystemDefinition,
        },
    },
};

/// The types of the schema by their names.
pub struct Schema {
    types: BTreeMap<String, TypeKind>,
    /// The input objects of which exactly one field is given.
    one_of: BTreeSet<String>,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// If the text is not SDL.
    pub fn parse(sdl: &str) -> Result<Self, parser::Error> {
        let document = parse_schema(sdl)?;
        let mut types = BTreeMap::new();
        let mut one_of = BTreeSet::new();
        for definition in document.definitions {
            if let TypeSystemDefinition::Type(it) = definition {
                let (name, directives) = (it.node.name.node.to_string(), it.node.directives);
                if directives.iter().any(|it| it.node.name.node == "oneOf") {
                    one_of.insert(name.clone());
                }
                types.insert(name, it.node.kind);
            }
        }
        Ok(Self { types, one_of })
    }

    /// The fields of a type; empty if it has none.
    pub fn fields(&self, name: &str) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match self.types.get(name) {
            Some(TypeKind::Object(object)) => object.fields.as_slice(),
            Some(TypeKind::Interface(interface)) => interface.fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|it| &it.node)
    }

    /// Whether fields of this type need a selection set.
    #[must_use]
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(
            self.types.get(name),
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
        )
    }

    /// Whether the type is an interface or a union.
    #[must_use]
    pub fn is_abstract(&self, name: &str) -> bool {
        matches!(
            self.types.get(name),
            Some(TypeKind::Interface(_) | TypeKind::Union(_))
        )
    }

    /// Whether the type implements an interface or belongs to a union.
    #[must_use]
    pub fn is_member(&self, name: &str) -> bool {
        self.types.iter().any(|(other, kind)| match kind {
            TypeKind::Union(union) => union.members.iter().any(|it| it.node == name),
            TypeKind::Object(object) => other == name && !object.implements.is_empty(),
            _ => false,
        })
    }

    /// The names of all types with fields and of unions.
    pub fn composite(&self) -> Vec<&str> {
        let names = self.types.keys().map(String::as_str);
        names.filter(|name| self.is_composite(name)).collect()
    }

    /// The possible types of an interface or union, or else the type itself.
    #[must_use]
    pub fn possible<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
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

    /// The composite types that fragments within a type may be on.
    #[must_use]
    pub fn overlapping(&self, name: &str) -> Vec<&str> {
        let possible = self.possible(name);
        let overlaps = |it: &str| self.possible(it).iter().any(|it| possible.contains(it));
        let mut names = self.composite();
        names.retain(|it| overlaps(it));
        names
    }

    /// The names of all types, also of those that are built in.
    #[must_use]
    pub fn type_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.types.keys().map(String::as_str).collect();
        names.extend(["Int", "Float", "String", "Boolean", "ID"]);
        names
    }

    /// The names of all fields, arguments, input fields and values of enums.
    #[must_use]
    pub fn member_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.types.keys() {
            for field in self.fields(name) {
                names.push(&field.name.node);
                let arguments = field.arguments.iter();
                names.extend(arguments.map(|it| it.node.name.node.as_str()));
            }
            let inputs = self.inputs(name).unwrap_or_default();
            names.extend(inputs.iter().map(|it| it.name.node.as_str()));
            names.extend(self.names(name).unwrap_or_default());
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The values of an enum, if the type is one.
    #[must_use]
    pub fn names(&self, name: &str) -> Option<Vec<&str>> {
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

    /// The values of an enum with their directives; empty if the type is none.
    pub fn values(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&str, &[Positioned<ConstDirective>])> {
        let values = match self.types.get(name) {
            Some(TypeKind::Enum(it)) => it.values.as_slice(),
            _ => &[],
        };
        let values = values.iter().map(|it| &it.node);
        values.map(|it| (it.value.node.as_str(), it.directives.as_slice()))
    }

    /// Whether exactly one field of an input object is given, and is not null.
    #[must_use]
    pub fn is_one_of(&self, name: &str) -> bool {
        self.one_of.contains(name)
    }

    /// The fields of an input object, if the type is one.
    #[must_use]
    pub fn inputs(&self, name: &str) -> Option<Vec<&InputValueDefinition>> {
        match self.types.get(name)? {
            TypeKind::InputObject(object) => {
                Some(object.fields.iter().map(|it| &it.node).collect())
            }
            _ => None,
        }
    }
}

/// The name of the innermost type.
#[must_use]
pub fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base(item),
    }
}

/// Whether an argument or input field must have a value.
pub fn is_required(input: &InputValueDefinition) -> bool {
    !input.ty.node.nullable && input.default_value.is_none()
}
