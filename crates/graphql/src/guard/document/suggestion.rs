//! Suggestions of names for unknown ones.

use async_graphql::{
    Pos, ServerError,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::guard::cost::facts::{Composite, Facts};

/// How similar a suggested name must be, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.8;

/// Adds names that are similar to unknown ones to the errors about these.
pub(super) fn add_to(errors: &mut [ServerError], facts: &Facts, document: &ExecutableDocument) {
    let mut finder = Finder {
        facts,
        suggestions: Vec::new(),
    };
    for (_, operation) in document.operations.iter() {
        let root = facts.root(operation.node.ty);
        finder.selections(root, &operation.node.selection_set.node);
    }
    for fragment in document.fragments.values() {
        let on = facts.composite(&fragment.node.type_condition.node.on.node);
        finder.selections(on, &fragment.node.selection_set.node);
    }
    for (position, name) in finder.suggestions {
        let error = errors.iter_mut().find(|it| it.locations == [position]);
        if let Some(error) = error {
            error.message = format!("{} Did you mean \"{name}\"?", error.message);
        }
    }
}

/// Finds unknown fields and arguments, and the names that may have been meant.
struct Finder<'a> {
    facts: &'a Facts,
    suggestions: Vec<(Pos, &'a str)>,
}

impl<'a> Finder<'a> {
    fn selections(&mut self, parent: Option<&'a Composite>, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = &field.node.name;
                    let fact = parent.and_then(|it| it.field(&name.node));
                    if let (Some(parent), None) = (parent, fact)
                        && name.node != "__typename"
                    {
                        self.suggest(&name.node, name.pos, parent.field_names());
                    }
                    for (name, _) in &field.node.arguments {
                        if let Some(fact) = fact
                            && !fact.arguments.contains_key(name.node.as_str())
                        {
                            self.suggest(&name.node, name.pos, fact.arguments.keys());
                        }
                    }
                    let below = fact.and_then(|it| self.facts.composite(&it.type_name));
                    self.selections(below, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |it| self.facts.composite(&it.node.on.node));
                    self.selections(on, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn suggest(&mut self, name: &str, position: Pos, known: impl Iterator<Item = &'a String>) {
        let similarity = |it: &str| strsim::jaro_winkler(name, it);
        let nearest = known.max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
        if let Some(nearest) = nearest.filter(|it| similarity(it) >= MIN_SIMILARITY) {
            self.suggestions.push((position, nearest));
        }
    }
}
