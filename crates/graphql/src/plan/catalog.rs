//! The types and root fields that plans know, from their declarations.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::Name;
use async_graphql_value::Value;
use heck::ToLowerCamelCase;

use crate::{
    error::Error,
    guard::document::LargeFields,
    read::{
        columns::{ColumnSet, number_of},
        edge::{ListEdge, ToOneEdge},
        format::Format,
        level::Rows,
    },
    schema::{
        analytics::Analytics,
        marker::Marker,
        meeting::Meeting,
        object::{Declaration, Declared},
        part::PartRows,
        participant::Participant,
        root::{ROOT_FIELDS, RootField, RootKey, RootRows},
        segment::Segment,
        session::Session,
        task::Task,
        user::User,
        workspace::Workspace,
    },
};

/// A type whose objects are rows.
pub(super) struct ObjectType {
    /// Its name.
    pub(super) name: &'static str,
    /// The number of the column with the primary key.
    pub(super) id: usize,
    /// All columns, of which long ones are read where they are selected.
    pub(super) columns: fn(&LargeFields) -> ColumnSet,
    /// Makes objects of whole rows.
    pub(super) objects: fn(&Rows, &[u32]) -> Result<PartRows, Error>,
    fields: HashMap<String, FieldSource>,
}

/// Where the value of a field comes from.
pub(super) enum FieldSource {
    /// The global id.
    Id,
    /// The primary key.
    DatabaseId,
    /// A column.
    Column {
        /// Its number.
        number: usize,
        /// How it is written.
        format: Format,
    },
    /// A related object.
    One {
        /// The number of the column with the key.
        key: usize,
        target: &'static str,
        /// Whether the field is never null.
        is_required: bool,
        edge: &'static dyn ToOneEdge,
    },
    /// A list of related objects.
    List {
        key: usize,
        target: &'static str,
        edge: &'static dyn ListEdge,
    },
}

impl ObjectType {
    fn of<T: Declared>() -> (&'static str, Self) {
        let id = number_of::<T>(T::ID);
        let declared = T::DECLARATIONS.iter().map(|declaration| {
            let (field, source) = match declaration {
                Declaration::Column {
                    field,
                    column,
                    kind,
                } => {
                    let source = FieldSource::Column {
                        number: number_of::<T>(*column),
                        format: Format::of(*column, kind()),
                    };
                    (field, source)
                }
                Declaration::ToOne {
                    field,
                    target,
                    is_required,
                    link,
                    edge,
                } => {
                    let source = FieldSource::One {
                        key: number_of::<T>(link.key),
                        target,
                        is_required: *is_required,
                        edge: *edge,
                    };
                    (field, source)
                }
                Declaration::List {
                    field,
                    target,
                    link,
                    edge,
                } => {
                    let source = FieldSource::List {
                        key: number_of::<T>(link.key),
                        target,
                        edge: *edge,
                    };
                    (field, source)
                }
            };
            (field.to_lower_camel_case(), source)
        });
        let own = [
            ("id".to_owned(), FieldSource::Id),
            ("databaseId".to_owned(), FieldSource::DatabaseId),
        ];
        let fields = declared.chain(own).collect();
        let ty = Self {
            name: T::NAME,
            id,
            columns: ColumnSet::all::<T>,
            objects: PartRows::read::<T>,
            fields,
        };
        (T::NAME, ty)
    }

    /// A field that is no code.
    pub(super) fn field(&self, name: &str) -> Option<&FieldSource> {
        self.fields.get(name)
    }
}

static TYPES: LazyLock<HashMap<&'static str, ObjectType>> = LazyLock::new(|| {
    HashMap::from([
        ObjectType::of::<Analytics>(),
        ObjectType::of::<Marker>(),
        ObjectType::of::<Meeting>(),
        ObjectType::of::<Participant>(),
        ObjectType::of::<Segment>(),
        ObjectType::of::<Session>(),
        ObjectType::of::<Task>(),
        ObjectType::of::<User>(),
        ObjectType::of::<Workspace>(),
    ])
});

/// The type with this name.
pub(super) fn object_type(name: &str) -> Option<&'static ObjectType> {
    TYPES.get(name)
}

/// The root field with this name and one of these arguments, if it can be planned.
pub(super) fn root_field(name: &str, arguments: &[(Name, Value)]) -> Option<&'static RootField> {
    ROOT_FIELDS.iter().find(|field| {
        let argument = match field.rows {
            RootRows::One(_, RootKey::Id) => Some("id"),
            RootRows::One(_, RootKey::ExternalId) => Some("externalId"),
            RootRows::One(_, RootKey::Workspace) | RootRows::List(_) => None,
        };
        let is_given = |argument| arguments.iter().any(|(name, _)| name == argument);
        field.name == name && argument.is_none_or(is_given)
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };

    use super::*;

    /// The root fields that are more than rows.
    const WITH_CODE: [&str; 4] = ["node", "nodes", "search", "viewer"];

    #[test]
    fn root_fields_are_rows_or_have_code() {
        let document = parse_schema(crate::sdl()).unwrap();
        let fields = document.definitions.into_iter().find_map(|it| match it {
            TypeSystemDefinition::Type(it) if it.node.name.node == "Query" => match it.node.kind {
                TypeKind::Object(query) => Some(query.fields),
                _ => None,
            },
            _ => None,
        });
        let fields = fields.unwrap().into_iter();
        let fields: Vec<String> = fields.map(|it| it.node.name.node.to_string()).collect();
        assert!(fields.contains(&"meetings".to_owned()), "{fields:?}");
        for field in fields {
            let is_row = ROOT_FIELDS.iter().any(|root| root.name == field);
            assert_ne!(is_row, WITH_CODE.contains(&field.as_str()), "{field}");
        }
    }

    #[test]
    fn targets_are_known() {
        for root in ROOT_FIELDS {
            assert!(object_type(root.target).is_some(), "{}", root.name);
        }
        for ty in TYPES.values() {
            for (name, field) in &ty.fields {
                if let FieldSource::One { target, .. } | FieldSource::List { target, .. } = field {
                    assert!(object_type(target).is_some(), "{}.{name}", ty.name);
                }
            }
        }
    }
}
