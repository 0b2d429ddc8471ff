//! What SQLite intends to do: whether it begins at rows of other workspaces, or sorts a list.

use std::collections::BTreeSet;

use super::super::Step;

/// The step of a plan that may meet rows of other workspaces or, for a page, sorts the whole list.
pub fn foreign_or_sorted(plan: &[Step], is_page: bool) -> Option<&str> {
    plan.iter()
        .find(|step| is_foreign(plan, step) || (is_page && sorts(plan, step)))
        .map(|step| step.detail.as_str())
}

/// The subqueries that a part of a statement selects from.
fn subqueries<'a>(plan: &'a [Step], step: &Step) -> BTreeSet<&'a str> {
    let siblings = plan.iter().filter(|other| other.parent == step.parent);
    siblings
        .filter_map(|other| {
            let made = ["CO-ROUTINE ", "MATERIALIZE "];
            made.iter().find_map(|verb| other.detail.strip_prefix(verb))
        })
        .collect()
}

/// The table of a step that reads rows, unless it is a subquery.
fn table<'a>(plan: &[Step], step: &'a Step) -> Option<&'a str> {
    let detail = step.detail.as_str();
    let rest = ["SCAN ", "SEARCH "];
    let rest = rest.iter().find_map(|verb| detail.strip_prefix(verb))?;
    let name = rest.split(' ').next()?;
    let is_table = !subqueries(plan, step).contains(name)
        && !detail.contains("VIRTUAL TABLE")
        && !detail.contains("CONSTANT ROW")
        && !name.starts_with('(');
    is_table.then_some(name)
}

/// Whether a step may read rows of other workspaces: it does not look up a key.
fn is_foreign(plan: &[Step], step: &Step) -> bool {
    if table(plan, step).is_none() {
        return false;
    }
    let key = step.detail.split_once('(').map_or("", |(_, key)| key);
    let column = key.split_once("=?").map_or("", |(column, _)| column);
    // A unique index finds one row at most.
    let is_unique = step.detail.contains(" INDEX uq_");
    let is_key = is_unique || ["rowid", "id"].contains(&column) || column.ends_with("_id");
    step.detail.starts_with("SCAN ") || step.detail.contains("AUTOMATIC") || !is_key
}

/// Whether a step sorts rows of a table, instead of pages.
fn sorts(plan: &[Step], step: &Step) -> bool {
    let mut siblings = plan.iter().filter(|other| other.parent == step.parent);
    step.detail.starts_with("USE TEMP B-TREE")
        && siblings.any(|other| {
            other.detail.starts_with("SEARCH ")
                && !other.detail.contains("(rowid=?)")
                && table(plan, other).is_some()
        })
}
