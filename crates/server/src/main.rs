//! The `mina` command.

fn main() {}
