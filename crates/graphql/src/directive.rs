//! Directives by which the schema declares, at the field, what the field costs and on whom its value
//! depends. What guards requests reads them from the schema's text.

use async_graphql::TypeDirective;

/// What resolving the field costs by itself, without the fields that are selected below it.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn cost(
    #[graphql(desc = "SQL statements. Default: 0.")] statements: Option<i32>,
    #[graphql(desc = "Rows that are read. Default: 0.")] rows: Option<i32>,
) {
}

/// The field needs one SQL statement, which all fields of the same object with this directive share.
#[TypeDirective(location = "FieldDefinition", name = "sharedStatement")]
pub(crate) fn shared_statement() {}

/// The field is a list that is read page by page: `first` or `last` says how many items are read.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn page(
    #[graphql(desc = "Items of a page if neither `first` nor `last` is given.")] default: i32,
    #[graphql(desc = "The most items of a page.")] maximum: i32,
    #[graphql(desc = "The order if the list is not told another one.")] order: Option<String>,
) {
}

/// The lists below the field are as long as the longest list in its arguments, and so many rows are
/// read.
#[TypeDirective(location = "FieldDefinition", name = "sizedByInput")]
pub(crate) fn sized_by_input() {}

/// The value can differ between two users of the same workspace.
#[TypeDirective(location = "FieldDefinition", name = "perViewer")]
pub(crate) fn per_viewer() {}
