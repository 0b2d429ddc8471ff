//! The settings, as `mina serve` uses them.

use super::report::Verdict;
use crate::{
    command_error::CommandError,
    commands::{rules::rules, serve},
    config::Settings,
    telemetry::otlp_tls,
};

/// What `mina serve` would reject before it connects to the database.
pub fn check(settings: &Settings) -> Vec<Verdict> {
    let mut problems = Vec::new();
    note(&mut problems, settings.tokens.secrets());
    note(&mut problems, serve::certificate(&settings.http));
    let rules = rules(
        &settings.documents,
        &settings.cost,
        &settings.quota,
        &settings.load,
    );
    note(&mut problems, rules);
    note(&mut problems, otlp_tls(&settings.telemetry));
    if problems.is_empty() {
        problems.push(Verdict::ok("the settings can be used"));
    }
    problems
}

fn note<T, E: CommandError>(problems: &mut Vec<Verdict>, result: Result<T, E>) {
    if let Err(error) = result {
        problems.push(Verdict::failed(&error));
    }
}
