//! Comparing two texts line by line.

use super::Outcome;

/// Fails unless both lists hold the same lines in the same order, naming those that only one has.
///
/// # Errors
///
/// Fails with `what` was compared and the lines that differ.
pub fn assert_same_lines(what: &str, expected: &[String], actual: &[String]) -> Outcome {
    if expected == actual {
        return Ok(());
    }
    let only_in = |sign: &'static str, lines: &[String], others: &[String]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| !others.contains(line))
            .map(|line| format!("{sign} {line}"))
            .collect()
    };
    let mut differences = only_in("-", expected, actual);
    differences.extend(only_in("+", actual, expected));
    if differences.is_empty() {
        differences.push(format!(
            "only in order or number: {expected:#?} is expected, {actual:#?} was found"
        ));
    }
    let differences = differences.join("\n");
    Err(format!("{what} differs (- expected, + found):\n{differences}").into())
}
