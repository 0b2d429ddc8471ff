//! Values that follow the schema.

use arbitrary::{Result, Unstructured};
use async_graphql::{
    Name,
    parser::types::{BaseType, InputValueDefinition, Type},
};
use async_graphql_value::{ConstValue, Value, indexmap::IndexMap};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Generator, Schema, is_required};

/// Where a value stands: an argument of a field, or a field of an input object.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The field that has the argument, as `Type.field`, or the name of the input object.
    pub owner: &'a str,
    /// The name of the argument or of the input field.
    pub field: &'a str,
}

/// Where the values of scalars are from.
pub trait Leaves {
    /// A value of a scalar at a place.
    ///
    /// # Errors
    ///
    /// If the random bytes cannot be used.
    fn leaf(
        &self,
        u: &mut Unstructured<'_>,
        schema: &Schema,
        scalar: &str,
        place: Place<'_>,
    ) -> Result<ConstValue>;
}

/// Any values, of which few refer to anything that exists.
#[derive(Clone, Copy, Debug)]
pub struct AnyLeaves;

impl Leaves for AnyLeaves {
    fn leaf(
        &self,
        u: &mut Unstructured<'_>,
        schema: &Schema,
        scalar: &str,
        _: Place<'_>,
    ) -> Result<ConstValue> {
        Ok(match scalar {
            "Int" => match u.int_in_range(0..=3)? {
                0 => u.arbitrary::<i32>()?.into(),
                1 => u.arbitrary::<i64>()?.into(),
                _ => u.int_in_range(-1..=120)?.into(),
            },
            "Float" => ConstValue::from(u.arbitrary::<i16>()? / 4),
            "Boolean" => u.arbitrary::<bool>()?.into(),
            "ID" => id(u, schema)?.into(),
            "DateTime" => format!(
                "2026-{:02}-04T09:30:00.{}Z",
                u.int_in_range(1..=13)?,
                u.arbitrary::<u16>()?
            )
            .into(),
            "Date" => format!(
                "{:04}-05-0{}",
                u.arbitrary::<u16>()?,
                u.int_in_range(0..=9)?
            )
            .into(),
            _ => text(u)?.into(),
        })
    }
}

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let length = u.int_in_range(0..=6)?;
    let mut text = String::new();
    for _ in 0..length {
        // Half of the characters have a meaning in SQL statements or LIKE patterns.
        text.push(if u.arbitrary()? {
            *u.choose(&['\0', '%', '_', '\\', '\'', '"', '$', '?', ';', '\n'])?
        } else {
            u.arbitrary()?
        });
    }
    Ok(text)
}

fn id(u: &mut Unstructured<'_>, schema: &Schema) -> Result<String> {
    let types = schema.possible("Node");
    let number = u.arbitrary::<i16>()?;
    Ok(URL_SAFE_NO_PAD.encode(format!("{}:{number}", u.choose(&types)?)))
}

/// A variable that stands in place of a value.
pub(crate) struct Variable {
    pub(crate) ty: Type,
    pub(crate) default: Option<ConstValue>,
    pub(crate) value: Option<ConstValue>,
}

impl Generator<'_> {
    /// A value of a type.
    ///
    /// # Errors
    ///
    /// If the random bytes cannot be used.
    pub fn value(
        &self,
        u: &mut Unstructured<'_>,
        ty: &Type,
        place: Place<'_>,
    ) -> Result<ConstValue> {
        let value = self.value_at(u, ty, place, self.style.value_levels, None)?;
        value.into_const().ok_or(arbitrary::Error::IncorrectFormat)
    }

    /// A value that may have variables in it, which are added to the list.
    pub(crate) fn value_with(
        &self,
        u: &mut Unstructured<'_>,
        ty: &Type,
        place: Place<'_>,
        variables: &mut Vec<Variable>,
    ) -> Result<Value> {
        self.value_at(u, ty, place, self.style.value_levels, Some(variables))
    }

    fn value_at(
        &self,
        u: &mut Unstructured<'_>,
        ty: &Type,
        place: Place<'_>,
        levels: usize,
        mut variables: Option<&mut Vec<Variable>>,
    ) -> Result<Value> {
        if let Some(variables) = &mut variables
            && u.ratio(1, 6)?
        {
            let value = self.value_at(u, ty, place, levels, None)?.into_const();
            let default = if u.ratio(1, 8)? {
                self.value_at(u, ty, place, levels, None)?.into_const()
            } else {
                None
            };
            let default = default.filter(is_literal);
            // A variable with a default needs no value.
            let value = value.filter(|_| default.is_none() || !u.ratio(1, 2).unwrap_or(false));
            let name = Name::new(format!("v{}", variables.len()));
            let ty = ty.clone();
            variables.push(Variable { ty, default, value });
            return Ok(Value::Variable(name));
        }
        let nulls = if self.style.mistakes { 16 } else { 64 };
        if ty.nullable && (u.is_empty() || u.ratio(1, nulls)?) {
            return Ok(Value::Null);
        }
        match &ty.base {
            // A single value is accepted as a list of one.
            BaseType::List(item) if u.ratio(1, 16)? => {
                self.value_at(u, item, place, levels, variables)
            }
            BaseType::List(item) => {
                let length = match levels {
                    0 => 0,
                    _ if self.style.mistakes => u.int_in_range(0..=4)?,
                    // Empty lists have a meaning of their own, so they are rare.
                    _ => u.int_in_range(0..=7)?.clamp(u8::from(!u.ratio(1, 8)?), 3),
                };
                let mut items = Vec::new();
                for _ in 0..length {
                    let variables = variables.as_deref_mut();
                    items.push(self.value_at(u, item, place, levels - 1, variables)?);
                }
                Ok(Value::List(items))
            }
            BaseType::Named(name) => self.named_value(u, name, place, levels, variables),
        }
    }

    fn named_value(
        &self,
        u: &mut Unstructured<'_>,
        name: &str,
        place: Place<'_>,
        levels: usize,
        mut variables: Option<&mut Vec<Variable>>,
    ) -> Result<Value> {
        if self.style.mistakes && u.ratio(1, 64)? {
            let wrong: [ConstValue; 4] = [1.into(), "1".into(), true.into(), 0.5.into()];
            return Ok(u.choose(&wrong)?.clone().into_value());
        }
        if let Some(names) = self.schema.names(name) {
            return Ok(Value::Enum(Name::new(u.choose(&names)?)));
        }
        let Some(inputs) = self.schema.inputs(name) else {
            let value = self.leaves.leaf(u, self.schema, name, place)?;
            return Ok(match variables {
                // Only names can be keys in a document.
                Some(variables) if !is_literal(&value) => {
                    let variable = Name::new(format!("v{}", variables.len()));
                    variables.push(Variable {
                        ty: Type {
                            base: BaseType::Named(Name::new(name)),
                            nullable: false,
                        },
                        default: None,
                        value: Some(value),
                    });
                    Value::Variable(variable)
                }
                _ => value.into_value(),
            });
        };
        let is_one_of = self.schema.is_one_of(name);
        let chosen = if is_one_of {
            vec![*u.choose(&inputs)?]
        } else {
            self.chosen(u, &inputs, levels)?
        };
        let mut fields = IndexMap::new();
        for input in chosen {
            let place = Place {
                owner: name,
                field: &input.name.node,
            };
            let ty = Type {
                nullable: input.ty.node.nullable && !is_one_of,
                ..input.ty.node.clone()
            };
            let below = levels.saturating_sub(1);
            let variables = variables.as_deref_mut();
            let value = self.value_at(u, &ty, place, below, variables)?;
            fields.insert(input.name.node.clone(), value);
        }
        Ok(Value::Object(fields))
    }

    /// The fields of an input object that get values.
    fn chosen<'b>(
        &self,
        u: &mut Unstructured<'_>,
        inputs: &[&'b InputValueDefinition],
        levels: usize,
    ) -> Result<Vec<&'b InputValueDefinition>> {
        let mut chosen = Vec::new();
        if self.style.mistakes {
            for input in inputs {
                let is_wanted = is_required(input) || levels > 0 && u.ratio(1, 6)?;
                if is_wanted && !u.ratio(1, 128)? {
                    chosen.push(*input);
                }
            }
        } else if inputs.iter().any(|input| is_required(input)) {
            for input in inputs {
                if is_required(input) || levels > 0 && u.arbitrary()? {
                    chosen.push(*input);
                }
            }
        } else if levels > 0 && !u.ratio(1, 16)? {
            // With many conditions at once, hardly any row would match.
            for _ in 0..u.int_in_range(1..=5)?.max(3) - 2 {
                let input = *u.choose(inputs)?;
                if !chosen.iter().any(|it| std::ptr::eq(*it, input)) {
                    chosen.push(input);
                }
            }
        }
        Ok(chosen)
    }
}

/// Whether a value can be written in a document.
fn is_literal(value: &ConstValue) -> bool {
    match value {
        ConstValue::List(items) => items.iter().all(is_literal),
        ConstValue::Object(fields) => fields.iter().all(|(key, value)| {
            let is_letter = |it: char| it.is_ascii_alphabetic() || it == '_';
            key.starts_with(is_letter)
                && key.chars().all(|it| is_letter(it) || it.is_ascii_digit())
                && is_literal(value)
        }),
        _ => true,
    }
}
