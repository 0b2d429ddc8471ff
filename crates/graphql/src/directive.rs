//! Directives with which the schema declares what each field costs, and whether its value depends
//! on the viewer. The cost limits and the cache of events read them from the schema's text.

use async_graphql::TypeDirective;

/// The cost of resolving the field itself, without the fields selected below it.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn cost(
    #[graphql(desc = "The number of SQL statements. Default: 0.")] statements: Option<i32>,
    #[graphql(desc = "The number of rows read. Default: 0.")] rows: Option<i32>,
) {
}

/// The field needs one SQL statement, shared by all fields of the same object that have this
/// directive.
#[TypeDirective(location = "FieldDefinition", name = "sharedStatement")]
pub(crate) fn shared_statement() {}

/// The field is a paginated list. `first` or `last` is the number of items read.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn page(
    #[graphql(desc = "The page size if neither `first` nor `last` is given.")] default: i32,
    #[graphql(desc = "The maximum page size.")] maximum: i32,
    #[graphql(desc = "The default sort order.")] order: Option<String>,
    #[graphql(desc = "The value of `orderBy` that stands for the default sort order.")]
    order_field: Option<String>,
    #[graphql(
        desc = "Whether the list has all objects of its type in the workspace. Default: \
                      false."
    )]
    whole: Option<bool>,
    #[graphql(desc = "The number of rows read for each item. Default: 1.")] rows: Option<i32>,
) {
}

/// The field counts the objects of the list that it belongs to.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn total() {}

/// The field reads all objects in the workspace of each type that an argument names.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn searches(
    #[graphql(desc = "The argument that lists the types.")] types: String,
    #[graphql(desc = "The number of types. Without the argument, all are searched.")] all: i32,
) {
}

/// The field stores its input: the more bytes and the more items, the higher is its cost.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn stores(
    #[graphql(
        desc = "The number of rows that the field changes at most, where its input does not \
                      list them. They cost as much as items."
    )]
    rows: Option<i32>,
    #[graphql(desc = "The field of `input` that must be true for that. Default: none.")]
    when: Option<String>,
    #[graphql(
        desc = "The list in `input` that says which rows are changed, if it is given. \
                      Default: none."
    )]
    unless: Option<String>,
) {
}

/// The field hashes a password.
#[TypeDirective(location = "FieldDefinition", name = "hashesPassword")]
pub(crate) fn hashes_password() {}

/// Lists are read in this order from an index, without reading and sorting all of their rows.
#[TypeDirective(location = "EnumValue", name = "indexedOrder")]
pub(crate) fn indexed_order(
    #[graphql(
        desc = "The type whose lists have the index. `Workspace` stands for all lists of the \
                      whole workspace. Default: all lists."
    )]
    of: Option<String>,
) {
}

/// `eq` and `in` find their rows by an index. There is at most one row for each value.
#[TypeDirective(location = "InputFieldDefinition", name = "uniqueValue")]
pub(crate) fn unique_value() {}

/// `lt`, `lte`, `gt` and `gte` limit the rows that are read from the index for this order.
#[TypeDirective(location = "InputFieldDefinition", name = "indexedRange")]
pub(crate) fn indexed_range(#[graphql(desc = "The value of `orderBy`.")] order: String) {}

/// With `eq`, an index has the matching rows in this order.
#[TypeDirective(location = "InputFieldDefinition", name = "indexedEquality")]
pub(crate) fn indexed_equality(#[graphql(desc = "The value of `orderBy`.")] order: String) {}

/// The cost limits assume that the lists below this field are as long as the longest list in its
/// arguments, and that as many rows are read.
#[TypeDirective(location = "FieldDefinition", name = "sizedByInput")]
pub(crate) fn sized_by_input(
    #[graphql(desc = "The field of `input` that gives this length as a number. Default: 1.")]
    field: Option<String>,
    #[graphql(desc = "The maximum of that field.")] maximum: Option<i32>,
) {
}

/// The value can differ between two users of the same workspace.
#[TypeDirective(location = "FieldDefinition", name = "perViewer")]
pub(crate) fn per_viewer() {}

/// The value can be long, so it is read only where it is selected.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn large(
    #[graphql(desc = "The field that shows the stored value as it is. Default: this field.")]
    stored: Option<String>,
    #[graphql(desc = "For a list of objects: the number of them that the cost limits assume.")]
    items: Option<i32>,
) {
}

/// The input is a condition of a `where`. The number of conditions is limited.
#[TypeDirective(location = "InputObject")]
pub(crate) fn condition(
    #[graphql(desc = "The type of the objects whose IDs are compared.")] ids_of: Option<String>,
) {
}

/// IDs at this place are those of objects of one type.
#[TypeDirective(
    location = "ArgumentDefinition",
    location = "InputFieldDefinition",
    name = "idOf"
)]
pub(crate) fn id_of(#[graphql(name = "type", desc = "The type.")] type_name: String) {}

/// The maximum length of what is sent in this field. Longer input is a problem with the code
/// `TOO_LONG`.
#[TypeDirective(location = "InputFieldDefinition")]
pub(crate) fn length(
    #[graphql(desc = "The maximum number of characters (Unicode code points).")] characters: Option<
        i32,
    >,
    #[graphql(desc = "The maximum number of bytes: of UTF-8, or of the compact text of JSON.")]
    bytes: Option<i32>,
    #[graphql(desc = "The maximum number of values in JSON, nested ones included.")] values: Option<
        i32,
    >,
    #[graphql(desc = "The maximum number of items in a list.")] items: Option<i32>,
) {
}
