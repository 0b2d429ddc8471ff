//! The `mina` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Gives memory of large answers back to the operating system. That of the C library keeps it, apart
/// for each thread, so a server that has built large answers on many threads stays large.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    mina::main().await
}
