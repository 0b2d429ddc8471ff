//! Declarations of types: the columns, the relations to single objects and the lists, each once.
//!
//! [`object!`] generates the type and turns each declaration into an ordinary method of its
//! `#[Object]`, which clients see as a field. [`Declared::DECLARATIONS`] has the same declarations
//! as data.

mod macros;
mod values;

pub(crate) use macros::{
    column_value, declarations, field_name, fields, link_columns, list_result, object, relation,
};
pub(crate) use values::{ForeignKey, Formatted, FromColumn};

use crate::read::{
    edge::{ListEdge, ToOneEdge},
    format::Kind,
    row::{ColumnOf, Row},
};

/// The source of a field.
pub(crate) enum Declaration<T: Row> {
    /// The value of a column.
    Column {
        /// The name of the method, in snake case.
        field: &'static str,
        column: ColumnOf<T>,
        /// What kind of values it has.
        kind: fn() -> Kind,
    },
    /// The object at the other end of a relation.
    ToOne {
        field: &'static str,
        /// The name of the type of that object.
        target: &'static str,
        /// Whether the workspace scope guarantees that the object is there.
        is_required: bool,
        link: Link<T>,
        edge: &'static dyn ToOneEdge,
    },
    /// The list of objects at the other end of a relation.
    List {
        field: &'static str,
        target: &'static str,
        link: Link<T>,
        edge: &'static dyn ListEdge,
    },
}

/// The columns that a relation joins.
pub(crate) struct Link<T: Row> {
    /// The column of the row at hand.
    pub(crate) key: ColumnOf<T>,
    /// The name of the target's column that equals it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the relation knows it as well"))]
    pub(crate) column: fn() -> &'static str,
}

/// A type declared with [`object!`].
pub(crate) trait Declared: Row {
    /// The fields that come from columns and relations.
    const DECLARATIONS: &'static [Declaration<Self>];
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };
    use entity::null::NullDefault;
    use heck::ToLowerCamelCase;
    use sea_orm::{ColumnTrait, IdenStatic, Iterable};

    use super::{Declaration, Declared};
    use crate::{
        read::row::{ColumnOf, Row},
        schema::{
            analytics::Analytics, marker::Marker, meeting::Meeting, participant::Participant,
            segment::Segment, session::Session, task::Task, user::User, workspace::Workspace,
        },
    };

    /// Columns that are neither shown as they are nor keys of a relation.
    const NOT_SHOWN: &[&str] = &["id", "password_hash"];

    /// The columns of a type.
    fn columns<T: Declared>() -> BTreeSet<&'static str> {
        ColumnOf::<T>::iter()
            .map(|column| column.as_str())
            .collect()
    }

    /// The types of all fields of objects, by the names of both.
    fn field_types() -> BTreeMap<(String, String), String> {
        let document = parse_schema(crate::sdl()).unwrap();
        let definitions = document.definitions.into_iter();
        let objects = definitions.filter_map(|definition| match definition {
            TypeSystemDefinition::Type(it) => match it.node.kind {
                TypeKind::Object(object) => Some((it.node.name.node, object.fields)),
                _ => None,
            },
            _ => None,
        });
        let fields = objects.flat_map(|(name, fields)| {
            fields.into_iter().map(move |field| {
                let key = (name.to_string(), field.node.name.node.to_string());
                (key, field.node.ty.node.to_string())
            })
        });
        fields.collect()
    }

    /// Checks that filters and orders read NULL as the default that the field shows. Settings can be
    /// neither filtered nor sorted by.
    fn check_default<T: Declared>(column: &ColumnOf<T>, ty: &str) {
        let shows_default = column.def().is_null() && ty.ends_with('!') && ty != "JSON!";
        let name = column.as_str();
        assert_eq!(
            column.null_default().is_some(),
            shows_default,
            "what NULL stands for in {}.{name}, of type {ty}",
            T::NAME
        );
    }

    fn check<T: Declared>(
        types: &BTreeMap<(String, String), String>,
        columns_of: &BTreeMap<&str, BTreeSet<&str>>,
    ) {
        let mut covered: BTreeSet<_> = NOT_SHOWN.iter().copied().collect();
        for declaration in T::DECLARATIONS {
            let (field, target, link) = match declaration {
                Declaration::Column { field, column, .. } => {
                    covered.insert(column.as_str());
                    (field, None, None)
                }
                Declaration::ToOne {
                    field,
                    target,
                    is_required,
                    link,
                    ..
                } => {
                    let ty = format!("{target}{}", if *is_required { "!" } else { "" });
                    (field, Some((*target, ty)), Some(link))
                }
                Declaration::List {
                    field,
                    target,
                    link,
                    ..
                } => (
                    field,
                    Some((*target, format!("{target}Connection!"))),
                    Some(link),
                ),
            };
            let field = field.to_lower_camel_case();
            let ty = types.get(&(T::NAME.to_owned(), field.clone()));
            let ty = ty.unwrap_or_else(|| panic!("{}.{field} is not a field", T::NAME));
            if let Declaration::Column { column, .. } = declaration {
                check_default::<T>(column, ty);
            }
            if let (Some((target, expected)), Some(link)) = (target, link) {
                assert_eq!(*ty, expected, "{}.{field}", T::NAME);
                covered.insert(link.key.as_str());
                let column = (link.column)();
                assert!(columns_of[target].contains(column), "{target}.{column}");
            }
        }
        let left_out: Vec<_> = columns_of[T::NAME].difference(&covered).collect();
        assert!(
            left_out.is_empty(),
            "{} does not declare {left_out:?}",
            T::NAME
        );
    }

    #[test]
    fn declarations_match_the_schema_and_cover_every_column() {
        macro_rules! check_all {
            ($($name:ident),*) => {
                let types = field_types();
                let columns_of = BTreeMap::from([$(($name::NAME, columns::<$name>())),*]);
                $(check::<$name>(&types, &columns_of);)*
            };
        }
        check_all!(
            Analytics,
            Marker,
            Meeting,
            Participant,
            Segment,
            Session,
            Task,
            User,
            Workspace
        );
    }
}
