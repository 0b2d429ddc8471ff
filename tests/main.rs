//! End-to-end tests. Each case runs on SQLite and on PostgreSQL.
//!
//! Without PostgreSQL, its half is listed as ignored, unless `CI=true` or
//! `MINA_TEST_REQUIRE_POSTGRES=1` asks for it. `MINA_TEST_POSTGRES_URL` names a server to use
//! in place of a throwaway cluster, which is worth setting for cargo-nextest: it runs each case in
//! a process of its own, and each would start a cluster.

// A case that nothing lists must not build.
#![forbid(dead_code)]
#![expect(
    clippy::unwrap_used,
    reason = "a case that finds no value where it must be has failed"
)]

mod adoption;
mod backups;
mod batching;
mod catalog;
mod clocks;
mod connections;
mod crashes;
mod doctor;
mod estate;
mod fields;
mod filters;
mod follow;
mod graph;
mod import;
mod live;
mod migrations;
mod outages;
mod outsider;
mod packaging;
mod paging;
mod places;
mod plans;
mod policy;
mod pooler;
mod prices;
mod protocol;
mod races;
mod readme;
mod registration;
mod schema;
mod search;
mod shares;
mod signing_in;
mod support;
mod telemetry;
mod throttling;
mod transcripts;
mod twins;
mod writing;

use std::process::ExitCode;

use libtest_mimic::Arguments;

use support::suite::Suite;

fn main() -> ExitCode {
    // The feature that the exporter of traces needs makes every client of reqwest ask for it.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::from_args();
    let mut suite = match Suite::new() {
        Ok(suite) => suite,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };

    adoption::list(&mut suite);
    backups::list(&mut suite);
    batching::list(&mut suite);
    catalog::list(&mut suite);
    clocks::list(&mut suite);
    connections::list(&mut suite);
    crashes::list(&mut suite);
    doctor::list(&mut suite);
    estate::list(&mut suite);
    fields::list(&mut suite);
    filters::list(&mut suite);
    follow::list(&mut suite);
    graph::list(&mut suite);
    import::list(&mut suite);
    live::list(&mut suite);
    migrations::list(&mut suite);
    outages::list(&mut suite);
    packaging::list(&mut suite);
    paging::list(&mut suite);
    places::list(&mut suite);
    plans::list(&mut suite);
    policy::list(&mut suite);
    pooler::list(&mut suite);
    prices::list(&mut suite);
    protocol::list(&mut suite);
    races::list(&mut suite);
    readme::list(&mut suite);
    schema::list(&mut suite);
    search::list(&mut suite);
    shares::list(&mut suite);
    signing_in::list(&mut suite);
    outsider::list(&mut suite);
    telemetry::list(&mut suite);
    throttling::list(&mut suite);
    transcripts::list(&mut suite);
    twins::list(&mut suite);
    writing::list(&mut suite);
    // Last, as it looks at the names of all others.
    registration::list(&mut suite);

    suite.run(&arguments)
}
