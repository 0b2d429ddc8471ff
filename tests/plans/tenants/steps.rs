//! What SQLite intends to do: whether it begins at rows of other workspaces, or sorts a list. And
//! how much it has done.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::super::Step;
use crate::support::server::{Answer, Server};

/// How often SQLite has said that a statement of a request runs on, for each answer. The requests
/// were sent one after the other, and the log must have them all.
pub fn steps_of_all(server: &Server, answers: &[Answer]) -> Vec<u32> {
    let mut calls = 0;
    let mut of_requests: HashMap<String, u32> = HashMap::new();
    for line in server.log_lines_with("message") {
        let line: Value = serde_json::from_str(&line).unwrap();
        if line["message"] == "a statement has run more steps" {
            calls += 1;
        } else if line["message"] == "responded"
            && let Some(id) = line["span"]["request_id"].as_str()
        {
            of_requests.insert(id.to_owned(), std::mem::take(&mut calls));
        }
    }
    let of_answer = |answer: &Answer| of_requests.get(answer.id()).copied();
    answers.iter().map(|it| of_answer(it).unwrap()).collect()
}

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
