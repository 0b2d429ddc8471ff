//! What an analysis found, as typed lists. They are read from JSON, which other programs may have
//! stored in another form.

use async_graphql::SimpleObject;
use serde_json::Value;

use crate::{database::usage, json, read::page::items::Items};

/// The entries that the cost limits assume in a list of findings, which has at most 1000.
pub(super) const USUAL_LENGTH: i32 = 20;

/// A topic of a meeting.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub(crate) struct KeyTopic {
    /// The topic.
    topic: String,
    /// The topic's share of the talking time, from 0 to 1. Null if unknown.
    share: Option<f64>,
    /// Where the topic starts, in milliseconds from the start of the recording. Null if unknown.
    at_ms: Option<i32>,
}

/// An action item mentioned in a meeting.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub(crate) struct ActionItem {
    /// The action item's title.
    title: String,
    /// The assignee's name in the transcript. Null if unknown.
    assignee: Option<String>,
    /// Where the action item was mentioned, in milliseconds from the start of the recording. Null
    /// if unknown.
    at_ms: Option<i32>,
}

/// A decision made in a meeting.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
#[expect(
    clippy::struct_field_names,
    reason = "fields have the names that the data contract has in JSON"
)]
pub(crate) struct Decision {
    /// The decision.
    decision: String,
    /// The speaker's name in the transcript. Null if unknown.
    speaker: Option<String>,
    /// Where the decision was stated, in milliseconds from the start of the recording. Null if
    /// unknown.
    at_ms: Option<i32>,
}

/// An entry of a list of findings.
pub(super) trait Finding: Sized {
    /// Reads an entry. None if it has another form.
    fn read(entry: &Value) -> Option<Self>;
}

impl Finding for KeyTopic {
    fn read(entry: &Value) -> Option<Self> {
        Some(Self {
            topic: text(entry, "topic")?,
            share: number(entry, "share"),
            at_ms: position(entry),
        })
    }
}

impl Finding for ActionItem {
    fn read(entry: &Value) -> Option<Self> {
        Some(Self {
            title: text(entry, "title")?,
            assignee: text(entry, "assignee"),
            at_ms: position(entry),
        })
    }
}

impl Finding for Decision {
    fn read(entry: &Value) -> Option<Self> {
        Some(Self {
            decision: text(entry, "decision")?,
            speaker: text(entry, "speaker"),
            at_ms: position(entry),
        })
    }
}

/// The findings in a column. None if the column is NULL, or if any of its entries has another form:
/// a list without that entry would look complete.
pub(super) fn findings<F: Finding>(stored: Option<&Value>) -> Option<Items<F>> {
    let entries = stored?.as_array()?;
    // After a failure, nothing is measured any more.
    let is_admitted =
        usage::admits(0) && entries.iter().all(|entry| usage::admits(json::size(entry)));
    let entries = is_admitted.then_some(entries)?.iter();
    entries.map(F::read).collect::<Option<_>>().map(Items)
}

fn text(entry: &Value, key: &str) -> Option<String> {
    Some(entry.get(key)?.as_str()?.to_owned())
}

fn number(entry: &Value, key: &str) -> Option<f64> {
    // SQLite has no negative zero.
    Some(entry.get(key)?.as_f64()? + 0.0)
}

fn position(entry: &Value) -> Option<i32> {
    let value = entry.get("at_ms")?;
    // PostgreSQL writes 1e3 as 1000.
    let whole = || json::integer(value.as_f64()?)?.as_i64();
    i32::try_from(value.as_i64().or_else(whole)?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn topics(stored: &Value) -> Option<Vec<KeyTopic>> {
        findings(Some(stored)).map(|found| found.0)
    }

    fn topic(share: Option<f64>, at_ms: Option<i32>) -> KeyTopic {
        KeyTopic {
            topic: "Costs".to_owned(),
            share,
            at_ms,
        }
    }

    #[test]
    fn unknown_values_are_null() {
        let stored = json!([
            {"topic": "Costs", "share": 0.5, "at_ms": 5},
            {"topic": "Costs"},
            {"topic": "Costs", "share": null, "at_ms": null, "more": {}},
        ]);
        let expected = vec![
            topic(Some(0.5), Some(5)),
            topic(None, None),
            topic(None, None),
        ];
        assert_eq!(topics(&stored), Some(expected));
        assert_eq!(topics(&json!([])), Some(Vec::new()));
    }

    #[test]
    fn values_of_another_type_are_null() {
        for (share, at_ms, expected) in [
            (json!("half"), json!("5"), topic(None, None)),
            (json!(1), json!(5.0), topic(Some(1.0), Some(5))),
            (json!([]), json!(5.5), topic(None, None)),
            (json!(-0.0), json!(1e300), topic(Some(0.0), None)),
        ] {
            let stored = json!([{"topic": "Costs", "share": share, "at_ms": at_ms}]);
            assert_eq!(topics(&stored), Some(vec![expected]), "{stored}");
        }
    }

    #[test]
    fn a_list_of_another_form_is_null_as_a_whole() {
        for stored in [
            json!(null),
            json!("Costs"),
            json!({"topic": "Costs"}),
            json!(["Costs"]),
            json!([{"topic": "Costs"}, {"name": "Dates"}]),
            json!([{"topic": 5}]),
        ] {
            assert_eq!(topics(&stored), None, "{stored}");
        }
        assert!(findings::<KeyTopic>(None).is_none());
    }
}
