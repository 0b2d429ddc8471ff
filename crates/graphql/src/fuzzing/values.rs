//! Random values that mostly follow the types of the schema.

use arbitrary::{Result, Unstructured};
use async_graphql::parser::types::Type;
use async_graphql_value::ConstValue;
use generator::{AnyLeaves, Generator, Leaves, Place, Schema, Style};

use super::SCHEMA;

/// A value of a type, or occasionally of another.
pub(super) fn value(u: &mut Unstructured<'_>, ty: &Type) -> Result<ConstValue> {
    let generator = Generator {
        schema: &SCHEMA,
        leaves: &MostlyValid,
        style: Style {
            mistakes: u.ratio(1, 4)?,
            ..Style::HOSTILE
        },
        always: &[],
    };
    let place = Place {
        owner: "Query.any",
        field: "any",
    };
    generator.value(u, ty, place)
}

/// Values of scalars that are rarely wrong: one in a document makes it invalid.
#[derive(Clone, Copy)]
struct MostlyValid;

impl Leaves for MostlyValid {
    fn leaf(
        &self,
        u: &mut Unstructured<'_>,
        schema: &Schema,
        scalar: &str,
        place: Place<'_>,
    ) -> Result<ConstValue> {
        if u.ratio(1, 12)? {
            return AnyLeaves.leaf(u, schema, scalar, place);
        }
        Ok(match scalar {
            "Int" => u.arbitrary::<i32>()?.into(),
            "DateTime" => {
                let (month, decimals) = (u.int_in_range(1..=12)?, u.arbitrary::<u16>()?);
                format!("2026-{month:02}-04T09:30:00.{decimals}Z").into()
            }
            "Date" => {
                let (year, day) = (u.int_in_range(1..=9999)?, u.int_in_range(1..=9)?);
                format!("{year:04}-05-0{day}").into()
            }
            "UUID" => uuid::Uuid::from_u128(u.arbitrary()?).to_string().into(),
            _ => AnyLeaves.leaf(u, schema, scalar, place)?,
        })
    }
}
