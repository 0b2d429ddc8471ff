//! End-to-end tests. Each case runs on SQLite and on PostgreSQL.
//!
//! Where there is no PostgreSQL its half is listed as ignored, unless `CI=true` or
//! `MINA_TEST_REQUIRE_POSTGRES=1` asks for it. `MINA_TEST_POSTGRES_URL` names a server to use
//! in place of a throwaway cluster, which is worth setting for cargo-nextest: it runs each case in
//! a process of its own, and each would start a cluster.

#![expect(
    clippy::unwrap_used,
    reason = "a case that finds no value where it must be has failed"
)]

mod batching;
mod catalog;
mod filters;
mod graph;
mod import;
mod migrations;
mod readme;
mod schema;
mod search;
mod signing_in;
mod stranger;
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
    suite.on_both_databases(
        "batching::thousands_of_parents",
        batching::thousands_of_parents,
    );

    suite.on_both_databases("catalog::tables", catalog::tables);
    suite.on_both_databases("catalog::columns", catalog::columns);
    suite.on_both_databases("catalog::indexes", catalog::indexes);
    suite.on_both_databases("catalog::index_names", catalog::index_names);
    suite.on_both_databases("catalog::closed_sets", catalog::closed_sets);
    suite.on_both_databases("catalog::defaults_are_utc", catalog::defaults_are_utc);

    suite.on_both_databases("filters::comparisons", filters::comparisons);
    suite.on_both_databases("filters::combinations", filters::combinations);
    suite.on_both_databases("filters::relations", filters::relations);
    suite.on_both_databases("filters::other_types", filters::other_types);
    suite.on_both_databases("filters::refused", filters::refused);
    suite.on_both_databases("filters::orders", filters::orders);

    suite.on_both_databases("graph::around_a_meeting", graph::around_a_meeting);
    suite.on_both_databases("graph::around_a_session", graph::around_a_session);
    suite.on_both_databases("graph::around_a_task", graph::around_a_task);
    suite.on_both_databases("graph::around_users", graph::around_users);
    suite.on_both_databases("graph::marker_to_segment", graph::marker_to_segment);
    suite.on_both_databases("graph::by_id", graph::by_id);
    suite.on_both_databases("graph::by_id_of_type", graph::by_id_of_type);
    suite.on_both_databases("graph::wrong_ids", graph::wrong_ids);
    suite.on_both_databases("graph::failing_fields", graph::failing_fields);
    suite.on_both_databases("graph::absent_values", graph::absent_values);
    suite.on_both_databases("graph::scalars", graph::scalars);

    suite.on_both_databases("import::formats", import::formats);
    suite.on_both_databases("import::flags", import::flags);
    suite.on_both_databases("import::standard_input", import::standard_input);
    suite.on_both_databases("import::malformed", import::malformed);
    suite.on_both_databases("import::rolled_back", import::rolled_back);
    suite.on_both_databases("import::meeting", import::meeting);
    suite.on_both_databases("import::titles", import::titles);
    suite.on_both_databases("import::owners", import::owners);
    suite.on_both_databases("import::behind", import::behind);
    suite.on_both_databases("import::transcript", import::transcript);

    suite.without_database("migrations::names_ascend", migrations::names_ascend);
    suite.on_both_databases("migrations::up_again", migrations::up_again);
    suite.on_both_databases("migrations::each_step", migrations::each_step);
    suite.on_both_databases("migrations::down", migrations::down);
    suite.on_both_databases("migrations::failed_step", migrations::failed_step);

    suite.on_both_databases("readme::diagram", readme::diagram);
    suite.without_database("readme::settings", readme::settings);
    suite.without_database("readme::query", readme::query);
    suite.without_database("readme::links", readme::links);

    suite.without_database("schema::file_is_current", schema::file_is_current);
    suite.on_both_databases(
        "schema::everything_is_described",
        schema::everything_is_described,
    );
    suite.on_both_databases("schema::lists_are_not_null", schema::lists_are_not_null);
    suite.on_both_databases("schema::every_type_is_used", schema::every_type_is_used);
    suite.on_both_databases(
        "schema::scalars_are_specified",
        schema::scalars_are_specified,
    );

    suite.on_both_databases("search::over_types", search::over_types);
    suite.on_both_databases("search::refused", search::refused);

    suite.on_both_databases("signing_in::by_either_name", signing_in::by_either_name);
    suite.on_both_databases(
        "signing_in::username_before_email",
        signing_in::username_before_email,
    );
    suite.on_both_databases("signing_in::refused", signing_in::refused);
    suite.on_both_databases("signing_in::hash_of_python", signing_in::hash_of_python);
    suite.on_both_databases("signing_in::long_password", signing_in::long_password);
    suite.on_both_databases("signing_in::reads_on", signing_in::reads_on);
    suite.on_both_databases("signing_in::altered_token", signing_in::altered_token);
    suite.on_both_databases("signing_in::expired_token", signing_in::expired_token);
    suite.on_both_databases("signing_in::ended_token", signing_in::ended_token);
    suite.on_both_databases("signing_in::nobody", signing_in::nobody);
    suite.on_both_databases(
        "signing_in::without_workspace",
        signing_in::without_workspace,
    );

    suite.on_both_databases("stranger::reads_nothing", stranger::reads_nothing);
    suite.on_both_databases("stranger::changes_nothing", stranger::changes_nothing);

    suite.run(&arguments)
}
