//! The cost of introspection: how many types, fields and arguments the schema itself has.

use std::collections::HashMap;

use async_graphql::parser::types::TypeKind;

use super::facts::{Composite, Field, Schema, Size, base, fields_of, fields_of_kind};

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

impl Schema<'_> {
    /// Adds the introspection fields. Their lists are priced at their average length.
    pub(super) fn add_introspection(&self, types: &mut HashMap<String, Composite>) {
        let query = self.introspection_type(&[("__schema", "__Schema"), ("__type", "__Type")]);
        types
            .entry("Query".to_owned())
            .or_default()
            .fields
            .extend(query.fields);
        for (name, fields) in INTROSPECTION {
            types.insert((*name).to_owned(), self.introspection_type(fields));
        }
    }

    /// A type with introspection fields, given by their names and the names of their types.
    fn introspection_type(&self, fields: &[(&str, &str)]) -> Composite {
        let fields = fields.iter().map(|(name, type_name)| {
            let field = Field {
                type_name: (*type_name).to_owned(),
                arguments: HashMap::new(),
                size: self.introspection_size(name),
                // `ofType` only unwraps a type: a non-null list of non-null items takes three.
                is_level: *name != "ofType",
                sizes_lists_by: None,
                size_input: None,
                statements: 0,
                rows: 0,
                shares_statement: false,
                is_per_viewer: false,
            };
            ((*name).to_owned(), field)
        });
        Composite {
            fields: fields.collect(),
        }
    }

    /// How many values an introspection field has.
    fn introspection_size(&self, field: &str) -> Size {
        let definitions = || self.definitions.values();
        let fields = || definitions().filter_map(|it| fields_of(it)).flatten();
        let arguments = || fields().flat_map(|it| &it.node.arguments);
        // Each type counts as often as fields or arguments refer to it, because that is how often
        // nested selections reach it. Such types have more fields than the average type.
        let types_of_fields = || fields().map(|it| base(&it.node.ty.node).0);
        let types_of_arguments = || arguments().map(|it| base(&it.node.ty.node).0);
        let count = |of: fn(&TypeKind) -> usize| {
            move |name: &str| self.definitions.get(name).map_or(0, |it| of(&it.kind))
        };
        let inputs = count(|kind| match kind {
            TypeKind::InputObject(object) => object.fields.len(),
            _ => 0,
        });
        let values = count(|kind| match kind {
            TypeKind::Enum(it) => it.values.len(),
            _ => 0,
        });
        let outputs = count(|kind| fields_of_kind(kind).map_or(0, <[_]>::len));
        match field {
            "types" => Size::Known(definitions().count() as u64),
            "directives" => Size::Known(self.directives),
            "fields" => average(types_of_fields().map(outputs)),
            "args" => average(fields().map(|it| it.node.arguments.len())),
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
