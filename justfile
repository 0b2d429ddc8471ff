# Every habit of this workspace. Each recipe is one plain command that works without just, too.

# List the recipes.
default:
    @just --list --unsorted

# Run the server with demo data on a SQLite database of its own.
[group('run')]
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# Serve a database; takes the flags of `mina serve`.
[group('run')]
serve *ARGS:
    cargo run --release -- serve {{ARGS}}

# Bring a database to the newest schema.
[group('run')]
migrate *ARGS:
    cargo run --release -- migrate up {{ARGS}}

# Run all tests of all crates, on SQLite and, where it is installed, on PostgreSQL.
[group('test')]
test *ARGS:
    cargo test {{ARGS}}

# Run the end-to-end cases whose name contains FILTER.
[group('test')]
e2e FILTER='':
    cargo test -p mina --test e2e -- {{FILTER}}

# Run the playground's tests in a headless Chromium.
[group('test')]
browser:
    cargo build && cd tests/browser && npm ci && MINA_BIN=../../target/debug/mina npm test

# Run the audits of GraphQL over HTTP; needs Node.
[group('test')]
audit:
    cargo build && cd tests/audit && npm ci && MINA_BIN=../../target/debug/mina npm test

# Run the public clients of subscriptions; needs Node.
[group('test')]
clients:
    cargo build && cd tests/clients && npm ci && MINA_BIN=../../target/debug/mina npm test

# Compare paging with its model on many more random cases than usual.
[group('test')]
paging CASES='2000':
    PROPTEST_CASES={{CASES}} cargo test -p mina --test e2e -- paging

# Measure how much live subscriptions carry; takes `--subscribers`, `--sessions`, `--rate` and more.
[group('test')]
bench-live *ARGS:
    cargo bench -p mina --bench live -- {{ARGS}}

# Feed a target of fuzz/ with what it has not seen; needs cargo-fuzz and a nightly compiler.
[group('test')]
fuzz TARGET SECONDS='60':
    mkdir -p fuzz/corpus/{{TARGET}} && cargo +nightly fuzz run {{TARGET}} fuzz/corpus/{{TARGET}} fuzz/seeds/{{TARGET}} -- -max_total_time={{SECONDS}} -timeout=10 -max_len=4096

# Ask a server with demo data what schemathesis makes of its schema; needs Python and the network.
[group('test')]
schemathesis *ARGS:
    scripts/schemathesis {{ARGS}}

# Format the code.
[group('check')]
format:
    cargo fmt --all

# Check format, lints and docs as CI does.
[group('check')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- --deny warnings
    cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target --locked -- --deny warnings
    RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps --document-private-items --locked

# Write schema.graphql anew after a change of the API.
[group('check')]
schema:
    cargo run -- schema --write schema.graphql

# Check licences and sources of all dependencies; needs cargo-deny.
[group('check')]
deny:
    cargo deny --locked check licenses bans sources
    cargo deny --manifest-path fuzz/Cargo.toml --locked --config deny.toml check licenses bans sources

# Check known vulnerabilities of all dependencies; needs cargo-deny and the network.
[group('check')]
advisories:
    cargo deny --locked check advisories

# Do all that CI does.
[group('check')]
ci:
    .ci/run

# Show the crates' documentation in a browser.
[group('read')]
docs:
    cargo doc --workspace --no-deps --open
