# The tasks of this workspace. Each recipe is a plain command that also works without just.

# List the recipes.
default:
    @just --list --unsorted

# Run the server with demo data, on a SQLite database of its own.
[group('run')]
demo *ARGS:
    cargo run -- demo {{ARGS}}

# Serve a database with the release build; takes the flags of `mina serve`.
[group('run')]
serve *ARGS:
    cargo run --release -- serve {{ARGS}}

# Apply all pending migrations to a database.
[group('run')]
migrate *ARGS:
    cargo run -- migrate up {{ARGS}}

# Run all tests of all crates, on SQLite and, if it is installed, on PostgreSQL.
[group('test')]
test *ARGS:
    cargo test {{ARGS}}

# Run the end-to-end cases whose name contains FILTER.
[group('test')]
e2e FILTER='':
    cargo test -p mina --test e2e -- {{FILTER}}

# Check paging against its model with more random cases than `just test` does.
[group('test')]
test-paging CASES='2000':
    PROPTEST_CASES={{CASES}} cargo test -p mina --test e2e -- paging

# Send random operations to SQLite and PostgreSQL, which must answer alike. SEEDS is one or a range.
[group('test')]
test-twins SEEDS='1000..1100' STEPS='100':
    MINA_TEST_SEEDS={{SEEDS}} MINA_TEST_STEPS={{STEPS}} cargo test -p mina --test e2e -- twins::sqlite_and_postgres

# Send random operations to another build of mina and to this one, which must answer alike.
[group('test')]
test-releases BINARY SEEDS='0..20' STEPS='100':
    MINA_TEST_OTHER_BINARY={{absolute_path(BINARY)}} MINA_TEST_SEEDS={{SEEDS}} MINA_TEST_STEPS={{STEPS}} cargo test -p mina --test e2e -- twins::two_releases

# Serve the playground from its sources, which it follows; needs Node and a demo on port 8000.
[group('run')]
playground:
    cd crates/playground/web && npm ci && npm run dev

# Test the playground in a headless Chromium; needs Node and Chromium.
[group('test')]
test-browser:
    MINA_PLAYGROUND=full cargo build && cd tests/browser && npm ci && MINA_BIN=../../target/debug/mina npm test

# Check and test the example application in a headless Chromium; needs Node and Chromium.
[group('test')]
test-example:
    cargo build
    cd examples/web && npm ci && npm run check && npm run lint && npm run build
    cd tests/browser && npm ci && MINA_BIN=../../target/debug/mina npm run test:example

# Run the generators of Relay, Apollo, gql.tada and genql on the schema, and their clients and urql on a server; needs Node.
[group('test')]
test-compatibility:
    cargo build && cd tests/compatibility && npm ci && MINA_BIN=../../target/debug/mina npm test

# Test subscriptions with the public client libraries; needs Node.
[group('test')]
test-clients:
    cargo build && cd tests/clients && npm ci && MINA_BIN=../../target/debug/mina npm test

# Run the audits of the GraphQL over HTTP specification; needs Node.
[group('test')]
spec-http:
    cargo build && cd tests/spec-http && npm ci && MINA_BIN=../../target/debug/mina npm test

# Compare verdicts on COUNT random documents from SEED on with graphql-js; needs Node.
[group('test')]
test-oracle SEED='1' COUNT='5000':
    cargo build --workspace --features mina-graphql/fuzzing --example verdicts
    cd tests/oracle && npm ci && MINA_ORACLE_SEED={{SEED}} MINA_ORACLE_COUNT={{COUNT}} MINA_VERDICTS=../../target/debug/examples/verdicts npm test

# Check with SQLAlchemy that the fixtures of adoption are what it stores; needs Python and its registry.
[group('test')]
adoption:
    python3 -m venv target/adoption && target/adoption/bin/pip install --quiet --requirement tests/adoption/requirements.txt
    MINA_TEST_PYTHON=$PWD/target/adoption/bin/python cargo test -p mina --test e2e --locked -- adoption

# Run a fuzz target of fuzz/ for some seconds; needs cargo-fuzz and a nightly compiler.
[group('test')]
fuzz TARGET SECONDS='60':
    mkdir -p fuzz/corpus/{{TARGET}} && cargo +nightly fuzz run {{TARGET}} fuzz/corpus/{{TARGET}} fuzz/seeds/{{TARGET}} -- -max_total_time={{SECONDS}} -timeout=10 -max_len=4096

# Send a demo server whatever schemathesis generates from the schema; needs Python and the network.
[group('test')]
schemathesis *ARGS:
    scripts/schemathesis {{ARGS}}

# Compare the speed of Mina with that of SQL written by hand; needs oha. Takes `--database`, `--queries`, `--seconds` and more.
[group('test')]
bench *ARGS:
    cargo run --release --manifest-path bench/Cargo.toml -- {{ARGS}}

# Count the instructions of a request and profile it; needs valgrind. Takes the flags of `just bench`; `callgrind_annotate` shows the profiles in target/profile.
[group('test')]
profile QUERIES *ARGS:
    cargo run --release --manifest-path bench/Cargo.toml -- --callgrind target/profile --queries {{QUERIES}} {{ARGS}}

# Count the instructions of what each request pays for, and fail if they are over 5 % more than committed; needs valgrind and `cargo install gungraun-runner --version 0.20.0`.
[group('test')]
instructions *ARGS:
    cargo bench -p mina-graphql --bench instructions --profile instructions -- {{ARGS}}

# Measure how many live subscribers a server carries; takes `--subscribers`, `--rate` and more.
[group('test')]
bench-live *ARGS:
    cargo bench -p mina --bench live -- {{ARGS}}

# Measure how long a long transcript takes in and out; needs Python.
[group('test')]
time-of-transcripts *ARGS:
    cargo build --release --locked
    scripts/time-of-transcripts target/release/mina {{ARGS}}

# Attack a server while somebody else works, and fail if they notice. Takes the name of an attack, `--database`, `--concurrency` and more.
[group('test')]
fairness *ARGS:
    cargo bench -p mina --bench fairness -- {{ARGS}}

# The short form of it, with the build that the tests use, which is slower: each attack once.
[group('test')]
fairness-short *ARGS:
    cargo bench --profile dev -p mina --bench fairness -- --short --tolerance 20 {{ARGS}}

# Measure lists of a small workspace and a large one among many others; takes `--scale` and `--database`.
[group('test')]
bench-tenants *ARGS:
    cargo bench -p mina --bench tenants -- {{ARGS}}

# Format the code.
[group('check')]
fmt:
    cargo fmt --all

# Check formatting, lints and docs, as CI does.
[group('check')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- --deny warnings
    cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target --locked -- --deny warnings
    cargo fmt --manifest-path bench/Cargo.toml --check
    cargo clippy --manifest-path bench/Cargo.toml --target-dir target --locked -- --deny warnings
    RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps --document-private-items --locked

# Lint schema.graphql, and name what breaks clients of the published one; needs Node.
[group('check')]
lint-schema:
    cd tests/schema && npm ci --ignore-scripts && npm test

# Check the types and the style of the playground; needs Node.
[group('check')]
lint-playground:
    cd crates/playground/web && npm ci && npm run check && npm run lint

# Export the schema to schema.graphql, after a change to the API.
[group('check')]
schema:
    cargo run -- schema --write schema.graphql

# Check dependencies for known vulnerabilities; needs cargo-deny and the network.
[group('check')]
audit:
    cargo deny --locked check advisories

# Check the licenses and sources of dependencies; needs cargo-deny.
[group('check')]
licenses:
    cargo deny --locked check licenses bans sources
    cargo deny --manifest-path fuzz/Cargo.toml --locked --config deny.toml check licenses bans sources
    cargo deny --manifest-path bench/Cargo.toml --locked --config deny.toml check licenses bans sources

# Make the Debian package; needs cargo-deb. `PROFILE=dev just package --no-build` is for a look at it.
[group('run')]
package *ARGS:
    scripts/package {{ARGS}}

# Run everything that CI runs.
[group('check')]
ci:
    .ci/run

# Show the documentation of the crates in a browser.
[group('read')]
docs:
    cargo doc --workspace --no-deps --open
