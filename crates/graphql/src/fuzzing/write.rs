//! Generates documents for the comparison with other implementations. Unlike those of the crate
//! `generator`, they have subscriptions, several operations, fragments on interfaces and unions that
//! are spread in several places, and variables inside lists and objects. They are nearly valid: each
//! rule is violated now and then.

use arbitrary::{Result, Unstructured};
use async_graphql::{
    Name,
    parser::types::{BaseType, Type},
};
use async_graphql_value::{Value, indexmap::IndexMap};
use generator::{base, is_required};

use super::{SCHEMA, values};

/// How deep fields and values are nested.
const MAX_LEVELS: usize = 7;

/// How many fragments an operation has at most.
const MAX_FRAGMENTS: usize = 5;

/// Introspection selections, whose types are not in the SDL.
const INTROSPECTION: [&str; 3] = [
    "__schema { types { name fields { args { type { ofType { ofType { name } } } } } } }",
    "__schema { queryType { name } directives { args { name } } }",
    "__type(name: \"Task\") { inputFields { name } enumValues { name } possibleTypes { name } }",
];

/// A document, and the variables that it declares.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) variables: Vec<(String, Type)>,
}

/// A document with one operation or, rarely, with more, and about this many selections at most.
pub(super) fn document(u: &mut Unstructured<'_>, selections: usize) -> Result<Written> {
    let mut writer = Writer {
        text: String::new(),
        variables: Vec::new(),
        first_variable: 0,
        fragments: Vec::new(),
        first_fragment: 0,
        fragment: None,
        aliases: 0,
        left: selections,
    };
    for index in 0..if u.ratio(1, 12)? { 2 } else { 1 } {
        writer.operation(u, index)?;
    }
    let variables = writer.variables.into_iter().enumerate();
    Ok(Written {
        text: writer.text,
        variables: variables
            .map(|(index, ty)| (format!("v{index}"), ty))
            .collect(),
    })
}

/// A document that is being generated.
struct Writer {
    text: String,
    /// The types of the variables, which are named by their indices.
    variables: Vec<Type>,
    /// The first variable of the current operation.
    first_variable: usize,
    /// The types that the fragments are on. They are named by their indices.
    fragments: Vec<&'static str>,
    /// The first fragment of the current operation.
    first_fragment: usize,
    /// The index of the fragment that is being generated, if any.
    fragment: Option<usize>,
    /// How many fields have an alias of their own.
    aliases: usize,
    /// How many more selections may be added.
    left: usize,
}

impl Writer {
    /// Adds an operation and the fragments that it uses.
    fn operation(&mut self, u: &mut Unstructured<'_>, index: usize) -> Result<()> {
        self.first_variable = self.variables.len();
        self.first_fragment = self.fragments.len();
        self.fragment = None;
        let (kind, root) = match u.int_in_range(0..=15)? {
            0 | 1 => ("mutation", "Mutation"),
            2 | 3 => ("subscription", "Subscription"),
            _ => ("query", "Query"),
        };
        let before = std::mem::take(&mut self.text);
        self.selections(u, root, MAX_LEVELS)?;
        let mut fragment = self.first_fragment;
        // Fragments can add more fragments.
        while let Some(&on) = self.fragments.get(fragment) {
            self.fragment = Some(fragment);
            self.push(u, &format!("fragment F{fragment} on {on}"))?;
            self.directives(u, 64)?;
            self.selections(u, on, MAX_LEVELS / 2)?;
            fragment += 1;
        }
        let after = std::mem::replace(&mut self.text, before);
        self.push(u, kind)?;
        self.push(u, &format!("Q{index}"))?;
        self.variable_definitions(u)?;
        self.text += &after;
        Ok(())
    }

    fn variable_definitions(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        for index in self.first_variable..self.variables.len() {
            let ty = self.variables[index].clone();
            let open = if index == self.first_variable {
                "("
            } else {
                ""
            };
            self.push(u, &format!("{open}$v{index}: {ty}"))?;
            if u.ratio(1, 8)? {
                let default = values::value(u, &ty)?;
                self.push(u, &format!("= {default}"))?;
            }
        }
        if self.first_variable < self.variables.len() {
            self.push(u, ")")?;
        }
        Ok(())
    }

    /// Adds tokens, followed by something that is ignored between tokens.
    fn push(&mut self, u: &mut Unstructured<'_>, tokens: &str) -> Result<()> {
        self.text.push_str(tokens);
        self.text.push_str(match u.int_in_range(0..=31)? {
            0 => ",\t",
            1 => "\r\n",
            2 => " # { ( \"\n",
            3 => "\u{feff}",
            _ => " ",
        });
        Ok(())
    }

    fn selections(
        &mut self,
        u: &mut Unstructured<'_>,
        on: &'static str,
        levels: usize,
    ) -> Result<()> {
        self.push(u, "{")?;
        let is_single = on == "Subscription" && !u.ratio(1, 16)?;
        let count = if is_single { 1 } else { u.int_in_range(1..=4)? };
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

    fn selection(
        &mut self,
        u: &mut Unstructured<'_>,
        on: &'static str,
        levels: usize,
    ) -> Result<()> {
        // Directives are not allowed at the root of a subscription.
        let directives = if on == "Subscription" { 64 } else { 6 };
        let choice = u.int_in_range(0..=9)?;
        if choice == 0
            && !u.is_empty()
            && let Some(index) = self.fragment_for(u, on)?
        {
            self.push(u, &format!("... F{index}"))?;
            return self.directives(u, directives);
        }
        if choice == 1 && levels > 0 {
            let condition = *u.choose(&SCHEMA.overlapping(on))?;
            self.push(u, "...")?;
            let on = if u.arbitrary()? {
                self.push(u, &format!("on {condition}"))?;
                condition
            } else {
                on
            };
            self.directives(u, directives)?;
            return self.selections(u, on, levels - 1);
        }
        self.field(u, on, levels)
    }

    /// A fragment that can be spread in a type, mostly without a cycle.
    fn fragment_for(
        &mut self,
        u: &mut Unstructured<'_>,
        on: &'static str,
    ) -> Result<Option<usize>> {
        if u.ratio(1, 32)? {
            // Any one, or one that does not exist.
            return u.int_in_range(0..=self.fragments.len()).map(Some);
        }
        let conditions = SCHEMA.overlapping(on);
        // Fragments spread only later ones.
        let first = self.fragment.map_or(self.first_fragment, |it| it + 1);
        let known = (first..self.fragments.len())
            .filter(|index| conditions.contains(&self.fragments[*index]));
        let known: Vec<usize> = known.collect();
        if !known.is_empty() && u.arbitrary()? {
            return u.choose(&known).copied().map(Some);
        }
        if self.fragments.len() - self.first_fragment == MAX_FRAGMENTS {
            return Ok(None);
        }
        self.fragments.push(*u.choose(&conditions)?);
        Ok(Some(self.fragments.len() - 1))
    }

    fn field(&mut self, u: &mut Unstructured<'_>, on: &'static str, levels: usize) -> Result<()> {
        let fields = SCHEMA
            .fields(on)
            .filter(|it| levels > 0 || !SCHEMA.is_composite(base(&it.ty.node)));
        let fields: Vec<_> = fields.collect();
        if fields.is_empty() || on != "Subscription" && u.ratio(1, 24)? {
            self.push(u, "__typename")?;
            return self.directives(u, 12);
        }
        if on == "Query" && u.ratio(1, 16)? {
            let introspection = u.choose(&INTROSPECTION)?;
            return self.push(u, introspection);
        }
        let field = *u.choose(&fields)?;
        // Fields with different arguments need different names.
        if !field.arguments.is_empty() && !u.ratio(1, 8)? {
            self.push(u, &format!("f{}:", self.aliases))?;
            self.aliases += 1;
        } else if u.ratio(1, 24)? {
            let alias = u.int_in_range(0..=3)?;
            self.push(u, &format!("a{alias}:"))?;
        }
        self.push(u, &field.name.node)?;
        let mut is_open = false;
        for argument in &field.arguments {
            let argument = &argument.node;
            if is_required(argument) || u.ratio(1, 4)? {
                self.push(u, if is_open { "" } else { "(" })?;
                is_open = true;
                self.push(u, &format!("{}:", argument.name.node))?;
                let value = self.value(u, &argument.ty.node, MAX_LEVELS)?;
                self.push(u, &value.to_string())?;
            }
        }
        if is_open {
            self.push(u, ")")?;
        }
        let directives = if on == "Subscription" { 64 } else { 12 };
        self.directives(u, directives)?;
        let below = base(&field.ty.node);
        if SCHEMA.is_composite(below) {
            self.selections(u, below, levels.saturating_sub(1))?;
        }
        Ok(())
    }

    /// A value of a type, with variables in it.
    fn value(&mut self, u: &mut Unstructured<'_>, ty: &Type, levels: usize) -> Result<Value> {
        let one_in = if levels == MAX_LEVELS { 4 } else { 10 };
        if u.ratio(1, one_in)? {
            return self.variable(u, ty).map(Value::Variable);
        }
        if u.is_empty() || levels == 0 {
            return Ok(values::value(u, ty)?.into_value());
        }
        if let BaseType::List(item) = &ty.base
            && !u.ratio(1, 8)?
        {
            let length = u.int_in_range(0..=3)?;
            let items = (0..length).map(|_| self.value(u, item, levels - 1));
            return Ok(Value::List(items.collect::<Result<_>>()?));
        }
        if let BaseType::Named(name) = &ty.base
            && let Some(inputs) = SCHEMA.inputs(name)
            && !u.ratio(1, 8)?
        {
            let mut fields = IndexMap::new();
            for input in inputs {
                if is_required(input) || u.ratio(1, 6)? {
                    let value = self.value(u, &input.ty.node, levels - 1)?;
                    fields.insert(input.name.node.clone(), value);
                }
            }
            return Ok(Value::Object(fields));
        }
        Ok(values::value(u, ty)?.into_value())
    }

    /// The name of a variable that is mostly allowed where a value of this type is expected.
    fn variable(&mut self, u: &mut Unstructured<'_>, ty: &Type) -> Result<Name> {
        let known = (self.first_variable..self.variables.len())
            .filter(|index| self.variables[*index] == *ty);
        let known: Vec<usize> = known.collect();
        let index = if !known.is_empty() && u.ratio(1, 3)? {
            *u.choose(&known)?
        } else {
            let mut ty = ty.clone();
            if u.ratio(1, 10)? {
                ty.nullable = !ty.nullable;
            }
            self.variables.push(ty);
            self.variables.len() - 1
        };
        Ok(Name::new(format!("v{index}")))
    }

    fn directives(&mut self, u: &mut Unstructured<'_>, one_in: u8) -> Result<()> {
        if u.ratio(1, one_in)? {
            if u.arbitrary()? {
                let directive = u.choose(&["skip", "include"])?;
                let ty = Type::new("Boolean!").ok_or(arbitrary::Error::IncorrectFormat)?;
                let variable = self.variable(u, &ty)?;
                return self.push(u, &format!("@{directive}(if: ${variable})"));
            }
            let directive = *u.choose(&[
                "@skip(if: true)",
                "@skip(if: false)",
                "@include(if: true)",
                "@include(if: false)",
                "@skip(if: false) @include(if: true)",
                "@unknown",
            ])?;
            self.push(u, directive)?;
        }
        Ok(())
    }
}
