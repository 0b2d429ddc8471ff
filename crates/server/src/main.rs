//! The `mina` command.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the `import` subcommand is not wired up yet")
)]
mod import;

fn main() {}
