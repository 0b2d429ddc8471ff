//! The `mina` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    mina::main().await
}
