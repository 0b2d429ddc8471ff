//! The topics of analyses as chapters, for all meetings of a level at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::analytics::Column;
use sea_orm::sea_query::{ArrayType, Expr};
use serde_json::Value;
use transcript::Chapter;

use crate::{
    error::Error,
    read::{filter::ROOT_TABLE, loader::RowLoader, source::visible_rows},
    schema::analytics::Analytics,
    value::is_any_of,
};

/// The topics that the analysis of a meeting found, by the database id of the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TopicsOf(pub(super) i32);

impl Loader<TopicsOf> for RowLoader {
    type Value = Vec<Chapter>;
    type Error = Error;

    async fn load(&self, keys: &[TopicsOf]) -> Result<HashMap<TopicsOf, Self::Value>, Error> {
        let ids = keys.iter().map(|key| key.0.into()).collect();
        let meeting_id = Expr::col((ROOT_TABLE, Column::MeetingId));
        let statement = visible_rows::<Analytics>(&self.viewer()?)
            .column((ROOT_TABLE, Column::MeetingId))
            .column((ROOT_TABLE, Column::KeyTopics))
            .and_where(is_any_of(meeting_id, ArrayType::Int, ids, self.backend()))
            .take();
        let rows = self.query_all(&statement).await?;
        let chapters = rows.iter().map(|row| {
            let meeting_id = row.try_get_by_index(0)?;
            // Another program may have stored something else than JSON.
            let topics: Option<Value> = row.try_get_by_index(1).unwrap_or_default();
            Ok((TopicsOf(meeting_id), chapters(topics.as_ref())))
        });
        chapters.collect()
    }
}

/// The topics that have a start, in the order of the recording.
fn chapters(topics: Option<&Value>) -> Vec<Chapter> {
    let topics = topics.and_then(Value::as_array).into_iter().flatten();
    let mut chapters: Vec<Chapter> = topics.filter_map(chapter).collect();
    chapters.sort_by_key(|chapter| chapter.start_ms);
    chapters
}

fn chapter(topic: &Value) -> Option<Chapter> {
    Some(Chapter {
        start_ms: i32::try_from(topic.get("at_ms")?.as_i64()?).ok()?,
        title: topic.get("topic")?.as_str()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn topics_with_a_start_become_chapters() {
        let topics = json!([
            {"topic": "Late", "at_ms": 5000, "share": 0.5},
            {"topic": "Never"},
            {"topic": "Early", "at_ms": 0},
            "odd",
        ]);
        let titles: Vec<String> = chapters(Some(&topics))
            .into_iter()
            .map(|it| it.title)
            .collect();
        assert_eq!(titles, ["Early", "Late"]);
        assert_eq!(chapters(Some(&json!({"topic": 1}))), []);
        assert_eq!(chapters(None), []);
    }
}
