//! The cost of introspection: how many types, fields and arguments the schema itself has.

use std::collections::HashMap;

use apollo_compiler::{Schema, schema::ExtendedType};

use super::{Composite, Field, Size, fields_of};

/// The fields of the introspection types that lead to others.
const INTROSPECTION: &[(&str, &[(&str, &str)])] = &[
    (
        "__Schema",
        &[
            ("types", "__Type"),
            ("queryType", "__Type"),
            ("mutationType", "__Type"),
            ("subscriptionType", "__Type"),
            ("directives", "__Directive"),
        ],
    ),
    (
        "__Type",
        &[
            ("fields", "__Field"),
            ("interfaces", "__Type"),
            ("possibleTypes", "__Type"),
            ("enumValues", "__EnumValue"),
            ("inputFields", "__InputValue"),
            ("ofType", "__Type"),
        ],
    ),
    ("__Field", &[("args", "__InputValue"), ("type", "__Type")]),
    ("__InputValue", &[("type", "__Type")]),
    ("__Directive", &[("args", "__InputValue")]),
];

/// Adds the introspection fields. Their lists are priced at their average length.
pub(super) fn add_to(types: &mut HashMap<String, Composite>, schema: &Schema) {
    let sizes = Sizes { schema };
    let query = sizes.introspection_type(&[("__schema", "__Schema"), ("__type", "__Type")]);
    types
        .entry("Query".to_owned())
        .or_default()
        .fields
        .extend(query.fields);
    for (name, fields) in INTROSPECTION {
        types.insert((*name).to_owned(), sizes.introspection_type(fields));
    }
}

/// How many values the introspection fields have.
struct Sizes<'a> {
    schema: &'a Schema,
}

impl Sizes<'_> {
    /// A type with introspection fields, given by their names and the names of their types.
    fn introspection_type(&self, fields: &[(&str, &str)]) -> Composite {
        let fields = fields.iter().map(|(name, type_name)| {
            let field = Field {
                type_name: (*type_name).to_owned(),
                arguments: HashMap::new(),
                id_arguments: HashMap::new(),
                size: self.size(name),
                is_leaf: false,
                // `ofType` only unwraps a type: a non-null list of non-null items takes three.
                is_level: *name != "ofType",
                sizes_lists_by: None,
                size_input: None,
                statements: 0,
                rows: 0,
                shares_statement: false,
                large: None,
                list: None,
                is_total: false,
                searches: None,
                stores: None,
                hashes_password: false,
                is_per_viewer: false,
            };
            ((*name).to_owned(), field)
        });
        Composite {
            fields: fields.collect(),
        }
    }

    /// How many values an introspection field has.
    fn size(&self, field: &str) -> Size {
        let definitions = || {
            let all = self.schema.types.iter();
            all.filter(|(name, _)| !name.starts_with("__"))
                .map(|(_, ty)| ty)
        };
        let fields = || definitions().filter_map(fields_of).flatten();
        let arguments = || fields().flat_map(|it| &it.arguments);
        // Each type counts as often as fields or arguments refer to it, because that is how often
        // nested selections reach it. Such types have more fields than the average type.
        let types_of_fields = || fields().map(|it| it.ty.inner_named_type());
        let types_of_arguments = || arguments().map(|it| it.ty.inner_named_type());
        let count = |of: fn(&ExtendedType) -> usize| {
            move |name: &apollo_compiler::Name| self.schema.types.get(name).map_or(0, of)
        };
        let inputs = count(|ty| ty.as_input_object().map_or(0, |it| it.fields.len()));
        let values = count(|ty| ty.as_enum().map_or(0, |it| it.values.len()));
        let outputs = count(|ty| fields_of(ty).map_or(0, Iterator::count));
        match field {
            "types" => Size::Known(definitions().count() as u64),
            "directives" => Size::Known(self.schema.directive_definitions.len() as u64),
            "fields" => average(types_of_fields().map(outputs)),
            "args" => average(fields().map(|it| it.arguments.len())),
            "inputFields" => average(types_of_arguments().map(inputs)),
            "enumValues" => average(types_of_fields().map(values)),
            "interfaces" | "possibleTypes" => Size::Known(1),
            _ => Size::One,
        }
    }
}

/// The average of some sizes, rounded up.
fn average(sizes: impl Iterator<Item = usize>) -> Size {
    let (count, sum) = sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size));
    Size::Known((sum as u64).div_ceil(count.max(1)))
}
