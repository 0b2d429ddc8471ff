//! The schema as the guard knows it: parsed once from its definition (SDL).

use apollo_compiler::{Schema, validation::Valid};

/// The schema against which documents are validated, and from which costs are read.
pub(crate) type ApiSchema = Valid<Schema>;

/// Parses the schema definition.
///
/// # Panics
///
/// If the text is not a valid schema. It never comes from outside.
#[expect(
    clippy::expect_used,
    reason = "the text is generated from the schema in this binary"
)]
pub(crate) fn parse(sdl: &str) -> ApiSchema {
    Schema::parse_and_validate(sdl, "schema.graphql").expect("the schema is valid")
}

#[cfg(test)]
mod tests {
    use apollo_compiler::{ast::InputValueDefinition, schema::ExtendedType};

    use super::*;

    fn takes_ids(input: &InputValueDefinition) -> bool {
        input.ty.inner_named_type() == "ID"
    }

    /// IDs of mutations are checked before anything is executed, by what the schema says about them.
    #[test]
    fn the_schema_says_which_ids_are_taken() {
        let schema = parse(&crate::sdl());
        let mut count = 0;
        for (name, ty) in &schema.types {
            let places: Vec<(String, &InputValueDefinition)> = match ty {
                ExtendedType::Object(object) => object
                    .fields
                    .values()
                    .flat_map(|field| {
                        field
                            .arguments
                            .iter()
                            .map(|it| (field.name.to_string(), &**it))
                    })
                    .collect(),
                ExtendedType::InputObject(object) => {
                    let is_condition = object
                        .directives
                        .get("condition")
                        .is_some_and(|it| it.specified_argument_by_name("idsOf").is_some());
                    let fields = object.fields.values().filter(|_| !is_condition);
                    fields.map(|it| (String::new(), &**it)).collect()
                }
                _ => continue,
            };
            for (field, input) in places {
                let takes_any = name == "Query" && matches!(field.as_str(), "node" | "nodes");
                if takes_ids(input) && !name.starts_with("__") && !takes_any {
                    assert!(
                        input.directives.has("idOf"),
                        "{name}.{field}({})",
                        input.name
                    );
                    count += 1;
                }
            }
        }
        assert!(count > 50, "{count}");
    }

    #[test]
    fn all_conditions_are_declared() {
        let schema = parse(&crate::sdl());
        let inputs = schema
            .types
            .values()
            .filter_map(ExtendedType::as_input_object);
        let mut count = 0;
        for input in inputs {
            // Filters of objects can be combined, and those of values have comparisons.
            if input.fields.contains_key("or") || input.fields.contains_key("eq") {
                assert!(input.directives.has("condition"), "{}", input.name);
                count += 1;
            }
        }
        assert!(count > 20, "{count}");
    }
}
