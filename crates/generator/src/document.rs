//! Documents that follow the schema.
//!
//! They follow the grammar and are mostly valid, because random bytes alone would rarely get past
//! the parser.

use arbitrary::{Result, Unstructured};
use async_graphql::parser::types::{FieldDefinition, Type};
use async_graphql_value::indexmap::IndexMap;

use crate::{Generator, Kind, Operation, Place, base, is_required, value::Variable};

/// How many fragments a document with mistakes has at most.
const MAX_FRAGMENTS: usize = 5;

/// Introspection selections, whose types are not in the SDL.
const INTROSPECTION: [&str; 3] = [
    "__schema { types { name fields { args { type { ofType { ofType { name } } } } } } }",
    "__schema { queryType { name } directives { args { name } } }",
    "__type(name: \"Task\") { inputFields { name } enumValues { name } possibleTypes { name } }",
];

/// A document with one operation, which has only the field `only` at its root, if that is given.
pub(crate) fn operation(
    generator: Generator<'_>,
    u: &mut Unstructured<'_>,
    kind: Kind,
    only: Option<&str>,
) -> Result<Operation> {
    let mut writer = Writer {
        generator,
        text: String::new(),
        fragments: String::new(),
        variables: Vec::new(),
        left: generator.style.selections,
        names: 0,
        fragment: None,
    };
    if generator.style.mistakes {
        writer.fragments_in_advance(u)?;
    }
    let (keyword, root) = match kind {
        Kind::Query => ("query", "Query"),
        Kind::Mutation => ("mutation", "Mutation"),
    };
    let levels = generator.style.field_levels;
    match only {
        Some(name) => {
            let mut fields = generator.schema.fields(root);
            let field = fields.find(|field| field.name.node == name);
            let field = field.ok_or(arbitrary::Error::IncorrectFormat)?;
            writer.push(u, "{")?;
            writer.this_field(u, field, root, levels)?;
            writer.push(u, "}")?;
        }
        None => writer.selections(u, root, levels)?,
    }
    let selections = std::mem::take(&mut writer.text);
    writer.push(u, keyword)?;
    writer.push(u, "Q")?;
    let declared = std::mem::take(&mut writer.variables);
    let mut variables = IndexMap::new();
    if !declared.is_empty() {
        writer.push(u, "(")?;
        for (index, variable) in declared.into_iter().enumerate() {
            writer.push(u, &format!("$v{index}: {}", variable.ty))?;
            if let Some(default) = variable.default {
                writer.push(u, &format!("= {default}"))?;
            }
            variables.extend(variable.value.map(|value| (format!("v{index}"), value)));
        }
        writer.push(u, ")")?;
    }
    Ok(Operation {
        document: writer.text + &selections + &writer.fragments,
        variables,
    })
}

/// A document that is being generated.
struct Writer<'a> {
    generator: Generator<'a>,
    text: String,
    /// The fragments that are complete.
    fragments: String,
    /// The variables, which are named by their indices.
    variables: Vec<Variable>,
    /// How many more selections may be added.
    left: usize,
    /// How many aliases and fragments have a name that no other has.
    names: usize,
    /// The index of the fragment that is being generated in advance, if any.
    fragment: Option<usize>,
}

impl Writer<'_> {
    /// Fragments that selections may spread or not, on types that exist.
    fn fragments_in_advance(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let count = u.int_in_range(0..=MAX_FRAGMENTS)?;
        let composite = self.generator.schema.composite();
        for index in 0..count {
            let on = *u.choose(&composite)?;
            self.fragment = Some(index);
            self.push(u, &format!("fragment F{index} on {on}"))?;
            self.directives(u, 8)?;
            self.selections(u, on, self.generator.style.field_levels)?;
        }
        self.fragment = None;
        self.fragments = std::mem::take(&mut self.text);
        Ok(())
    }

    /// Adds tokens, followed by something that is ignored between tokens.
    fn push(&mut self, u: &mut Unstructured<'_>, tokens: &str) -> Result<()> {
        self.text.push_str(tokens);
        let ignored = if self.generator.style.noise {
            match u.int_in_range(0..=15)? {
                0 => ",\t",
                1 => "\r\n",
                2 => " # { ( \"\n",
                3 => "\u{feff}",
                _ => " ",
            }
        } else {
            " "
        };
        self.text.push_str(ignored);
        Ok(())
    }

    /// A name that nothing else in the document has.
    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn selections(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        self.push(u, "{")?;
        self.always(u, on)?;
        let count = match on {
            // Mutations are executed one after another, and most clients send one at a time.
            "Mutation" if !self.generator.style.mistakes => 1 + u8::from(u.ratio(1, 8)?),
            _ => u.int_in_range(1..=4)?,
        };
        for index in 0..count {
            // A selection set has at least one selection.
            if index > 0 && (self.left == 0 || u.is_empty()) {
                break;
            }
            self.left = self.left.saturating_sub(1);
            self.selection(u, on, levels)?;
        }
        self.push(u, "}")
    }

    /// The fields that are always selected.
    fn always(&mut self, u: &mut Unstructured<'_>, on: &str) -> Result<()> {
        let Generator { schema, always, .. } = self.generator;
        for field in schema.fields(on) {
            let name = field.name.node.as_str();
            if always.contains(&name) {
                self.push(u, name)?;
                let leaves = schema.fields(base(&field.ty.node)).filter(|leaf| {
                    leaf.arguments.is_empty() && !schema.is_composite(base(&leaf.ty.node))
                });
                let leaves: Vec<&str> = leaves.map(|leaf| leaf.name.node.as_str()).collect();
                if !leaves.is_empty() {
                    self.push(u, &format!("{{ {} }}", leaves.join(" ")))?;
                }
            }
        }
        Ok(())
    }

    fn selection(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        let is_abstract = self.generator.schema.is_abstract(on);
        // Interfaces and unions have little else to select than fragments.
        let choice = u.int_in_range(0..=if is_abstract { 2 } else { 9 })?;
        if choice == 0 && self.generator.style.mistakes {
            return self.any_spread(u);
        }
        if choice <= 1 && levels > 0 {
            let possible = self.generator.schema.possible(on);
            let condition = *u.choose(&possible)?;
            if choice == 0 {
                return self.spread(u, condition, levels - 1);
            }
            self.push(u, "...")?;
            let on = if is_abstract || u.arbitrary()? {
                self.push(u, &format!("on {condition}"))?;
                condition
            } else {
                on
            };
            self.directives(u, 4)?;
            return self.selections(u, on, levels - 1);
        }
        self.field(u, on, levels)
    }

    /// A spread of any fragment, which may not exist or not fit.
    fn any_spread(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        // Mostly spread later fragments, so that most documents have no cycles.
        let first = match self.fragment {
            Some(this) if !u.ratio(1, 16)? => this + 1,
            _ => 0,
        };
        let index = u.int_in_range(first..=MAX_FRAGMENTS)?;
        self.push(u, &format!("... F{index}"))?;
        self.directives(u, 8)
    }

    /// A spread of a new fragment.
    fn spread(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        let name = self.fresh("F");
        self.push(u, &format!("... {name}"))?;
        self.directives(u, 8)?;
        let outside = std::mem::take(&mut self.text);
        self.push(u, &format!("fragment {name} on {on}"))?;
        self.selections(u, on, levels)?;
        let fragment = std::mem::replace(&mut self.text, outside);
        self.fragments.push_str(&fragment);
        Ok(())
    }

    fn field(&mut self, u: &mut Unstructured<'_>, on: &str, levels: usize) -> Result<()> {
        let schema = self.generator.schema;
        let fields = schema
            .fields(on)
            .filter(|it| levels > 0 || !schema.is_composite(base(&it.ty.node)));
        let fields: Vec<_> = fields.collect();
        if fields.is_empty() {
            self.push(u, "__typename")?;
            return self.directives(u, 12);
        }
        if on == "Query" && u.ratio(1, 16)? {
            let introspection = u.choose(&INTROSPECTION)?;
            return self.push(u, introspection);
        }
        let field = *u.choose(&fields)?;
        self.this_field(u, field, on, levels)
    }

    fn this_field(
        &mut self,
        u: &mut Unstructured<'_>,
        field: &FieldDefinition,
        on: &str,
        levels: usize,
    ) -> Result<()> {
        let has_alias = u.ratio(1, 12)?;
        if self.generator.style.mistakes {
            if has_alias {
                let alias = u.int_in_range(0..=3)?;
                self.push(u, &format!("a{alias}:"))?;
            }
        } else if has_alias || !field.arguments.is_empty() || self.generator.schema.is_member(on) {
            // Under one name, fields with other arguments or of other types would conflict.
            let alias = self.fresh("a");
            self.push(u, &format!("{alias}:"))?;
        }
        self.push(u, &field.name.node)?;
        let mut is_open = false;
        let owner = format!("{on}.{}", field.name.node);
        for argument in &field.arguments {
            let argument = &argument.node;
            if !is_required(argument) && !u.ratio(1, 4)? {
                continue;
            }
            self.push(u, if is_open { "" } else { "(" })?;
            is_open = true;
            self.push(u, &format!("{}:", argument.name.node))?;
            let place = Place {
                owner: &owner,
                field: &argument.name.node,
            };
            let generator = self.generator;
            let variables = &mut self.variables;
            let value = generator.value_with(u, &argument.ty.node, place, variables)?;
            self.push(u, &value.to_string())?;
        }
        if is_open {
            self.push(u, ")")?;
        }
        self.directives(u, 12)?;
        let below = base(&field.ty.node);
        if self.generator.schema.is_composite(below) {
            self.selections(u, below, levels.saturating_sub(1))?;
        }
        Ok(())
    }

    fn directives(&mut self, u: &mut Unstructured<'_>, one_in: u8) -> Result<()> {
        if !u.ratio(1, one_in)? {
            return Ok(());
        }
        if u.arbitrary()? {
            let (directive, index) = (u.choose(&["skip", "include"])?, self.variables.len());
            let ty = Type::new("Boolean!").ok_or(arbitrary::Error::IncorrectFormat)?;
            self.variables.push(Variable {
                ty,
                default: None,
                value: Some(u.arbitrary::<bool>()?.into()),
            });
            return self.push(u, &format!("@{directive}(if: $v{index})"));
        }
        let directives = [
            "@skip(if: true)",
            "@skip(if: false)",
            "@include(if: true)",
            "@include(if: false)",
            "@skip(if: false) @include(if: true)",
            "@unknown",
        ];
        let known = if self.generator.style.mistakes { 6 } else { 5 };
        let directive = *u.choose(&directives[..known])?;
        self.push(u, directive)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::{AnyLeaves, Schema, Style};

    const SDL: &str = "
        type Query { node(id: ID!, first: Int = 3, where: Where): Node, all: [Thing!]! }
        type Mutation { rename(input: RenameInput!): Thing }
        interface Node { id: ID! }
        type Thing implements Node { id: ID!, name: String, others(where: Where): [Thing] }
        input Where { name: String, and: [Where!] }
        input RenameInput { id: ID!, name: String! }
    ";

    fn generate(style: Style, kind: Kind, seed: u8) -> Operation {
        let schema = Schema::parse(SDL).unwrap();
        let generator = Generator {
            schema: &schema,
            leaves: &AnyLeaves,
            style,
            always: &[],
        };
        let bytes: Vec<u8> = (0..2000_u32)
            .map(|index| {
                u8::try_from((index * index * 31 + index * u32::from(seed)) % 251).unwrap()
            })
            .collect();
        generator
            .operation(&mut Unstructured::new(&bytes), kind)
            .unwrap()
    }

    #[test]
    fn documents_can_be_parsed_and_are_the_same_each_time() {
        for seed in 0..200 {
            for style in [Style::VALID, Style::HOSTILE] {
                for kind in [Kind::Query, Kind::Mutation] {
                    let operation = generate(style, kind, seed);
                    let parsed = parse_query(&operation.document);
                    assert!(parsed.is_ok(), "{}", operation.document);
                    let again = generate(style, kind, seed);
                    assert_eq!(operation.document, again.document);
                }
            }
        }
    }

    #[test]
    fn valid_documents_declare_and_spread_everything_they_use() {
        for seed in 0..200 {
            let operation = generate(Style::VALID, Kind::Query, seed);
            let parsed = parse_query(&operation.document).unwrap();
            for name in parsed.fragments.keys() {
                let spread = format!("... {name} ");
                assert!(operation.document.contains(&spread));
            }
            for name in operation.variables.keys() {
                let uses = operation.document.matches(&format!("${name}")).count();
                assert!(uses >= 2, "{}", operation.document);
            }
            assert!(!operation.document.contains("@unknown"));
        }
    }
}
