//! The declaration of a type: its columns, its relations to single objects and its lists, each once.
//!
//! [`object!`] makes the type, and of each declaration an ordinary method of its `#[Object]`, which
//! clients see as a field. [`Declared::DECLARATIONS`] is the same as data.

use sea_orm::prelude::{Date as SqlDate, DateTime as SqlDateTime, Json as SqlJson};

use crate::{
    read::{
        filter::ClosedSet,
        row::{ColumnOf, Row},
    },
    scalar::{Date, DateTime, Json, Uuid},
};

/// What a field of a type is made of.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "only tests read it so far; plans of queries are to be made of it"
    )
)]
pub(crate) enum Declaration<T: Row> {
    /// The value of a column.
    Column {
        /// The name of the method, in snake case.
        field: &'static str,
        column: ColumnOf<T>,
    },
    /// The object that a relation leads to.
    ToOne {
        field: &'static str,
        /// The name of the type it leads to.
        target: &'static str,
    },
    /// The list of objects that a relation leads to.
    List {
        field: &'static str,
        target: &'static str,
    },
}

/// A type that is declared with [`object!`].
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "only tests read it so far; plans of queries are to be made of it"
    )
)]
pub(crate) trait Declared: Row {
    /// Its fields that are made of columns and relations.
    const DECLARATIONS: &'static [Declaration<Self>];
}

/// A value of the schema that is stored in a column of the type `C`.
pub(crate) trait FromColumn<'a, C: ?Sized>: Sized {
    fn from_column(stored: &'a C) -> Self;
}

macro_rules! stored_as_is {
    ($($value:ty: $column:ty => $read:expr;)*) => {
        $(impl<'a> FromColumn<'a, $column> for $value {
            fn from_column(stored: &'a $column) -> Self {
                let read: fn(&'a $column) -> Self = $read;
                read(stored)
            }
        })*
    };
}

stored_as_is! {
    &'a str: String => |stored| stored;
    Option<&'a str>: Option<String> => |stored| stored.as_deref();
    i32: i32 => |stored| *stored;
    Option<i32>: Option<i32> => |stored| *stored;
    Option<f64>: Option<f64> => |stored| *stored;
    Option<bool>: Option<bool> => |stored| *stored;
    Option<Date>: Option<SqlDate> => |stored| stored.map(Date);
    Option<DateTime>: Option<SqlDateTime> => |stored| stored.map(DateTime);
    // Nullable by the data contract, but set by everybody who writes it.
    DateTime: Option<SqlDateTime> => |stored| DateTime(stored.unwrap_or_default());
    Option<Json>: Option<SqlJson> => |stored| stored.clone().map(Json);
    Uuid: String => |stored| Uuid(stored.clone());
}

/// A closed set, where NULL means the default of the data contract.
impl<'a, T> FromColumn<'a, Option<T::Stored>> for T
where
    T: ClosedSet<Stored: Copy + Default> + From<T::Stored>,
{
    fn from_column(stored: &'a Option<T::Stored>) -> Self {
        stored.unwrap_or_default().into()
    }
}

/// A column by which a row refers to another one.
pub(crate) trait ForeignKey<K> {
    /// The key of the other row, if there is one.
    fn key(&self) -> Option<K>;
}

impl<K: Clone> ForeignKey<K> for K {
    fn key(&self) -> Option<K> {
        Some(self.clone())
    }
}

impl<K: Clone> ForeignKey<K> for Option<K> {
    fn key(&self) -> Option<K> {
        self.clone()
    }
}

/// The value of a column; with a default, if the column is NULL.
macro_rules! column_value {
    ($row:expr, $column:ident) => {
        $crate::schema::object::FromColumn::from_column(&$row.$column)
    };
    ($row:expr, $column:ident, $default:expr) => {{
        let value: Option<_> = $crate::schema::object::FromColumn::from_column(&$row.$column);
        value.unwrap_or_else(|| $default)
    }};
}
pub(crate) use column_value;

/// A relation: all rows, or those of another table by the key that a column of the parent holds.
macro_rules! relation {
    (all) => {
        $crate::read::relation::Relation::all()
    };
    ($key:ident -> $column:path) => {
        $crate::read::relation::Relation::new($column, |parent| {
            $crate::schema::object::ForeignKey::key(&parent.0.$key)
        })
    };
}
pub(crate) use relation;

/// The name of the field of a column.
macro_rules! field_name {
    ($column:ident) => {
        stringify!($column)
    };
    ($column:ident, $alias:literal) => {
        $alias
    };
}
pub(crate) use field_name;

/// Declares the type of the rows of a table.
///
/// ```text
/// object! {
///     /// The description of the type.
///     Task of task;
///     columns {
///         /// The description of the field. The type of the column says how it is read.
///         title: &str;
///         /// A nullable column that reads as a default.
///         language: &str = "en";
///         /// A field with another name than its column.
///         kind as "type": MarkerType;
///     }
///     required {
///         /// An object that is always there: the relation by the column `meeting_id`.
///         meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
///     }
///     optional {
///         /// An object that may be missing, or be in another workspace.
///         assigned_to: User = ASSIGNED_TO(assigned_to_id -> user::Column::Id);
///     }
///     lists {
///         /// Objects that refer to this one. A relation over a text column names its type.
///         markers: Marker = MARKERS<String>(external_id -> marker::Column::SessionId);
///     }
///     fields {
///         // Ordinary methods.
///     }
/// }
/// ```
macro_rules! object {
    (
        $(#[$doc:meta])*
        $name:ident of $entity:ident;
        columns { $($columns:tt)* }
        $(required { $($required:tt)* })?
        $(optional { $($optional:tt)* })?
        $(lists { $($lists:tt)* })?
        $(fields { $($fields:tt)* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) ::std::sync::Arc<$entity::Model>);

        impl From<::std::sync::Arc<$entity::Model>> for $name {
            fn from(row: ::std::sync::Arc<$entity::Model>) -> Self {
                Self(row)
            }
        }

        impl $crate::read::row::Row for $name {
            type Entity = $entity::Entity;

            const NAME: &'static str = stringify!($name);
            const ID: $entity::Column = $entity::Column::Id;

            fn database_id(row: &$entity::Model) -> i32 {
                row.id
            }
        }

        $crate::schema::object::declarations! {
            $name of $entity;
            columns { $($columns)* }
            to_one { $($($required)*)? $($($optional)*)? }
            lists { $($($lists)*)? }
        }

        $crate::schema::object::fields! {
            $(#[$doc])*
            $name;
            columns { $($columns)* }
            required { $($($required)*)? }
            optional { $($($optional)*)? }
            lists { $($($lists)*)? }
            fields {
                /// Globally unique, opaque ID. Can be passed to `node`.
                pub(crate) async fn id(&self) -> ::async_graphql::ID {
                    <Self as $crate::read::row::Row>::global_id(&self.0)
                }

                /// The database primary key. Prefer `id`.
                pub(crate) async fn database_id(&self) -> i32 {
                    self.0.id
                }

                $($($fields)*)?
            }
        }
    };
}
pub(crate) use object;

/// The declarations of a type as data.
macro_rules! declarations {
    (
        $name:ident of $entity:ident;
        columns { $(
            $(#[$column_doc:meta])*
            $column:ident $(as $alias:literal)?: $column_type:ty $(= $default:expr)?;
        )* }
        to_one { $(
            $(#[$one_doc:meta])*
            $one:ident: $one_target:ident = $one_relation:ident $(<$one_key:ty>)? ($($one_link:tt)*);
        )* }
        lists { $(
            $(#[$list_doc:meta])*
            $list:ident: $list_target:ident = $list_relation:ident $(<$list_key:ty>)? ($($list_link:tt)*);
        )* }
    ) => {
        pastey::paste! {
            impl $crate::schema::object::Declared for $name {
                const DECLARATIONS: &'static [$crate::schema::object::Declaration<Self>] = &[
                    $($crate::schema::object::Declaration::Column {
                        field: $crate::schema::object::field_name!($column $(, $alias)?),
                        column: $entity::Column::[<$column:camel>],
                    },)*
                    $($crate::schema::object::Declaration::ToOne {
                        field: stringify!($one),
                        target: stringify!($one_target),
                    },)*
                    $($crate::schema::object::Declaration::List {
                        field: stringify!($list),
                        target: stringify!($list_target),
                    },)*
                ];
            }
        }
    };
}
pub(crate) use declarations;

/// The fields of a type, as ordinary methods.
macro_rules! fields {
    (
        $(#[$doc:meta])*
        $name:ident;
        columns { $(
            $(#[$column_doc:meta])*
            $column:ident $(as $alias:literal)?: $column_type:ty $(= $default:expr)?;
        )* }
        required { $(
            $(#[$required_doc:meta])*
            $required:ident: $required_target:ident = $required_relation:ident
                $(<$required_key:ty>)? ($($required_link:tt)*);
        )* }
        optional { $(
            $(#[$optional_doc:meta])*
            $optional:ident: $optional_target:ident = $optional_relation:ident
                $(<$optional_key:ty>)? ($($optional_link:tt)*);
        )* }
        lists { $(
            $(#[$list_doc:meta])*
            $list:ident: $list_target:ident = $list_relation:ident
                $(<$list_key:ty>)? ($($list_link:tt)*);
        )* }
        fields { $($fields:tt)* }
    ) => {
        $(
            #[doc = concat!("`", stringify!($name), ".", stringify!($required), "`.")]
            pub(crate) static $required_relation:
                $crate::read::relation::Relation<$name, $required_target $(, $required_key)?> =
                $crate::schema::object::relation!($($required_link)*);
        )*
        $(
            #[doc = concat!("`", stringify!($name), ".", stringify!($optional), "`.")]
            pub(crate) static $optional_relation:
                $crate::read::relation::Relation<$name, $optional_target $(, $optional_key)?> =
                $crate::schema::object::relation!($($optional_link)*);
        )*
        $(
            #[doc = concat!("`", stringify!($name), ".", stringify!($list), "`.")]
            pub(crate) static $list_relation:
                $crate::read::relation::Relation<$name, $list_target $(, $list_key)?> =
                $crate::schema::object::relation!($($list_link)*);
        )*

        $(#[$doc])*
        #[::async_graphql::Object]
        impl $name {
            $(
                $(#[$column_doc])*
                $(#[graphql(name = $alias)])?
                fn $column(&self) -> $column_type {
                    $crate::schema::object::column_value!(self.0, $column $(, $default)?)
                }
            )*
            $(
                $(#[$required_doc])*
                #[graphql(directive = $crate::directive::cost::apply(Some(1), Some(1)))]
                async fn $required(
                    &self,
                    ctx: &::async_graphql::Context<'_>,
                ) -> Result<$required_target, $crate::error::Error> {
                    use $crate::read::context::ContextExt as _;
                    ctx.required(&$required_relation, self).await
                }
            )*
            $(
                $(#[$optional_doc])*
                #[graphql(directive = $crate::directive::cost::apply(Some(1), Some(1)))]
                async fn $optional(
                    &self,
                    ctx: &::async_graphql::Context<'_>,
                ) -> Option<Result<$optional_target, $crate::error::Error>> {
                    use $crate::read::context::ContextExt as _;
                    ctx.one(&$optional_relation, self).await
                }
            )*
            $(
                $(#[$list_doc])*
                #[graphql(
                    directive = $crate::directive::cost::apply(Some(1), None),
                    directive = $crate::directive::page::apply(
                        $crate::read::page::arguments::DEFAULT_PAGE_SIZE.into(),
                        <$list_target as $crate::read::page::listed::Listed>::MOST,
                        Some(
                            <$list_target as $crate::read::page::listed::Listed>
                                ::DEFAULT_ORDER_DESCRIPTION.to_owned()
                        )
                    )
                )]
                #[expect(
                    clippy::too_many_arguments,
                    reason = "they are the arguments of the field"
                )]
                async fn $list(
                    &self,
                    #[graphql(desc = "How many objects to return, from the start of the list.")]
                    first: Option<i32>,
                    #[graphql(desc = "Only objects after the one with this cursor.")]
                    after: Option<String>,
                    #[graphql(desc = "How many objects to return, from the end of the list.")]
                    last: Option<i32>,
                    #[graphql(desc = "Only objects before the one with this cursor.")]
                    before: Option<String>,
                    #[graphql(name = "where", desc = "Only objects that match this filter.")]
                    filter: Option<<$list_target as $crate::read::page::listed::Listed>::Where>,
                    #[graphql(desc = "Sort order. Later entries break ties.")]
                    order_by: Option<Vec<$crate::read::order::OrderBy<
                        <$list_target as $crate::read::page::listed::Listed>::OrderField
                    >>>,
                ) -> Result<
                    $crate::read::page::connection::Connection<$list_target>,
                    $crate::error::Error
                > {
                    $crate::read::page::connection::Connection::of(
                        &$list_relation,
                        self,
                        $crate::read::page::arguments::Arguments {
                            size: $crate::read::page::arguments::PageSize { first, last },
                            after,
                            before,
                            filter,
                            order_by,
                        },
                    )
                }
            )*
            $($fields)*
        }
    };
}
pub(crate) use fields;

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

    /// Columns that no field shows as they are: keys of relations, shown as the objects that they
    /// lead to, and what clients must not see.
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
            let fact = fact.unwrap_or_else(|| panic!("{}.{field} is no field", T::NAME));
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
                "{}.{name} is neither a field nor left out on purpose",
                T::NAME
            );
        }
    }

    #[test]
    fn declarations_are_the_fields_of_the_schema_and_forget_no_column() {
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
