//! The 50 newest meetings with everything around them: one statement for each relation, however
//! many parents it has.

use std::collections::HashMap;

use super::{Connection, Json, Row, Sql, Value, WORKSPACE, write_user};
use crate::Outcome;

const MEETINGS: Sql = Sql::same(
    "SELECT id, title, status, scheduled_start, created_at, organizer_id
    FROM meeting WHERE workspace_id = $1
    ORDER BY coalesce(created_at, '1970-01-01 00:00:00') DESC, id DESC
    LIMIT 50",
);

const WORKSPACES: Sql = Sql::same("SELECT id, name FROM workspace WHERE id = $1");

const USERS: Sql = Sql {
    postgres: "SELECT id, username FROM \"user\" WHERE id = ANY ($1) AND workspace_id = $2",
    sqlite: "SELECT id, username FROM user
        WHERE id IN (SELECT value FROM json_each($1)) AND workspace_id = $2",
};

const TASKS: Sql = Sql {
    postgres: "SELECT (parent.position - 1)::int, task.*
        FROM unnest($1::int[]) WITH ORDINALITY AS parent (id, position)
        JOIN meeting ON meeting.id = parent.id AND meeting.workspace_id = $2
        CROSS JOIN LATERAL (
            SELECT id, title, status, priority, due_date, assigned_to_id
            FROM task WHERE meeting_id = parent.id ORDER BY id LIMIT 10
        ) AS task",
    sqlite: "SELECT parent.key, task.id, task.title, task.status, task.priority, task.due_date,
            task.assigned_to_id
        FROM json_each($1) AS parent
        CROSS JOIN meeting ON meeting.id = parent.value AND meeting.workspace_id = $2
        CROSS JOIN task ON task.id IN (
            SELECT id FROM task AS child WHERE child.meeting_id = parent.value
            ORDER BY id LIMIT 10
        )",
};

const PARTICIPANTS: Sql = Sql {
    postgres: "SELECT (parent.position - 1)::int, participant.*
        FROM unnest($1::int[]) WITH ORDINALITY AS parent (id, position)
        JOIN meeting ON meeting.id = parent.id AND meeting.workspace_id = $2
        CROSS JOIN LATERAL (
            SELECT id, role, status, user_id
            FROM participant WHERE meeting_id = parent.id ORDER BY id LIMIT 10
        ) AS participant",
    sqlite: "SELECT parent.key, participant.id, participant.role, participant.status,
            participant.user_id
        FROM json_each($1) AS parent
        CROSS JOIN meeting ON meeting.id = parent.value AND meeting.workspace_id = $2
        CROSS JOIN participant ON participant.id IN (
            SELECT id FROM participant AS child WHERE child.meeting_id = parent.value
            ORDER BY id LIMIT 10
        )",
};

const ANALYTICS: Sql = Sql {
    postgres: "SELECT analytics.meeting_id, analytics.id, analysis_status,
            meeting_effectiveness_score, overall_engagement_score, overall_sentiment_score
        FROM analytics
        JOIN meeting ON meeting.id = analytics.meeting_id AND meeting.workspace_id = $2
        WHERE analytics.meeting_id = ANY ($1)",
    sqlite: "SELECT analytics.meeting_id, analytics.id, analysis_status,
            meeting_effectiveness_score, overall_engagement_score, overall_sentiment_score
        FROM json_each($1) AS parent
        CROSS JOIN meeting ON meeting.id = parent.value AND meeting.workspace_id = $2
        CROSS JOIN analytics ON analytics.meeting_id = parent.value",
};

/// The rows that a meeting leads to.
struct Related {
    /// By the number of the meeting in the list.
    tasks: Vec<Vec<Row>>,
    /// By the number of the meeting in the list.
    participants: Vec<Vec<Row>>,
    /// By the id of the meeting.
    analytics: HashMap<i32, Row>,
    organizers: HashMap<i32, Row>,
    assignees: HashMap<i32, Row>,
    participating: HashMap<i32, Row>,
    workspaces: Vec<Row>,
}

pub(super) async fn answer(database: &Connection) -> Outcome<Json> {
    let meetings = database.rows(&MEETINGS, &[Value::Int(WORKSPACE)]).await?;
    let related = load(database, &meetings).await?;
    let mut json = Json::with_capacity(1 << 17);
    json.raw("{\"data\":{\"meetings\":{\"nodes\":");
    let numbered = meetings.iter().enumerate();
    json.list(numbered, |json, (number, row)| {
        json.raw("{\"id\":");
        json.id("Meeting", row.int(0));
        json.raw(",\"title\":");
        json.text(row.text(1));
        json.raw(",\"status\":");
        json.name(row.text(2));
        json.raw(",\"scheduledStart\":");
        row.write_time(3, json);
        json.raw(",\"createdAt\":");
        row.write_time(4, json);
        json.raw(",\"organizer\":");
        write_one(json, &related.organizers, row.optional_int(5));
        json.raw(",\"workspace\":");
        json.optional(related.workspaces.first(), |json, row| {
            json.raw("{\"id\":");
            json.id("Workspace", row.int(0));
            json.raw(",\"name\":");
            json.text(row.text(1));
            json.raw("}");
        });
        json.raw(",\"tasks\":{\"nodes\":");
        json.list(&related.tasks[number], |json, row| {
            related.write_task(json, row);
        });
        json.raw("},\"participants\":{\"nodes\":");
        json.list(&related.participants[number], |json, row| {
            related.write_participant(json, row);
        });
        json.raw("},\"analytics\":");
        json.optional(related.analytics.get(&row.int(0)), write_analytics);
        json.raw("}");
    });
    json.raw("}}}");
    Ok(json)
}

/// Loads the relations at the same time. Only those of tasks and participants wait for their
/// parents.
async fn load(database: &Connection, meetings: &[Row]) -> Outcome<Related> {
    let ids: Vec<i32> = meetings.iter().map(|row| row.int(0)).collect();
    let of_meetings = [Value::Ints(&ids), Value::Int(WORKSPACE)];
    let (workspaces, organizers, (tasks, assignees), (participants, participating), analytics) = tokio::try_join!(
        async { Ok(database.rows(&WORKSPACES, &[Value::Int(WORKSPACE)]).await?) },
        users(database, meetings, 5),
        async {
            let tasks = database.rows(&TASKS, &of_meetings).await?;
            let users = users(database, &tasks, 6).await?;
            Outcome::Ok((tasks, users))
        },
        async {
            let participants = database.rows(&PARTICIPANTS, &of_meetings).await?;
            let users = users(database, &participants, 4).await?;
            Ok((participants, users))
        },
        async { Ok(database.rows(&ANALYTICS, &of_meetings).await?) },
    )?;
    Ok(Related {
        tasks: by_parent(tasks, ids.len()),
        participants: by_parent(participants, ids.len()),
        analytics: by_first_column(analytics),
        organizers,
        assignees,
        participating,
        workspaces,
    })
}

/// The users whose ids a column of some rows has, by their ids.
async fn users(database: &Connection, rows: &[Row], column: usize) -> Outcome<HashMap<i32, Row>> {
    let ids = rows.iter().filter_map(|row| row.optional_int(column));
    let mut ids: Vec<i32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let values = [Value::Ints(&ids), Value::Int(WORKSPACE)];
    Ok(by_first_column(database.rows(&USERS, &values).await?))
}

fn by_first_column(rows: Vec<Row>) -> HashMap<i32, Row> {
    rows.into_iter().map(|row| (row.int(0), row)).collect()
}

/// Rows by the number of their parent, which is their first column.
fn by_parent(rows: Vec<Row>, parents: usize) -> Vec<Vec<Row>> {
    let mut lists: Vec<Vec<Row>> = (0..parents).map(|_| Vec::new()).collect();
    for row in rows {
        let parent = usize::try_from(row.int(0)).unwrap_or(usize::MAX);
        if let Some(list) = lists.get_mut(parent) {
            list.push(row);
        }
    }
    lists
}

impl Related {
    fn write_task(&self, json: &mut Json, row: &Row) {
        json.raw("{\"id\":");
        json.id("Task", row.int(1));
        json.raw(",\"title\":");
        json.text(row.text(2));
        json.raw(",\"status\":");
        json.name(row.text(3));
        json.raw(",\"priority\":");
        json.name(row.text(4));
        json.raw(",\"dueDate\":");
        row.write_date(5, json);
        json.raw(",\"assignedTo\":");
        write_one(json, &self.assignees, row.optional_int(6));
        json.raw("}");
    }

    fn write_participant(&self, json: &mut Json, row: &Row) {
        json.raw("{\"id\":");
        json.id("Participant", row.int(1));
        json.raw(",\"role\":");
        json.name(row.text(2));
        json.raw(",\"status\":");
        json.name(row.text(3));
        json.raw(",\"user\":");
        write_one(json, &self.participating, row.optional_int(4));
        json.raw("}");
    }
}

/// Writes the user with an id, or null.
fn write_one(json: &mut Json, users: &HashMap<i32, Row>, id: Option<i32>) {
    let user = id.and_then(|id| users.get(&id));
    json.optional(user, |json, row| write_user(json, row, 0));
}

fn write_analytics(json: &mut Json, row: &Row) {
    json.raw("{\"id\":");
    json.id("Analytics", row.int(1));
    json.raw(",\"analysisStatus\":");
    json.name(row.text(2));
    for (column, name) in [
        (3, ",\"meetingEffectivenessScore\":"),
        (4, ",\"overallEngagementScore\":"),
        (5, ",\"overallSentimentScore\":"),
    ] {
        json.raw(name);
        json.optional(row.optional_float(column), Json::float);
    }
    json.raw("}");
}
