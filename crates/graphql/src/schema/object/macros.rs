//! The macros that declare a type.

/// The value of a column, or the default if the column is NULL.
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

/// A relation: to all rows, or to the rows of another table by the key in a column of the parent.
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
///         /// The description of the field. Its type determines how the column is read.
///         title: &str;
///         /// A nullable column whose NULL reads as a default.
///         language: &str = "en";
///         /// A field whose name differs from that of its column.
///         kind as "type": MarkerType;
///     }
///     required {
///         /// An object that always exists: a relation by the column `meeting_id`.
///         meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
///     }
///     optional {
///         /// An object that may be missing or in another workspace.
///         assigned_to: User = ASSIGNED_TO(assigned_to_id -> user::Column::Id);
///     }
///     lists {
///         /// Objects that refer to this one. A relation over a text column states its key type.
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
            required { $($($required)*)? }
            optional { $($($optional)*)? }
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

/// The columns that a relation joins, as data.
macro_rules! link_columns {
    ($entity:ident, $key:ident -> $column:path) => {
        pastey::paste! {
            $crate::schema::object::Link {
                key: $entity::Column::[<$key:camel>],
                column: || sea_orm::IdenStatic::as_str(&$column),
            }
        }
    };
}
pub(crate) use link_columns;

/// The declarations of a type as data.
macro_rules! declarations {
    (
        $name:ident of $entity:ident;
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
            $list:ident: $list_target:ident = $list_relation:ident $(<$list_key:ty>)? ($($list_link:tt)*);
        )* }
    ) => {
        pastey::paste! {
            impl $crate::schema::object::Declared for $name {
                const DECLARATIONS: &'static [$crate::schema::object::Declaration<Self>] = &[
                    $($crate::schema::object::Declaration::Column {
                        field: $crate::schema::object::field_name!($column $(, $alias)?),
                        column: $entity::Column::[<$column:camel>],
                        kind: <$column_type as $crate::schema::object::Formatted>::kind,
                    },)*
                    $($crate::schema::object::Declaration::ToOne {
                        field: stringify!($required),
                        target: stringify!($required_target),
                        is_required: true,
                        link: $crate::schema::object::link_columns!($entity, $($required_link)*),
                        edge: &$required_relation,
                    },)*
                    $($crate::schema::object::Declaration::ToOne {
                        field: stringify!($optional),
                        target: stringify!($optional_target),
                        is_required: false,
                        link: $crate::schema::object::link_columns!($entity, $($optional_link)*),
                        edge: &$optional_relation,
                    },)*
                    $($crate::schema::object::Declaration::List {
                        field: stringify!($list),
                        target: stringify!($list_target),
                        link: $crate::schema::object::link_columns!($entity, $($list_link)*),
                        edge: &$list_relation,
                    },)*
                ];
            }
        }
    };
}
pub(crate) use declarations;

/// What the method of a list returns. The lists of a row are non-null. Those of the root are
/// nullable, so that the error of one does not affect the other root fields.
macro_rules! list_result {
    ($target:ident; all) => {
        Option<Result<$crate::read::page::connection::Connection<$target>, $crate::error::Error>>
    };
    ($target:ident; $($link:tt)*) => {
        Result<$crate::read::page::connection::Connection<$target>, $crate::error::Error>
    };
}
pub(crate) use list_result;

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
                        <$list_target as $crate::read::page::listed::Listed>::MAX_PAGE_SIZE,
                        Some(
                            <$list_target as $crate::read::page::listed::Listed>
                                ::DEFAULT_ORDER_DESCRIPTION.to_owned()
                        ),
                        $crate::read::page::listed::default_order_field::<$list_target>(),
                        $list_relation.is_whole().then_some(true),
                        None
                    )
                )]
                #[expect(
                    clippy::too_many_arguments,
                    reason = "GraphQL arguments of the field"
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
                    filter: Option<$crate::read::argument::Argument<
                        $crate::read::filter::Filter<
                            <$list_target as $crate::read::page::listed::Listed>::Where
                        >
                    >>,
                    #[graphql(desc = "Sort order. Later entries break ties.")]
                    order_by: Option<Vec<$crate::read::order::OrderBy<
                        <$list_target as $crate::read::page::listed::Listed>::OrderField
                    >>>,
                ) -> $crate::schema::object::list_result!($list_target; $($list_link)*) {
                    let connection = $crate::read::page::connection::Connection::of(
                        &$list_relation,
                        self,
                        $crate::read::page::arguments::PageArguments {
                            size: $crate::read::page::arguments::PageSize { first, last },
                            after,
                            before,
                            filter,
                            order_by,
                        },
                    );
                    connection.into()
                }
            )*
            $($fields)*
        }
    };
}
pub(crate) use fields;
