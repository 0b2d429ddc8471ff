//! Two workspaces in one database, and the bad data that points from one into the other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Utc;
use entity::{
    analytics,
    bookkeeping::{retention, speaker, upload},
    marker, meeting, segment, session, task, user, workspace,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, IntoActiveModel,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::seed::{Seed, global_id, moment};

/// A word in every text of the rows that no outsider may see.
pub const CANARY: &str = "a-canary";
/// A word in every text of the outsider's own rows.
pub const ORDINARY: &str = "ordinary";
/// A word in the texts of the user without a workspace.
pub const LONER: &str = "loner";

/// The tables of the nine types, children before parents.
pub const TABLES: &[(&str, &str)] = &[
    ("Analytics", "analytics"),
    ("Participant", "participant"),
    ("Task", "task"),
    ("Marker", "marker"),
    ("Segment", "segment"),
    ("Meeting", "meeting"),
    ("Session", "session"),
    ("User", "\"user\""),
    ("Workspace", "workspace"),
];

/// Rows by the name of their GraphQL type. The first of each type is the bait: the bad data of
/// other workspaces refers to it.
#[derive(Clone, Debug, Default)]
pub struct Rows(BTreeMap<&'static str, Vec<i32>>);

impl Rows {
    /// The database ids of the rows of a type, the bait first.
    pub fn of(&self, type_name: &str) -> &[i32] {
        self.0.get(type_name).map_or(&[], Vec::as_slice)
    }

    /// Whether the row is one of these.
    pub fn has(&self, type_name: &str, id: i64) -> bool {
        self.of(type_name).iter().any(|own| i64::from(*own) == id)
    }

    /// The global ids of the rows of a type.
    pub fn global_ids(&self, type_name: &str) -> Vec<String> {
        let ids = self.of(type_name).iter();
        ids.map(|id| global_id(type_name, *id)).collect()
    }

    /// The names of the types that have rows here.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The rows of these that are not among the others.
    pub fn without(&self, others: &Self) -> Self {
        let types = self.0.iter().map(|(type_name, ids)| {
            let ids = ids
                .iter()
                .filter(|id| !others.has(type_name, (**id).into()));
            (*type_name, ids.copied().collect())
        });
        Self(types.collect())
    }

    /// The rows of one type.
    pub fn only(&self, type_name: &'static str) -> Self {
        Self(BTreeMap::from([(type_name, self.of(type_name).to_vec())]))
    }

    /// Adds a row after the others of its type.
    pub fn add(&mut self, type_name: &'static str, id: i32) {
        self.0.entry(type_name).or_default().push(id);
    }
}

/// The rows in the database.
pub struct World {
    /// The rows of workspace A, every text of which holds [`CANARY`].
    pub a: Rows,
    /// The rows of workspace B, every text of which holds [`ORDINARY`].
    pub b: Rows,
    /// The rows of no workspace, every text of which holds [`CANARY`], but for the one user among
    /// them, whose texts hold [`LONER`].
    pub orphans: Rows,
    /// The UUIDs outside of B, such as the external ids of sessions.
    pub hidden_uuids: BTreeSet<String>,
}

impl World {
    /// Fills an empty database.
    ///
    /// The users are `<workspace>-admin`, `-organizer` and `-member`, where the workspace is
    /// `a-canary` or `ordinary`, and `loner-user` without one.
    ///
    /// # Errors
    ///
    /// Fails if the database rejects a row.
    pub async fn seed(connection: &DatabaseConnection) -> Result<Self, DbErr> {
        let mut a = Side::seed(connection, CANARY).await?;
        let mut b = Side::seed(connection, ORDINARY).await?;
        let mut orphans = Rows::default();
        let seed = Seed(connection);

        // Rows of B that point into A.
        let poisoned = b.meeting(&a.users[0], Some(&a.session)).await?;
        b.task(&poisoned, &a.users[0], Some(&a.task)).await?;
        b.task(&b.meeting.clone(), &a.users[0], Some(&a.task))
            .await?;
        b.participant(&poisoned, &a.users[0]).await?;
        b.participant(&b.meeting.clone(), &a.users[0]).await?;
        b.marker(&b.session.clone(), &a.users[0]).await?;

        // Rows of A that point into B.
        let stolen = b.session(Some(&b.users[1].clone())).await?;
        let poisoned = a.meeting(&b.users[0], Some(&stolen)).await?;
        a.task(&poisoned, &b.users[0], Some(&b.task)).await?;
        a.task(&a.meeting.clone(), &b.users[0], Some(&b.task))
            .await?;
        a.participant(&a.meeting.clone(), &b.users[0]).await?;
        a.marker(&a.session.clone(), &b.users[0]).await?;

        // A speaker of B who is a user of A.
        let odd = b.session(Some(&b.users[0].clone())).await?;
        let segment = insert_segment(connection, ORDINARY, &odd).await?;
        b.rows.add("Segment", segment.id);
        insert_speaker(connection, ORDINARY, &odd, &a.users[0]).await?;

        // Rows of no workspace, with the rows that belong to them.
        let loner = seed.user_of(None, LONER, "user").await?;
        orphans.add("User", loner.id);
        b.task(&b.meeting.clone(), &loner, None).await?;
        for user in [None, Some(&loner)] {
            let session = insert_session(connection, CANARY, user).await?;
            orphans.add("Session", session.id);
            let segment = insert_segment(connection, CANARY, &session).await?;
            orphans.add("Segment", segment.id);
            let marker = insert_marker(connection, CANARY, &session, &b.users[0]).await?;
            orphans.add("Marker", marker.id);
        }
        orphans.add(
            "Analytics",
            insert_analytics(connection, CANARY, None).await?.id,
        );
        let lost = session::Model {
            external_id: Uuid::new_v4().to_string(),
            ..b.session.clone()
        };
        let marker = insert_marker(connection, CANARY, &lost, &b.users[0]).await?;
        orphans.add("Marker", marker.id);

        let sessions = session::Entity::find().all(connection).await?;
        let hidden = sessions
            .into_iter()
            .filter(|session| !b.rows.has("Session", session.id.into()));
        Ok(Self {
            hidden_uuids: hidden.map(|session| session.external_id).collect(),
            a: a.rows,
            b: b.rows,
            orphans,
        })
    }

    /// The rows of all three, those of A first.
    pub fn all(&self) -> Rows {
        let mut all = self.a.clone();
        for rows in [&self.orphans, &self.b] {
            for (type_name, ids) in &rows.0 {
                all.0.entry(type_name).or_default().extend(ids);
            }
        }
        all
    }

    /// Deletes every row of A, and leaves the rows of B that refer to them as they are.
    ///
    /// # Errors
    ///
    /// Fails if the database does.
    pub async fn delete_a(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        let deletes = TABLES.iter().map(|(type_name, table)| {
            let ids: Vec<String> = self.a.of(type_name).iter().map(i32::to_string).collect();
            format!("DELETE FROM {table} WHERE id IN ({});", ids.join(", "))
        });
        let deletes: String = deletes.collect();
        // Foreign keys would not let the rows of B dangle.
        let statements = match connection.get_database_backend() {
            DbBackend::Postgres => format!(
                "DO $$ DECLARE foreign_key record; BEGIN
                    FOR foreign_key IN SELECT conrelid::regclass AS relation, conname AS name
                        FROM pg_constraint WHERE contype = 'f'
                    LOOP
                        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I',
                                       foreign_key.relation, foreign_key.name);
                    END LOOP;
                END $$; {deletes}"
            ),
            _ => format!("PRAGMA foreign_keys = OFF; {deletes} PRAGMA foreign_keys = ON;"),
        };
        connection.execute_unprepared(&statements).await?;
        Ok(())
    }
}

/// A workspace that is being filled.
struct Side<'a> {
    connection: &'a DatabaseConnection,
    /// The word in the texts of its rows.
    word: &'static str,
    rows: Rows,
    workspace: workspace::Model,
    /// The admin, the organizer and the member.
    users: Vec<user::Model>,
    /// The admin's session, which no meeting of this workspace links.
    session: session::Model,
    meeting: meeting::Model,
    task: task::Model,
}

impl<'a> Side<'a> {
    /// A workspace with rows of all types, which refer only to each other.
    async fn seed(connection: &'a DatabaseConnection, word: &'static str) -> Result<Self, DbErr> {
        let seed = Seed(connection);
        let mut workspace = seed.workspace(word).await?.into_active_model();
        workspace.settings = Set(Some(json!({"theme": word})));
        let workspace = workspace.update(connection).await?;
        let kept = retention::ActiveModel {
            workspace_id: Set(workspace.id),
            transcript_days: Set(30_000),
        };
        kept.insert(connection).await?;
        let mut users = Vec::new();
        for role in [user::Role::Admin, user::Role::Organizer, user::Role::Member] {
            let name = format!("{role:?}").to_lowercase();
            let user = seed.user_of(Some(workspace.id), word, &name).await?;
            let mut user = user.into_active_model();
            user.role = Set(Some(role));
            users.push(user.update(connection).await?);
        }
        let mut rows = Rows::default();
        rows.add("Workspace", workspace.id);
        for user in &users {
            rows.add("User", user.id);
        }
        let session = insert_session(connection, word, Some(&users[0])).await?;
        let linked = insert_session(connection, word, Some(&users[2])).await?;
        let meeting =
            insert_meeting(connection, word, &workspace, &users[0], Some(&linked)).await?;
        let task = insert_task(connection, word, &meeting, &users[0], None).await?;
        rows.add("Session", session.id);
        rows.add("Session", linked.id);
        rows.add("Meeting", meeting.id);
        rows.add("Task", task.id);
        rows.add(
            "Analytics",
            insert_analytics(connection, word, Some(&meeting)).await?.id,
        );
        let mut side = Self {
            connection,
            word,
            rows,
            workspace,
            users,
            session,
            meeting,
            task,
        };
        let unowned = side.session(None).await?;
        let second = side.meeting(&side.users[1].clone(), Some(&unowned)).await?;
        side.task(&second, &side.users[2].clone(), Some(&side.task.clone()))
            .await?;
        side.participant(&second, &side.users[2].clone()).await?;
        let uploading = unowned.id;
        for session in [side.session.clone(), linked, unowned] {
            for _ in 0..2 {
                let segment = insert_segment(connection, word, &session).await?;
                side.rows.add("Segment", segment.id);
            }
            insert_speaker(connection, word, &session, &side.users[2]).await?;
            side.marker(&session, &side.users[2].clone()).await?;
        }
        let upload = upload::ActiveModel {
            session_id: Set(uploading),
            touched_at: Set(Utc::now().naive_utc()),
        };
        upload.insert(connection).await?;
        Ok(side)
    }

    async fn meeting(
        &mut self,
        organizer: &user::Model,
        session: Option<&session::Model>,
    ) -> Result<meeting::Model, DbErr> {
        let meeting = insert_meeting(
            self.connection,
            self.word,
            &self.workspace,
            organizer,
            session,
        )
        .await?;
        self.rows.add("Meeting", meeting.id);
        Ok(meeting)
    }

    async fn session(&mut self, user: Option<&user::Model>) -> Result<session::Model, DbErr> {
        let session = insert_session(self.connection, self.word, user).await?;
        self.rows.add("Session", session.id);
        Ok(session)
    }

    async fn task(
        &mut self,
        meeting: &meeting::Model,
        user: &user::Model,
        depends_on: Option<&task::Model>,
    ) -> Result<(), DbErr> {
        let task = insert_task(self.connection, self.word, meeting, user, depends_on).await?;
        self.rows.add("Task", task.id);
        Ok(())
    }

    async fn participant(
        &mut self,
        meeting: &meeting::Model,
        user: &user::Model,
    ) -> Result<(), DbErr> {
        let mut participant = Seed(self.connection)
            .participant(meeting, user)
            .await?
            .into_active_model();
        participant.joined_at = Set(Some(moment()));
        participant.left_at = Set(Some(moment()));
        let participant = participant.update(self.connection).await?;
        self.rows.add("Participant", participant.id);
        Ok(())
    }

    async fn marker(&mut self, session: &session::Model, user: &user::Model) -> Result<(), DbErr> {
        let marker = insert_marker(self.connection, self.word, session, user).await?;
        self.rows.add("Marker", marker.id);
        Ok(())
    }
}

impl Seed<'_> {
    /// A user whose texts hold `word`, in a workspace or in none.
    pub async fn user_of(
        self,
        workspace_id: Option<i32>,
        word: &str,
        name: &str,
    ) -> Result<user::Model, DbErr> {
        // The seed cannot create a user without a workspace.
        let id = match workspace_id {
            Some(id) => id,
            None => workspace::Entity::find()
                .one(self.0)
                .await?
                .map_or(0, |workspace| workspace.id),
        };
        let mut user = self
            .user(id, &format!("{word}-{name}"))
            .await?
            .into_active_model();
        user.workspace_id = Set(workspace_id);
        user.update(self.0).await
    }
}

/// Inserts a meeting whose texts hold `word`.
pub async fn insert_meeting(
    connection: &DatabaseConnection,
    word: &str,
    workspace: &workspace::Model,
    organizer: &user::Model,
    session: Option<&session::Model>,
) -> Result<meeting::Model, DbErr> {
    meeting::ActiveModel {
        title: Set(format!("{word} meeting")),
        description: Set(Some(format!("{word} agenda"))),
        workspace_id: Set(workspace.id),
        organizer_id: Set(organizer.id),
        session_id: Set(session.map(|session| session.external_id.clone())),
        scheduled_start: Set(Some(moment())),
        scheduled_end: Set(Some(moment())),
        ..Default::default()
    }
    .insert(connection)
    .await
}

/// Inserts a session whose texts hold `word`.
pub async fn insert_session(
    connection: &DatabaseConnection,
    word: &str,
    user: Option<&user::Model>,
) -> Result<session::Model, DbErr> {
    session::ActiveModel {
        external_id: Set(Uuid::new_v4().to_string()),
        user_id: Set(user.map(|user| user.id)),
        language: Set(Some(word.to_owned())),
        started_at: Set(Some(moment())),
        ended_at: Set(Some(moment())),
        ..Default::default()
    }
    .insert(connection)
    .await
}

async fn insert_segment(
    connection: &DatabaseConnection,
    word: &str,
    session: &session::Model,
) -> Result<segment::Model, DbErr> {
    let mut segment = Seed(connection)
        .segment(session, 1000, &format!("{word} words"))
        .await?
        .into_active_model();
    segment.speaker = Set(Some(word.to_owned()));
    segment.language = Set(Some(word.to_owned()));
    segment.confidence = Set(Some(0.5));
    segment.update(connection).await
}

/// Says that the speaker of a session is a user.
async fn insert_speaker(
    connection: &DatabaseConnection,
    word: &str,
    session: &session::Model,
    user: &user::Model,
) -> Result<(), DbErr> {
    let speaker = speaker::ActiveModel {
        session_id: Set(session.id),
        name: Set(word.to_owned()),
        user_id: Set(user.id),
    };
    speaker.insert(connection).await.map(drop)
}

async fn insert_marker(
    connection: &DatabaseConnection,
    word: &str,
    session: &session::Model,
    user: &user::Model,
) -> Result<marker::Model, DbErr> {
    let mut marker = Seed(connection)
        .marker(session, user, &format!("{word} note"))
        .await?
        .into_active_model();
    marker.timestamp = Set(Some(1500));
    marker.speaker = Set(Some(word.to_owned()));
    marker.update(connection).await
}

/// A task that `user` created and is assigned to.
async fn insert_task(
    connection: &DatabaseConnection,
    word: &str,
    meeting: &meeting::Model,
    user: &user::Model,
    depends_on: Option<&task::Model>,
) -> Result<task::Model, DbErr> {
    task::ActiveModel {
        title: Set(format!("{word} task")),
        description: Set(Some(format!("{word} details"))),
        meeting_id: Set(meeting.id),
        assigned_to_id: Set(Some(user.id)),
        created_by_id: Set(user.id),
        depends_on_task_id: Set(depends_on.map(|task| task.id)),
        due_date: Set(Some(moment().date())),
        completed_at: Set(Some(moment())),
        ..Default::default()
    }
    .insert(connection)
    .await
}

async fn insert_analytics(
    connection: &DatabaseConnection,
    word: &str,
    meeting: Option<&meeting::Model>,
) -> Result<analytics::Model, DbErr> {
    analytics::ActiveModel {
        meeting_id: Set(meeting.map(|meeting| meeting.id)),
        meeting_effectiveness_score: Set(Some(0.5)),
        overall_engagement_score: Set(Some(0.5)),
        overall_sentiment_score: Set(Some(0.5)),
        key_topics: Set(Some(json!([{"topic": word, "share": 0.5, "at_ms": 5}]))),
        action_items_summary: Set(Some(json!([{"title": word, "assignee": word, "at_ms": 5}]))),
        decisions_made: Set(Some(
            json!([{"decision": word, "speaker": word, "at_ms": 5}]),
        )),
        ..Default::default()
    }
    .insert(connection)
    .await
}
