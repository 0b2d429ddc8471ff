//! The rows that both databases begin with: hard texts, equal sort keys, NULLs and extreme values.

use arbitrary::Unstructured;
use chrono::{NaiveDate, NaiveDateTime};
use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, Iterable, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::pool::{self, DATES};
use crate::support::seed::password_hash;

/// How many rows there are.
const USERS: i32 = 8;
const MEETINGS: i32 = 24;
const TASKS: i32 = 50;
const SESSIONS: i32 = 12;
const SEGMENTS: i32 = 50;
const MARKERS: i32 = 30;

/// The users and their workspaces. The last one has none.
pub const PEOPLE: [(&str, Option<i32>, Option<user::Role>); USERS as usize] = [
    ("ada", Some(1), Some(user::Role::Admin)),
    ("olga", Some(1), Some(user::Role::Organizer)),
    ("max", Some(1), Some(user::Role::Member)),
    ("Émile", Some(1), None),
    ("MAX", Some(1), Some(user::Role::Organizer)),
    ("a_b%c", Some(2), Some(user::Role::Admin)),
    ("straße", Some(2), Some(user::Role::Member)),
    ("alone", None, None),
];

/// The random choices that make a world: the same for the same bytes.
struct Dice<'a, 'b>(&'a mut Unstructured<'b>);

type Rolled<T> = arbitrary::Result<T>;

impl Dice<'_, '_> {
    fn one_in(&mut self, n: u8) -> Rolled<bool> {
        self.0.ratio(1, n)
    }

    fn id(&mut self, count: i32) -> Rolled<i32> {
        self.0.int_in_range(1..=count)
    }

    /// A user, most often the one who asks most.
    fn owner(&mut self) -> Rolled<i32> {
        if self.one_in(2)? {
            Ok(1)
        } else {
            self.id(USERS - 1)
        }
    }

    fn any<T: Clone>(&mut self, values: &[T]) -> Rolled<T> {
        self.0.choose(values).cloned()
    }

    /// A value that is NULL now and then.
    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> Rolled<T>) -> Rolled<Option<T>> {
        Ok(if self.one_in(4)? {
            None
        } else {
            Some(value(self)?)
        })
    }

    fn variant<T: Iterable>(&mut self) -> Rolled<Option<T>> {
        self.maybe(|dice| {
            let all: Vec<T> = T::iter().collect();
            let index = dice.0.choose_index(all.len())?;
            Ok(all.into_iter().nth(index).unwrap())
        })
    }

    /// A short text of one to three hard pieces.
    fn text(&mut self, longest: usize) -> Rolled<String> {
        let text = pool::text(self.0)?;
        Ok(text.chars().take(longest).collect())
    }

    /// A time. Few are different, so that many rows have equal sort keys.
    fn time(&mut self) -> Rolled<NaiveDateTime> {
        let times = [
            "2026-05-04T09:30:00.123456",
            "2026-05-04T09:30:00",
            "2026-05-04T09:30:00.1",
            "2026-05-04T09:29:59.999999",
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59.999999",
            "1969-12-31T23:59:59.5",
            "2000-02-29T12:00:00",
        ];
        Ok(self.any(&times)?.parse().unwrap())
    }

    fn date(&mut self) -> Rolled<NaiveDate> {
        Ok(self.any(&DATES)?.parse().unwrap())
    }

    fn number(&mut self) -> Rolled<i32> {
        self.any(&[0, 1, 500, 1000, 1000, 1500, i32::MAX])
    }

    fn score(&mut self) -> Rolled<f64> {
        self.any(&[0.0, 0.1, 0.1 + 0.2, 1.0 / 3.0, 0.5, 1.0, 1e-300])
    }
}

/// Rows of one world.
#[derive(Default)]
pub struct World {
    workspaces: Vec<workspace::ActiveModel>,
    users: Vec<user::ActiveModel>,
    sessions: Vec<session::ActiveModel>,
    meetings: Vec<meeting::ActiveModel>,
    tasks: Vec<task::ActiveModel>,
    dependencies: Vec<(i32, i32)>,
    participants: Vec<participant::ActiveModel>,
    analytics: Vec<analytics::ActiveModel>,
    segments: Vec<segment::ActiveModel>,
    markers: Vec<marker::ActiveModel>,
    /// The external ids of the sessions.
    pub external_ids: Vec<String>,
}

impl World {
    /// Rows with choices from random bytes.
    ///
    /// # Errors
    ///
    /// If the bytes cannot be used.
    pub fn new(u: &mut Unstructured<'_>) -> Rolled<Self> {
        let mut dice = Dice(u);
        let mut world = Self::default();
        for (name, slug) in [("Acme", "acme"), ("ÄCME 100%", "evil")] {
            world.workspaces.push(workspace::ActiveModel {
                name: Set(name.to_owned()),
                slug: Set(slug.to_owned()),
                settings: Set(dice.maybe(|dice| pool::settings(dice.0))?),
                created_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
        }
        let hash = password_hash();
        for (index, (name, workspace_id, role)) in PEOPLE.into_iter().enumerate() {
            world.users.push(user::ActiveModel {
                username: Set(name.to_owned()),
                email: Set(format!("u{index}.{}@example.org", name.to_lowercase())),
                password_hash: Set(Some(hash.clone())),
                workspace_id: Set(workspace_id),
                role: Set(role),
                is_active: Set(if index % 2 == 0 { Some(true) } else { None }),
                created_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
        }
        world.add_sessions(&mut dice)?;
        world.add_meetings(&mut dice)?;
        world.add_tasks(&mut dice)?;
        Ok(world)
    }

    fn add_sessions(&mut self, dice: &mut Dice<'_, '_>) -> Rolled<()> {
        for _ in 0..SESSIONS {
            let external_id = Uuid::from_bytes(dice.0.arbitrary()?).to_string();
            self.external_ids.push(external_id.clone());
            self.sessions.push(session::ActiveModel {
                external_id: Set(external_id),
                status: Set(dice.variant()?),
                user_id: Set(Some(dice.owner()?)),
                language: Set(dice
                    .maybe(|dice| dice.any(&["en", "EN", "de", "pt-BR"]))?
                    .map(str::to_owned)),
                vad_enabled: Set(dice.maybe(|dice| dice.0.arbitrary())?),
                started_at: Set(dice.maybe(Dice::time)?),
                ended_at: Set(dice.maybe(Dice::time)?),
                created_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
        }
        for _ in 0..SEGMENTS {
            self.segments.push(segment::ActiveModel {
                session_id: Set(dice.id(SESSIONS)?),
                text: Set(dice.text(60)?),
                confidence: Set(dice.maybe(Dice::score)?),
                start_ms: Set(dice.maybe(Dice::number)?),
                end_ms: Set(dice.maybe(Dice::number)?),
                speaker: Set(dice.maybe(|dice| dice.text(50))?),
                language: Set(dice
                    .maybe(|dice| dice.any(&["en", "de"]))?
                    .map(str::to_owned)),
                kind: Set(dice.variant()?),
                created_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
        }
        for _ in 0..MARKERS {
            let session = usize::try_from(dice.id(SESSIONS)? - 1).unwrap();
            let kinds: Vec<marker::Type> = marker::Type::iter().collect();
            self.markers.push(marker::ActiveModel {
                session_id: Set(self.external_ids[session].clone()),
                user_id: Set(dice.owner()?),
                kind: Set(dice.any(&kinds)?),
                content: Set(dice.text(60)?),
                timestamp: Set(dice.maybe(Dice::number)?),
                speaker: Set(dice.maybe(|dice| dice.text(50))?),
                created_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
        }
        Ok(())
    }

    fn add_meetings(&mut self, dice: &mut Dice<'_, '_>) -> Rolled<()> {
        // A session is linked by at most one meeting.
        let mut unlinked = self.external_ids.clone();
        for meeting_id in 1..=MEETINGS {
            let workspace_id = if dice.one_in(4)? { 2 } else { 1 };
            self.meetings.push(meeting::ActiveModel {
                title: Set(dice.text(60)?),
                description: Set(dice.maybe(|dice| dice.text(100))?),
                status: Set(dice.variant()?),
                workspace_id: Set(workspace_id),
                organizer_id: Set(if workspace_id == 1 {
                    dice.id(5)?
                } else {
                    dice.any(&[6, 7])?
                }),
                session_id: Set(if dice.one_in(3)? {
                    unlinked.pop()
                } else {
                    None
                }),
                scheduled_start: Set(dice.maybe(Dice::time)?),
                scheduled_end: Set(dice.maybe(Dice::time)?),
                created_at: Set(dice.maybe(Dice::time)?),
                updated_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
            for user_id in 1..USERS {
                if dice.one_in(4)? {
                    self.participants.push(participant::ActiveModel {
                        meeting_id: Set(meeting_id),
                        user_id: Set(user_id),
                        role: Set(dice.variant()?),
                        status: Set(dice.variant()?),
                        joined_at: Set(dice.maybe(Dice::time)?),
                        left_at: Set(dice.maybe(Dice::time)?),
                        created_at: Set(dice.maybe(Dice::time)?),
                        ..Default::default()
                    });
                }
            }
            if dice.one_in(2)? {
                let topics = dice.maybe(|dice| {
                    let topic =
                        json!({"topic": dice.text(20)?, "share": dice.score()?, "at_ms": 5});
                    // Other programs store other forms.
                    dice.any(&[
                        json!([topic]),
                        json!([topic, {"topic": "Odd", "at_ms": 1e3, "share": 1}]),
                        json!([topic, "Plans"]),
                    ])
                })?;
                self.analytics.push(analytics::ActiveModel {
                    meeting_id: Set(Some(meeting_id)),
                    analysis_status: Set(dice.variant()?),
                    meeting_effectiveness_score: Set(dice.maybe(Dice::score)?),
                    overall_engagement_score: Set(dice.maybe(Dice::score)?),
                    overall_sentiment_score: Set(dice.maybe(Dice::score)?),
                    key_topics: Set(topics),
                    decisions_made: Set(dice.maybe(|_| Ok(json!([])))?),
                    created_at: Set(dice.maybe(Dice::time)?),
                    updated_at: Set(dice.maybe(Dice::time)?),
                    ..Default::default()
                });
            }
        }
        Ok(())
    }

    fn add_tasks(&mut self, dice: &mut Dice<'_, '_>) -> Rolled<()> {
        for id in 1..=TASKS {
            self.tasks.push(task::ActiveModel {
                title: Set(dice.text(60)?),
                description: Set(dice.maybe(|dice| dice.text(100))?),
                status: Set(dice.variant()?),
                priority: Set(dice.variant()?),
                meeting_id: Set(dice.id(MEETINGS)?),
                assigned_to_id: Set(dice.maybe(|dice| dice.id(USERS - 1))?),
                created_by_id: Set(dice.id(USERS - 1)?),
                due_date: Set(dice.maybe(Dice::date)?),
                completed_at: Set(dice.maybe(Dice::time)?),
                created_at: Set(dice.maybe(Dice::time)?),
                updated_at: Set(dice.maybe(Dice::time)?),
                ..Default::default()
            });
            if id > 1 && dice.one_in(3)? {
                self.dependencies.push((id, dice.id(id - 1)?));
            }
        }
        Ok(())
    }

    /// Inserts the rows into an empty database.
    ///
    /// # Errors
    ///
    /// If the database rejects one.
    pub async fn insert(&self, database: &DatabaseConnection) -> Result<(), DbErr> {
        macro_rules! insert {
            ($($table:ident: $rows:ident),*) => {
                $($table::Entity::insert_many(self.$rows.clone()).exec(database).await?;)*
            };
        }
        insert!(workspace: workspaces, user: users, session: sessions, meeting: meetings);
        insert!(task: tasks, participant: participants, analytics: analytics);
        insert!(segment: segments, marker: markers);
        for (id, depends_on) in &self.dependencies {
            task::Entity::update_many()
                .set(task::ActiveModel {
                    depends_on_task_id: Set(Some(*depends_on)),
                    ..Default::default()
                })
                .filter(task::Column::Id.eq(*id))
                .exec(database)
                .await?;
        }
        Ok(())
    }
}

/// All rows of the nine tables, as text.
///
/// # Errors
///
/// If the database fails.
pub async fn rows(database: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let mut all = Vec::new();
    macro_rules! read {
        ($($table:ident),*) => {
            $(
                let rows = $table::Entity::find().order_by_asc($table::Column::Id);
                let rows = rows.all(database).await?;
                all.extend(rows.iter().map(|row| format!("{} {row:?}", stringify!($table))));
            )*
        };
    }
    read!(
        workspace,
        session,
        meeting,
        task,
        participant,
        analytics,
        segment,
        marker
    );
    let users = user::Entity::find().order_by_asc(user::Column::Id);
    for mut row in users.all(database).await? {
        // Each hash has a salt of its own.
        row.password_hash = None;
        all.push(format!("user {row:?}"));
    }
    Ok(all)
}
