//! Cursors and page sizes that are no good: each is refused with what is wrong, and none breaks
//! the server.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server};

/// The global id of the row of a type.
pub fn global_id(type_name: &str, id: i32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{type_name}:{id}"))
}

fn cursor(content: &Value) -> String {
    URL_SAFE_NO_PAD.encode(content.to_string())
}

/// Tasks at the root and, because their cursors travel by another way, under a meeting.
const DOCUMENT: &str = "query (
    $meeting: ID!, $nested: Boolean!, $first: Int, $last: Int, $after: String, $before: String,
    $orderBy: [TaskOrder!]
) {
    tasks(first: $first, last: $last, after: $after, before: $before, orderBy: $orderBy)
        @skip(if: $nested) { nodes { id } }
    meeting(id: $meeting) @include(if: $nested) {
        tasks(first: $first, last: $last, after: $after, before: $before, orderBy: $orderBy) {
            nodes { id }
        }
    }
}";

/// Sizes and cursors that cannot be used are refused as the client's mistake.
pub async fn bad_input(database: &TestDatabase) -> Outcome {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let user = seed.user(workspace.id, "ada").await?;
    let meeting = seed.meeting(&user, "Planning").await?;
    seed.task(&meeting, "Write the plan").await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;

    let by =
        |fields: &[&str]| -> Value { fields.iter().map(|field| json!({"field": field})).collect() };
    let of_due_date = |value: Value| {
        json!({
            "after": cursor(&json!(["+due_date+id", [value, 1]])),
            "orderBy": by(&["DUE_DATE"]),
        })
    };
    let of_moment = |value: Value| {
        json!({
            "before": cursor(&json!(["+created_at+id", [value, 1]])),
            "orderBy": by(&["CREATED_AT"]),
        })
    };
    let of_id = |value: Value| json!({"after": cursor(&json!(["-id", value]))});
    let not_a_cursor = "is not a cursor";
    let other = "is a cursor of another list or another `orderBy`";
    let mut cases = vec![
        (json!({"first": -1}), "it must be from 0 to 100"),
        (json!({"first": 101}), "it must be from 0 to 100"),
        (json!({"last": 101}), "it must be from 0 to 100"),
        (json!({"last": i32::MIN}), "it must be from 0 to 100"),
        (json!({"first": 70000}), "it must be from 0 to 100"),
        (json!({"first": 1, "last": 1}), "not both"),
        (json!({"first": 2_147_483_648_i64}), ""),
        (json!({"first": 1.5}), ""),
        (json!({"after": ""}), not_a_cursor),
        (json!({"after": "*"}), not_a_cursor),
        (json!({"before": "abc"}), not_a_cursor),
        (json!({"after": "a\u{0}"}), not_a_cursor),
        (json!({"after": global_id("Task", 1)}), not_a_cursor),
        (json!({"after": cursor(&json!({}))}), not_a_cursor),
        (json!({"after": cursor(&json!(["-id"]))}), not_a_cursor),
        (
            json!({"after": cursor(&json!(["-id", [1], 1]))}),
            not_a_cursor,
        ),
        (json!({"after": cursor(&json!(["+id", [1]]))}), other),
        (
            json!({"after": cursor(&json!(["-title-id", ["", 1]]))}),
            other,
        ),
        (of_id(json!({})), not_a_cursor),
        (of_due_date(json!("2026-05-04T00:00:00")), other),
        (of_moment(json!("2026-05-04")), other),
        (
            json!({
                "after": cursor(&json!(["+title+id", ["a\u{0}b", 1]])),
                "orderBy": by(&["TITLE"]),
            }),
            other,
        ),
        (
            json!({
                "after": cursor(&json!(["+title+id", [null, 1]])),
                "orderBy": by(&["TITLE"]),
            }),
            other,
        ),
        (
            json!({
                "after": cursor(&json!(["+status+id", ["todo", 1]])),
                "orderBy": by(&["STATUS"]),
            }),
            other,
        ),
    ];
    for position in [
        json!([]),
        json!([1, 2]),
        json!([null]),
        json!(["1"]),
        json!([1.5]),
        json!([[1]]),
        json!([2_147_483_648_i64]),
        json!([1e30]),
        json!([true]),
    ] {
        cases.push((of_id(position), other));
    }
    for value in [
        json!(1),
        json!("tomorrow"),
        json!("infinity"),
        json!("2026-02-30"),
        json!("2026-5-4"),
        json!("2026 - 05 - 04"),
        json!("-0001-01-01"),
        json!("0000-01-01"),
        json!("+12345-01-01"),
        json!("+262000-01-01"),
    ] {
        cases.push((of_due_date(value.clone()), other));
        let moment = value.as_str().map(|day| format!("{day} 09:30:00"));
        cases.push((
            of_moment(json!(moment)),
            if moment.is_some() { other } else { "" },
        ));
    }
    for (arguments, words) in cases {
        for nested in [false, true] {
            let mut variables = arguments.clone();
            variables["meeting"] = global_id("Meeting", meeting.id).into();
            variables["nested"] = nested.into();
            let answer = server.ask_as(&token, DOCUMENT, variables).await?;
            if !words.is_empty() {
                answer
                    .assert_error("BAD_USER_INPUT", words)
                    .map_err(|_| format!("{arguments} gave {answer:#?}"))?;
            } else if answer.body["errors"][0]["extensions"]["code"] == "INTERNAL" {
                return Err(format!("{arguments} gave {answer:#?}").into());
            }
        }
    }
    Ok(())
}
