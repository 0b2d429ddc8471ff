//! End-to-end tests. Each case runs on SQLite and on PostgreSQL.
//!
//! Where there is no PostgreSQL its half is listed as ignored, unless `CI=true` or
//! `MINA_TEST_REQUIRE_POSTGRES=1` asks for it. `MINA_TEST_POSTGRES_URL` names a server to use
//! in place of a throwaway cluster, which is worth setting for cargo-nextest: it runs each case in
//! a process of its own, and each would start a cluster.

mod batching;
mod catalog;
mod import;
mod migrations;
mod paging;
mod plans;
mod readme;
mod support;

use std::process::ExitCode;

use libtest_mimic::Arguments;

use support::suite::Suite;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut suite = match Suite::new() {
        Ok(suite) => suite,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };

    suite.on_both_databases("batching::five_relations", batching::five_relations);
    suite.on_both_databases(
        "batching::only_what_is_selected",
        batching::only_what_is_selected,
    );
    suite.on_both_databases(
        "batching::cursors_of_their_own",
        batching::cursors_of_their_own,
    );

    suite.on_both_databases("catalog::tables", catalog::tables);
    suite.on_both_databases("catalog::columns", catalog::columns);
    suite.on_both_databases("catalog::indexes", catalog::indexes);
    suite.on_both_databases("catalog::index_names", catalog::index_names);
    suite.on_both_databases("catalog::closed_sets", catalog::closed_sets);
    suite.on_both_databases("catalog::defaults_are_utc", catalog::defaults_are_utc);

    suite.without_database("migrations::names_ascend", migrations::names_ascend);
    suite.on_both_databases("migrations::up_again", migrations::up_again);
    suite.on_both_databases("migrations::each_step", migrations::each_step);
    suite.on_both_databases("migrations::down", migrations::down);
    suite.on_both_databases("migrations::failed_step", migrations::failed_step);

    suite.on_both_databases("paging::like_the_model", paging::like_the_model);
    suite.on_both_databases("paging::bad_input", paging::bad_input);

    suite.on_both_databases("plans::meeting_graph", plans::meeting_graph);
    suite.on_both_databases("plans::pages", plans::pages);

    suite.on_both_databases("readme::diagram", readme::diagram);
    suite.without_database("readme::settings", readme::settings);
    suite.without_database("readme::links", readme::links);
    suite.on_both_databases("import::formats", import::formats);
    suite.on_both_databases("import::flags", import::flags);
    suite.on_both_databases("import::standard_input", import::standard_input);
    suite.on_both_databases("import::malformed", import::malformed);
    suite.on_both_databases("import::rolled_back", import::rolled_back);
    suite.on_both_databases("import::meeting", import::meeting);
    suite.on_both_databases("import::titles", import::titles);
    suite.on_both_databases("import::owners", import::owners);
    suite.on_both_databases("import::behind", import::behind);

    suite.run(&arguments)
}
