//! The rows that the attacks need, and the accounts of the attackers and of their victim.
//!
//! They are written by SQL: this is fast, and an adopted database may hold texts that are longer
//! than the API accepts.

use std::net::{Ipv4Addr, SocketAddr};

use entity::{meeting, session, user};
use libtest_mimic::Failed;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, Statement,
};
use serde_json::json;

use super::{
    client,
    seed::{self, global_id},
};

/// The number of attackers, who all belong to one workspace.
pub const ATTACKERS: usize = 10;

/// The bytes of the longest description.
const LONG_TEXT: usize = 4 << 20;

/// A series of numbers `i` from 1 to `LIMIT`, as both databases can make it.
pub const SERIES: &str =
    "WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < LIMIT)";

/// The statements that write the rows. In each, `LIMIT` is replaced by the number before it.
const ROWS: &[(u32, &str)] = &[
    (
        50,
        "INSERT INTO meeting (title, workspace_id, organizer_id) SERIES
        SELECT 'Meeting ' || i, workspace_id, \"user\".id FROM series, \"user\"
        WHERE username IN ('victim', 'other')",
    ),
    (
        300,
        "INSERT INTO meeting (title, workspace_id, organizer_id) SERIES
        SELECT 'Meeting ' || i, workspace_id, \"user\".id FROM series, \"user\"
        WHERE username = 'attacker0'",
    ),
    (
        5,
        "INSERT INTO task (title, meeting_id, created_by_id) SERIES
        SELECT 'Task ' || i, meeting.id, organizer_id FROM series, meeting",
    ),
    (
        1,
        "INSERT INTO participant (meeting_id, user_id)
        SELECT meeting.id, \"user\".id FROM meeting
        JOIN \"user\" ON \"user\".workspace_id = meeting.workspace_id",
    ),
    // External IDs are UUIDs, whose last group has twelve digits.
    (
        100,
        "INSERT INTO session (external_id, status, user_id) SERIES
        SELECT '00000000-0000-4000-8000-' || (100000000000 + 1000 * \"user\".id + i),
            'recording', \"user\".id
        FROM series, \"user\" WHERE username LIKE 'attacker%' OR username = 'other'",
    ),
    (
        3000,
        "INSERT INTO segment (session_id, text, start_ms, end_ms, speaker) SERIES
        SELECT (SELECT min(session.id) FROM session JOIN \"user\" ON \"user\".id = user_id
                WHERE username = 'attacker0'),
            'what somebody says at moment ' || i || ' of a long meeting', i * 1000, i * 1000 + 900,
            'somebody'
        FROM series",
    ),
    (
        2000,
        "INSERT INTO marker (session_id, user_id, type, content, timestamp) SERIES
        SELECT external_id, user_id,
            CASE i % 4 WHEN 0 THEN 'decision' WHEN 1 THEN 'todo' WHEN 2 THEN 'risk'
                ELSE 'question' END,
            'a moment to remember, number ' || i, i
        FROM series, session JOIN \"user\" ON \"user\".id = user_id WHERE username = 'other'",
    ),
    (
        95,
        "INSERT INTO task (title, meeting_id, created_by_id) SERIES
        SELECT 'Task ' || i, meeting.id, organizer_id FROM series, meeting
        WHERE meeting.id = (SELECT max(meeting.id) FROM meeting)",
    ),
];

/// Somebody who is signed in.
pub struct Account {
    /// The bearer token.
    pub token: String,
    /// The address from which they connect.
    pub from: Ipv4Addr,
}

/// The accounts, and the global IDs of rows.
pub struct Data {
    /// A user of a small workspace, whom nobody may disturb.
    pub victim: Account,
    /// A meeting of the victim.
    pub victims_meeting: String,
    /// The attackers, all admins of a workspace.
    pub attackers: Vec<Account>,
    /// A user of the same workspace who does not attack.
    pub colleague: String,
    /// A meeting of the attackers with a long description and 100 tasks.
    pub long_meeting: String,
    /// Another meeting of theirs.
    pub meeting: String,
    /// Their session with 3,000 segments.
    pub transcript: String,
    /// Sessions of each attacker that are being recorded.
    pub recordings: Vec<Vec<String>>,
    /// A connection that the server does not know of.
    pub connection: DatabaseConnection,
}

/// Writes the rows to a migrated database.
///
/// # Errors
///
/// Fails if the database rejects a statement.
pub async fn write(connection: &DatabaseConnection) -> Result<(), Failed> {
    let execute = async |sql: &str, values: Vec<sea_orm::Value>| {
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        connection.execute_raw(statement).await
    };
    let numbers = (0..10_000).map(|number| number % 10).collect::<Vec<u32>>();
    let settings = json!({"numbers": [&numbers, &numbers]}).to_string();
    for (slug, settings) in [
        ("victim", "{}"),
        ("attacker", settings.as_str()),
        ("other", "{}"),
    ] {
        let sql = format!(
            "INSERT INTO workspace (name, slug, settings) VALUES ('{slug}', '{slug}', '{settings}')"
        );
        execute(&sql, vec![]).await?;
        // One more than there are attackers, whose password they set.
        let users = if slug == "attacker" { ATTACKERS + 1 } else { 1 };
        for number in 0..users {
            let name = if users > 1 {
                format!("{slug}{number}")
            } else {
                slug.to_owned()
            };
            let sql = format!(
                "INSERT INTO \"user\" (username, email, password_hash, workspace_id, role)
                SELECT '{name}', '{name}@example.org', $1, id, 'admin' FROM workspace
                WHERE slug = '{slug}'"
            );
            execute(&sql, vec![seed::password_hash().into()]).await?;
        }
    }
    for (limit, sql) in ROWS {
        let sql = sql.replace("SERIES", SERIES);
        execute(&sql.replace("LIMIT", &limit.to_string()), vec![]).await?;
    }
    let sql = "UPDATE meeting SET description = $1 WHERE id = (SELECT max(id) FROM meeting)";
    execute(sql, vec!["long ".repeat(LONG_TEXT / 5).into()]).await?;
    // PostgreSQL would do so by itself within a minute.
    if connection.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared("ANALYZE").await?;
    }
    Ok(())
}

impl Data {
    /// Signs everybody in.
    ///
    /// # Errors
    ///
    /// Fails if the server rejects a sign-in, or the rows are missing.
    pub async fn sign_in(
        connection: DatabaseConnection,
        server: SocketAddr,
    ) -> Result<Self, Failed> {
        let account = async |name: &str, from: Ipv4Addr| {
            let token = sign_in(server, name, from).await?;
            Ok::<_, Failed>(Account { token, from })
        };
        let mut attackers = Vec::new();
        let mut recordings = Vec::new();
        for number in 0..ATTACKERS {
            let name = format!("attacker{number}");
            let from = Ipv4Addr::new(127, 0, 1, 1 + u8::try_from(number)?);
            attackers.push(account(&name, from).await?);
            let id = user_id(&connection, &name).await?;
            let sessions = session::Entity::find()
                .filter(session::Column::UserId.eq(id))
                .order_by_asc(session::Column::Id)
                .all(&connection)
                .await?;
            let ids = sessions.iter().map(|row| global_id("Session", row.id));
            recordings.push(ids.collect::<Vec<_>>());
        }
        let colleague = user_id(&connection, &format!("attacker{ATTACKERS}")).await?;
        let transcript = recordings[0].remove(0);
        let mut meetings = meetings(&connection, "attacker0").await?;
        Ok(Self {
            victim: account("victim", Ipv4Addr::new(127, 0, 0, 2)).await?,
            victims_meeting: first(self::meetings(&connection, "victim").await?)?,
            attackers,
            colleague: global_id("User", colleague),
            long_meeting: meetings.pop().ok_or("the attackers have no meeting")?,
            meeting: first(meetings)?,
            transcript,
            recordings,
            connection,
        })
    }
}

fn first(meetings: Vec<String>) -> Result<String, Failed> {
    Ok(meetings.into_iter().next().ok_or("a meeting is missing")?)
}

async fn user_id(connection: &DatabaseConnection, name: &str) -> Result<i32, Failed> {
    let row = user::Entity::find().filter(user::Column::Username.eq(name));
    Ok(row.one(connection).await?.ok_or("a user is missing")?.id)
}

/// The global IDs of the meetings that a user organizes, oldest first.
async fn meetings(connection: &DatabaseConnection, organizer: &str) -> Result<Vec<String>, Failed> {
    let organizer = user_id(connection, organizer).await?;
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::OrganizerId.eq(organizer))
        .order_by_asc(meeting::Column::Id)
        .all(connection)
        .await?;
    Ok(meetings
        .iter()
        .map(|row| global_id("Meeting", row.id))
        .collect())
}

async fn sign_in(server: SocketAddr, name: &str, from: Ipv4Addr) -> Result<String, Failed> {
    let query = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
    let input = json!({"login": name, "password": seed::PASSWORD});
    let body = client::body(query, &json!({"input": input}));
    let mut http = client::Http::connect(server, from).await?;
    let answer = http.ask(client::post(None, body)).await?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.start)?;
    let token = answer["data"]["signIn"]["token"].as_str();
    Ok(token.ok_or("somebody cannot sign in")?.to_owned())
}
