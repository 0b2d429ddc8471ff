//! Inputs in which one id does not belong to the outsider.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{
    super::world::Rows,
    input::{ALL_OR_NOTHING, Mutation, Place, Shape},
};

/// An input with a place for another id. All other ids in it are of the outsider's own rows.
pub struct Attempt<'a> {
    /// The mutation.
    pub mutation: &'a Mutation<'a>,
    /// The place of the other id.
    pub place: Place,
    input: Value,
}

impl<'a> Attempt<'a> {
    /// Inputs of a mutation for each place of an id: one with all fields, and one with the required
    /// ones only. In a list, the other id comes alone, and after one's own.
    ///
    /// # Errors
    ///
    /// Fails if the input has a field of an unknown type.
    pub fn all(mutation: &'a Mutation<'a>, own: &Rows) -> Result<Vec<Self>, Failed> {
        let full = mutation.input(own, Shape::Full)?;
        let lean = mutation.input(own, Shape::Lean)?;
        let mut attempts = Vec::new();
        for place in mutation.places(&full)? {
            let mut inputs = vec![full.clone()];
            let mut needed = lean.clone();
            let field = top(&place.pointer);
            needed[field] = full[field].clone();
            if needed != full {
                inputs.push(needed);
            }
            attempts.extend(inputs.into_iter().map(|input| Self {
                mutation,
                place: place.clone(),
                input,
            }));
            attempts.extend(Self::behind_own(mutation, &place, &full));
        }
        Ok(attempts)
    }

    /// The attempts with `allOrNothing: false`, which change one's own rows only.
    ///
    /// # Errors
    ///
    /// Fails if the input has a field of an unknown type.
    pub fn in_part(mutation: &'a Mutation<'a>, own: &Rows) -> Result<Vec<Self>, Failed> {
        let mut full = mutation.input(own, Shape::Full)?;
        full[ALL_OR_NOTHING] = json!(false);
        let places = mutation.places(&full)?;
        let places = places.iter();
        let attempts = places.filter_map(|place| Self::behind_own(mutation, place, &full));
        Ok(attempts.collect())
    }

    /// If the place is in a list: an attempt in which the other id comes after the ids in it.
    fn behind_own(mutation: &'a Mutation<'a>, place: &Place, input: &Value) -> Option<Self> {
        let mut input = input.clone();
        let field = top(&place.pointer);
        let list = input[field].as_array_mut()?;
        list.push(list[0].clone());
        let pointer = place
            .pointer
            .replacen(&format!("/{field}/0"), &format!("/{field}/1"), 1);
        Some(Self {
            mutation,
            place: Place {
                pointer,
                ..place.clone()
            },
            input,
        })
    }

    /// The input as it is.
    pub fn with_own(&self) -> Value {
        self.input.clone()
    }

    /// The input with this id in the place.
    pub fn with(&self, id: &str) -> Value {
        let mut input = self.input.clone();
        if let Some(place) = input.pointer_mut(&self.place.pointer) {
            *place = id.into();
        }
        input
    }
}

/// The field of the input that a pointer begins with.
fn top(pointer: &str) -> &str {
    pointer.split('/').nth(1).unwrap_or_default()
}
