//! Declarations of types: the columns, the relations to single objects and the lists, each once.
//!
//! [`object!`] generates the type and turns each declaration into an ordinary method of its
//! `#[Object]`, which clients see as a field. [`Declared::DECLARATIONS`] has the same declarations
//! as data.

mod macros;
mod values;

pub(crate) use macros::{column_value, declarations, field_name, fields, object, relation};
pub(crate) use values::{ForeignKey, FromColumn};

use crate::read::row::{ColumnOf, Row};

/// The source of a field.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "only tests read it so far; query plans will be built from it"
    )
)]
pub(crate) enum Declaration<T: Row> {
    /// The value of a column.
    Column {
        /// The name of the method, in snake case.
        field: &'static str,
        column: ColumnOf<T>,
    },
    /// The object at the other end of a relation.
    ToOne {
        field: &'static str,
        /// The name of the type of that object.
        target: &'static str,
    },
    /// The list of objects at the other end of a relation.
    List {
        field: &'static str,
        target: &'static str,
    },
}

/// A type declared with [`object!`].
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "only tests read it so far; query plans will be built from it"
    )
)]
pub(crate) trait Declared: Row {
    /// The fields that come from columns and relations.
    const DECLARATIONS: &'static [Declaration<Self>];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use heck::ToLowerCamelCase;
    use sea_orm::{IdenStatic, Iterable};

    use super::{Declaration, Declared};
    use crate::{
        guard::cost::facts::Facts,
        read::row::ColumnOf,
        schema::{
            analytics::Analytics, marker::Marker, meeting::Meeting, participant::Participant,
            segment::Segment, session::Session, task::Task, user::User, workspace::Workspace,
        },
    };

    /// Columns without a field of their own: keys of relations, which are shown as related objects, and
    /// values that clients must not see.
    const NOT_SHOWN: [&str; 7] = [
        "id",
        "password_hash",
        "workspace_id",
        "organizer_id",
        "meeting_id",
        "user_id",
        "session_id",
    ];
    const KEYS_OF_TASKS: [&str; 3] = ["assigned_to_id", "created_by_id", "depends_on_task_id"];

    fn check<T: Declared>(facts: &Facts) {
        let mut columns = BTreeSet::new();
        for declaration in T::DECLARATIONS {
            let (field, target) = match declaration {
                Declaration::Column { field, column } => {
                    columns.insert(column.as_str());
                    (field, None)
                }
                Declaration::ToOne { field, target } => (field, Some((*target).to_owned())),
                Declaration::List { field, target } => (field, Some(format!("{target}Connection"))),
            };
            let field = field.to_lower_camel_case();
            let fact = facts.composite(T::NAME).and_then(|it| it.field(&field));
            let fact = fact.unwrap_or_else(|| panic!("{}.{field} is not a field", T::NAME));
            if let Some(target) = target {
                assert_eq!(fact.type_name, target, "{}.{field}", T::NAME);
            }
        }
        for column in ColumnOf::<T>::iter() {
            let name = column.as_str();
            let is_known = columns.contains(name)
                || NOT_SHOWN.contains(&name)
                || KEYS_OF_TASKS.contains(&name);
            assert!(
                is_known,
                "{}.{name} is neither a field nor excluded",
                T::NAME
            );
        }
    }

    #[test]
    fn declarations_match_the_schema_and_cover_every_column() {
        let facts = Facts::new(&crate::sdl());
        check::<Analytics>(&facts);
        check::<Marker>(&facts);
        check::<Meeting>(&facts);
        check::<Participant>(&facts);
        check::<Segment>(&facts);
        check::<Session>(&facts);
        check::<Task>(&facts);
        check::<User>(&facts);
        check::<Workspace>(&facts);
    }
}
