//! Clients who write and read all the time, and what they must and must not see meanwhile.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use entity::{bookkeeping::idempotency_key, meeting, participant};
use futures_util::future::{try_join, try_join_all};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::{
    Outcome,
    client::document,
    server::{Answer, Server},
};

/// The number of clients.
const CLIENTS: usize = 4;

/// The time within which an expected event must begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time that a rejected client waits before it retries.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether a request was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There are no errors.
    Served,
    /// It can be sent again later.
    Unavailable,
}

/// The state of the server according to a response. Fails if the response is not allowed while the
/// database is unavailable.
pub fn verdict(answer: &Answer) -> Result<Verdict, Failed> {
    let errors = answer.body["errors"].as_array();
    let errors = errors.map_or(&[][..], Vec::as_slice);
    if errors.is_empty() && answer.status == StatusCode::OK {
        return Ok(Verdict::Served);
    }
    let is_unavailable = |error: &Value| error["extensions"]["code"] == "UNAVAILABLE";
    let expected = match &answer.body["data"] {
        Value::Null => StatusCode::SERVICE_UNAVAILABLE,
        // The other fields have their values.
        _ => StatusCode::OK,
    };
    if !errors.is_empty() && errors.iter().all(is_unavailable) && answer.status == expected {
        Ok(Verdict::Unavailable)
    } else {
        Err(format!("neither served nor UNAVAILABLE: {answer:#?}").into())
    }
}

/// The clients of one server, and what they know.
pub struct Load<'a> {
    server: &'a Server,
    token: String,
    /// The titles that were sent, acknowledged or not.
    sent: RefCell<Vec<String>>,
    /// The titles that were acknowledged, with the database ids that the server returned.
    acknowledged: RefCell<Vec<(String, i64)>>,
    served: Cell<usize>,
    unavailable: Cell<usize>,
    slowest: Cell<Duration>,
    is_over: Cell<bool>,
}

impl<'a> Load<'a> {
    /// Clients that ask with this token, and do not ask yet.
    pub fn new(server: &'a Server, token: String) -> Self {
        Self {
            server,
            token,
            sent: RefCell::default(),
            acknowledged: RefCell::default(),
            served: Cell::default(),
            unavailable: Cell::default(),
            slowest: Cell::default(),
            is_over: Cell::default(),
        }
    }

    /// Lets the clients ask for as long as `disturb` takes.
    ///
    /// # Errors
    ///
    /// Fails if an answer is neither right nor UNAVAILABLE, or if `disturb` does.
    pub async fn during(&self, disturb: impl Future<Output = Outcome>) -> Outcome {
        let disturbed = async {
            let outcome = disturb.await;
            self.is_over.set(true);
            outcome
        };
        try_join(
            try_join_all((0..CLIENTS).map(|it| self.client(it))),
            disturbed,
        )
        .await?;
        Ok(())
    }

    async fn client(&self, client: usize) -> Outcome {
        for number in 0.. {
            if self.is_over.get() {
                break;
            }
            self.create(format!("{client}-{number}")).await?;
            self.count().await?;
        }
        Ok(())
    }

    async fn create(&self, title: String) -> Outcome {
        self.sent.borrow_mut().push(title.clone());
        if let Some(id) = self.try_create(&title).await? {
            self.acknowledged.borrow_mut().push((title, id));
        }
        Ok(())
    }

    /// Creates a meeting, under its title as the key; its database id, if that was acknowledged.
    async fn try_create(&self, title: &str) -> Result<Option<i64>, Failed> {
        let create = document("meetingCreate", "meeting { databaseId title }");
        let input = json!({"title": title, "idempotencyKey": title});
        let answer = self.ask(&create, json!({"input": input})).await?;
        if verdict(&answer)? == Verdict::Unavailable {
            return Ok(None);
        }
        let meeting = &answer.data()?["meetingCreate"]["meeting"];
        assert_eq!(meeting["title"], title, "{answer:#?}");
        let id = meeting["databaseId"].as_i64();
        Ok(Some(id.ok_or_else(|| format!("no id: {answer:#?}"))?))
    }

    /// Counts the meetings, among which are all that were acknowledged before.
    async fn count(&self) -> Outcome {
        let least = self.acknowledged.borrow().len();
        let counted = "{ meetings(first: 2) { totalCount nodes { organizer { username } } } }";
        let answer = self.ask(counted, json!({})).await?;
        if verdict(&answer)? == Verdict::Served {
            let meetings = &answer.data()?["meetings"];
            let count = meetings["totalCount"].as_u64().unwrap_or_default();
            let possible = least as u64..=self.sent.borrow().len() as u64;
            assert!(possible.contains(&count), "{possible:?}: {answer:#?}");
            for node in meetings["nodes"].as_array().into_iter().flatten() {
                assert_eq!(node["organizer"]["username"], "ada", "{answer:#?}");
            }
        }
        Ok(())
    }

    async fn ask(&self, document: &str, variables: Value) -> Result<Answer, Failed> {
        let began_at = Instant::now();
        let answer = self.server.ask_as(&self.token, document, variables).await?;
        self.slowest.set(self.slowest.get().max(began_at.elapsed()));
        let counter = match verdict(&answer)? {
            Verdict::Served => &self.served,
            Verdict::Unavailable => &self.unavailable,
        };
        counter.set(counter.get() + 1);
        if verdict(&answer)? == Verdict::Unavailable {
            sleep(PAUSE).await;
        }
        Ok(answer)
    }

    /// Waits until so many more requests have been served.
    ///
    /// # Errors
    ///
    /// Fails if that takes too long.
    pub async fn serves(&self, more: usize) -> Outcome {
        grows(&self.served, more, "no requests are served").await
    }

    /// Waits until so many more requests have not been served.
    ///
    /// # Errors
    ///
    /// Fails if that takes too long.
    pub async fn rejects(&self, more: usize) -> Outcome {
        grows(&self.unavailable, more, "all requests are served").await
    }

    /// The longest time that a client has waited for an answer.
    pub fn slowest(&self) -> Duration {
        self.slowest.get()
    }

    /// Checks that all that was acknowledged is there, whole and once, and that a retry of the rest
    /// makes it so.
    ///
    /// # Errors
    ///
    /// Fails if the database does.
    pub async fn assert_kept(&self, database: &DatabaseConnection) -> Outcome {
        let acknowledged = self.acknowledged.take();
        assert!(!acknowledged.is_empty());
        for (title, id) in &acknowledged {
            assert_eq!(ids_of(database, title).await?, [*id], "{title}");
        }
        let sent = self.sent.take();
        for title in &sent {
            if acknowledged.iter().all(|(it, _)| it != title) {
                let id = self.try_create(title).await?;
                let id = id.ok_or_else(|| format!("{title} cannot be created again"))?;
                assert_eq!(ids_of(database, title).await?, [id], "{title}");
            }
        }
        let all = sent.len() as u64;
        let organizers = participant::Column::Role.eq(participant::Role::Organizer);
        let organizers = participant::Entity::find().filter(organizers);
        assert_eq!(organizers.count(database).await?, all);
        let kept = idempotency_key::Column::ObjectId.is_not_null();
        let kept = idempotency_key::Entity::find().filter(kept);
        assert_eq!(kept.count(database).await?, all);
        Ok(())
    }
}

async fn grows(counter: &Cell<usize>, more: usize, otherwise: &str) -> Outcome {
    let enough = counter.get() + more;
    let waiting = async {
        while counter.get() < enough {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting).await.map_err(|_| otherwise)?;
    Ok(())
}

/// The database ids of the meetings with this title.
async fn ids_of(database: &DatabaseConnection, title: &str) -> Result<Vec<i64>, Failed> {
    let meetings = meeting::Entity::find().filter(meeting::Column::Title.eq(title));
    let meetings = meetings.all(database).await?;
    Ok(meetings.iter().map(|meeting| meeting.id.into()).collect())
}
