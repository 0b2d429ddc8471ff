//! Cursors and page sizes that are invalid: each is rejected with the reason, and none breaks
//! the server.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
};

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

/// Sizes and cursors that cannot be used are rejected as the client's mistake.
pub async fn bad_input(database: &TestDatabase) -> Outcome {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let user = seed.user(workspace.id, "ada").await?;
    let meeting = seed.meeting(&user, "Planning").await?;
    seed.task(&meeting, "Write the plan").await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;

    for (arguments, words) in bad_sizes()
        .into_iter()
        .chain(bad_cursors())
        .chain(tampered_values())
    {
        for nested in [false, true] {
            let mut variables = arguments.clone();
            variables["meeting"] = global_id("Meeting", meeting.id).into();
            variables["nested"] = nested.into();
            let answer = server.ask_as(&token, DOCUMENT, variables).await?;
            answer
                .assert_error("BAD_USER_INPUT", words)
                .map_err(|_| format!("{arguments} gave {answer:#?}"))?;
        }
    }
    Ok(())
}

/// Arguments, and words of the error that they meet.
type Rejected = (Value, &'static str);

const NOT_A_CURSOR: &str = "is not a cursor";
const ANOTHER_LIST: &str = "is a cursor of another list or another `orderBy`";

fn bad_sizes() -> Vec<Rejected> {
    let range = "it must be from 0 to 100";
    vec![
        (json!({"first": -1}), range),
        (json!({"first": 101}), range),
        (json!({"first": 70_000}), range),
        (json!({"last": 101}), range),
        (json!({"last": i32::MIN}), range),
        (json!({"first": 1, "last": 1}), "not both"),
        (
            json!({"first": 2_147_483_648_i64}),
            "from -2147483648 to 2147483647",
        ),
    ]
}

fn bad_cursors() -> Vec<Rejected> {
    let sorted = |field: &str, name: &str, value: Value| json!({"after": cursor(&json!([name, [value, 1]])), "orderBy": [{"field": field}]});
    let after = |content: Value| json!({"after": cursor(&content)});
    vec![
        (json!({"after": ""}), NOT_A_CURSOR),
        (json!({"after": "*"}), NOT_A_CURSOR),
        (json!({"before": "abc"}), NOT_A_CURSOR),
        (json!({"after": "a\u{0}"}), NOT_A_CURSOR),
        (json!({"after": global_id("Task", 1)}), NOT_A_CURSOR),
        (after(json!({})), NOT_A_CURSOR),
        (after(json!(["-id"])), NOT_A_CURSOR),
        (after(json!(["-id", {}])), NOT_A_CURSOR),
        (after(json!(["-id", [1], 1])), NOT_A_CURSOR),
        (after(json!(["+id", [1]])), ANOTHER_LIST),
        (after(json!(["-title-id", ["", 1]])), ANOTHER_LIST),
        (sorted("TITLE", "+title+id", json!("a\u{0}b")), ANOTHER_LIST),
        (sorted("TITLE", "+title+id", json!(null)), ANOTHER_LIST),
        (sorted("STATUS", "+status+id", json!("todo")), ANOTHER_LIST),
    ]
}

/// Cursors with the right name and values that none of their fields can have.
fn tampered_values() -> Vec<Rejected> {
    let ids = [
        json!([]),
        json!([1, 2]),
        json!([null]),
        json!(["1"]),
        json!([1.5]),
        json!([[1]]),
        json!([2_147_483_648_i64]),
        json!([1e30]),
        json!([true]),
    ]
    .map(|position| json!({"after": cursor(&json!(["-id", position]))}));
    let of_moments = |value: Value| {
        [("due_date", "DUE_DATE"), ("created_at", "CREATED_AT")].map(|(column, field)| {
            let content = json!([format!("+{column}+id"), [value, 1]]);
            json!({"before": cursor(&content), "orderBy": [{"field": field}]})
        })
    };
    let moments = [
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
        json!("2026-05-04T09:30:00"),
        json!("2026-5-4 09:30:00"),
        json!("-0001-01-01 09:30:00"),
        json!("+12345-01-01 09:30:00"),
    ];
    let moments = moments.into_iter().flat_map(of_moments);
    ids.into_iter()
        .chain(moments)
        .map(|arguments| (arguments, ANOTHER_LIST))
        .collect()
}
