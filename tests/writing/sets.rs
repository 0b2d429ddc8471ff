//! Mutations of many rows run as many statements as those of one row.

use std::collections::BTreeSet;

use entity::{session, task, user};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbBackend, DbErr, IntoActiveModel};
use serde_json::{Value, json};

use crate::{
    outsider::{mutations::input::Mutation, schema::Schema},
    support::{
        Outcome,
        client::{Client, World},
        database::TestDatabase,
        seed::{Seed, global_id},
        suite::Suite,
    },
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(one_or_many_rows);
    suite.on_both_databases(values_as_they_are);
}

/// The numbers of rows.
const SIZES: [usize; 3] = [1, 3, 100];

/// The maximum number of statements, with `BEGIN` and `COMMIT`.
const MOST: usize = 8;

/// A mutation of many rows.
struct Case<'a> {
    mutation: &'static str,
    /// What happens to the rows.
    of: &'static str,
    client: &'a Client<'a>,
    /// The list in the payload, if it has one for each of the rows.
    list: Option<&'static str>,
    /// An input for each of the numbers of rows.
    inputs: Vec<Value>,
}

/// Every mutation that takes a list, or that takes the number of rows, runs the same few statements
/// for a hundred rows as for one.
async fn one_or_many_rows(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Scene {
        seed: Seed(database.connection()),
        world: &world,
    };
    let (ada, olga, max) = (
        world.client(&world.admin).await?,
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let cases = seed.cases(&ada, &olga, &max).await?;
    let known: BTreeSet<&str> = cases.iter().map(|case| case.mutation).collect();
    let schema = Schema::ask(&world.server).await?;
    let of_sets = Mutation::all(&schema)?.into_iter();
    let of_sets = of_sets.filter(Mutation::takes_many);
    let of_sets: BTreeSet<&str> = of_sets.map(|mutation| mutation.name).collect();
    assert_eq!(known, of_sets);
    for case in &cases {
        let Case { mutation, of, .. } = case;
        let mut first = None;
        for (size, input) in SIZES.iter().zip(&case.inputs) {
            let selection = case.list.map(|list| format!("{list} {{ __typename }}"));
            let selection = selection.as_deref().unwrap_or("__typename");
            let answer = case.client.ask(mutation, input.clone(), selection).await?;
            let payload = &answer.data()?[mutation];
            assert_eq!(payload["userErrors"], json!([]), "{mutation} of {of}");
            if let Some(list) = case.list {
                assert_eq!(payload[list].as_array().map(Vec::len), Some(*size));
            }
            let mut statements = world.server.statements(&answer)?;
            let (is_few, of) = (statements.len() <= MOST, format!("{mutation} of {of}"));
            assert!(is_few, "{of}: {statements:#?}");
            if database.backend() != DbBackend::Postgres {
                // The text says how many rows there are.
                let without_rows = |sql: &String| sql.split("VALUES").next().map(str::to_owned);
                statements = statements.iter().filter_map(without_rows).collect();
            }
            let first = first.get_or_insert_with(|| statements.clone());
            assert_eq!(*first, statements, "{of}, {size} rows");
        }
    }
    Ok(())
}

/// The rows that the mutations are about.
struct Scene<'a> {
    seed: Seed<'a>,
    world: &'a World,
}

impl Scene<'_> {
    async fn cases<'a>(
        &self,
        ada: &'a Client<'a>,
        olga: &'a Client<'a>,
        max: &'a Client<'a>,
    ) -> Result<Vec<Case<'a>>, Failed> {
        let session = self.recording().await?;
        let keyed = |kind: &str| {
            SIZES
                .map(|size| segments(&session, size, kind, true))
                .to_vec()
        };
        let unkeyed = SIZES
            .map(|size| segments(&session, size, "FINAL", false))
            .to_vec();
        let append = |of, inputs| Case {
            mutation: "segmentsAppend",
            of,
            client: max,
            list: Some("segments"),
            inputs,
        };
        Ok(vec![
            append("new segments", unkeyed),
            append("new segments with keys", keyed("INTERIM")),
            append("known segments", keyed("INTERIM")),
            append("new versions of segments", keyed("FINAL")),
            Case {
                mutation: "segmentsDelete",
                of: "segments",
                client: max,
                list: None,
                inputs: self.segments().await?,
            },
            Case {
                mutation: "tasksAssign",
                of: "tasks of the organizer's meetings",
                client: olga,
                list: Some("tasks"),
                inputs: self.assignments().await?,
            },
            Case {
                mutation: "tasksComplete",
                of: "tasks of the organizer's meetings",
                client: olga,
                list: Some("tasks"),
                inputs: self.tasks().await?,
            },
            Case {
                mutation: "participantsInvite",
                of: "users",
                client: olga,
                list: Some("participants"),
                inputs: self.invitations().await?,
            },
            Case {
                mutation: "analyticsClaim",
                of: "waiting analyses",
                client: ada,
                list: Some("claims"),
                inputs: self.claims().await?,
            },
            Case {
                mutation: "analyticsComplete",
                of: "results",
                client: ada,
                list: None,
                inputs: self.results(ada).await?,
            },
        ])
    }

    /// A session of the member that records.
    async fn recording(&self) -> Result<String, DbErr> {
        let session = self.seed.session(&self.world.member).await?;
        let mut session = session.into_active_model();
        session.status = Set(Some(session::Status::Recording));
        let session = session.update(self.seed.0).await?;
        Ok(global_id("Session", session.id))
    }

    /// Segments of the member's.
    async fn segments(&self) -> Result<Vec<Value>, DbErr> {
        let mut inputs = Vec::new();
        for size in SIZES {
            let session = self.seed.session(&self.world.member).await?;
            let mut ids = Vec::new();
            for _ in 0..size {
                let segment = self.seed.segment(&session, 0, "said").await?;
                ids.push(global_id("Segment", segment.id));
            }
            inputs.push(json!({"sessionId": global_id("Session", session.id), "ids": ids}));
        }
        Ok(inputs)
    }

    /// Tasks that others have created in the organizer's meetings, each in one of its own.
    async fn tasks(&self) -> Result<Vec<Value>, DbErr> {
        let mut inputs = Vec::new();
        for size in SIZES {
            let mut ids = Vec::new();
            for _ in 0..size {
                let meeting = self.seed.meeting(&self.world.organizer, "Plan").await?;
                let task = self.seed.task(&meeting, "Step").await?;
                let mut task: task::ActiveModel = task.into_active_model();
                task.created_by_id = Set(self.world.admin.id);
                ids.push(global_id("Task", task.update(self.seed.0).await?.id));
            }
            inputs.push(json!({"ids": ids}));
        }
        Ok(inputs)
    }

    async fn assignments(&self) -> Result<Vec<Value>, DbErr> {
        let assignee = global_id("User", self.world.member.id);
        let mut inputs = self.tasks().await?;
        for input in &mut inputs {
            input["assignedToId"] = json!(assignee);
        }
        Ok(inputs)
    }

    async fn invitations(&self) -> Result<Vec<Value>, DbErr> {
        let mut guests: Vec<user::Model> = Vec::new();
        for number in 0..100 {
            let name = format!("guest{number}");
            guests.push(self.seed.user(self.world.acme.id, &name).await?);
        }
        let mut inputs = Vec::new();
        for size in SIZES {
            let meeting = self.seed.meeting(&self.world.organizer, "Plan").await?;
            let guests = guests.iter().take(size);
            let guests = guests.map(|guest| json!({"userId": global_id("User", guest.id)}));
            inputs.push(json!({
                "meetingId": global_id("Meeting", meeting.id),
                "invitations": guests.collect::<Vec<_>>(),
            }));
        }
        Ok(inputs)
    }

    async fn claims(&self) -> Result<Vec<Value>, DbErr> {
        for _ in 0..SIZES.iter().sum() {
            let meeting = self.seed.meeting(&self.world.organizer, "Plan").await?;
            self.seed.analytics(&meeting).await?;
        }
        Ok(SIZES.map(|size| json!({"first": size})).to_vec())
    }

    /// Results of claimed analyses, which are the first to be claimed.
    async fn results(&self, ada: &Client<'_>) -> Result<Vec<Value>, Failed> {
        let mut inputs = Vec::new();
        for size in SIZES {
            let meeting = self.seed.meeting(&self.world.organizer, "Plan").await?;
            let mut analytics = self.seed.analytics(&meeting).await?.into_active_model();
            // Longer ago than the others.
            analytics.created_at = Set(Some(chrono::DateTime::UNIX_EPOCH.naive_utc()));
            analytics.update(self.seed.0).await?;
            let selection = "claims { analytics { id } leaseToken }";
            let claimed = ada.run("analyticsClaim", json!({"first": 1}), selection);
            let claim = claimed.await?["claims"][0].clone();
            let topics = (0..size).map(|number| json!({"topic": format!("Topic {number}")}));
            inputs.push(json!({
                "id": claim["analytics"]["id"],
                "leaseToken": claim["leaseToken"],
                "keyTopics": topics.collect::<Vec<_>>(),
            }));
        }
        Ok(inputs)
    }
}

/// Segments to append. Lists of each size have keys of their own.
fn segments(session: &str, size: usize, kind: &str, keyed: bool) -> Value {
    let segments = (0..size).map(|number| {
        let mut segment = json!({"text": format!("{kind} {number}"), "kind": kind});
        if keyed {
            segment["key"] = json!(format!("{size} {number}"));
        }
        segment
    });
    json!({"sessionId": session, "segments": segments.collect::<Vec<_>>()})
}

/// Whatever the values of rows are, they are stored as they were sent, in the order of the list, and
/// recognized when the call is repeated.
async fn values_as_they_are(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let scene = Scene {
        seed: Seed(database.connection()),
        world: &world,
    };
    let max = world.client(&world.member).await?;
    let session = scene.recording().await?;
    let texts = [
        "plain",
        "it's \"quoted\"",
        "back\\slash \\u0041 \\n",
        "line\nbreak\ttab\u{1}",
        "👩‍👩‍👧 é e\u{301}",
        "$1 ? :name %s {}",
        "[1, null]",
        "null",
        "1",
        "\u{202e}right\u{2028}to left",
    ];
    let confidences = [
        json!(0),
        json!(1),
        json!(0.1),
        json!(0.300_000_000_000_000_04),
        json!(5e-324),
        json!(1.471_270_312_717_084_8e-186),
        json!(0.999_999_999_999_999_9),
        json!(null),
        json!(1e-7),
        json!(2.225_073_858_507_201_4e-308),
    ];
    for (kind, key) in [("INTERIM", true), ("FINAL", true), ("FINAL", false)] {
        let segments = texts.iter().zip(&confidences).enumerate();
        let segments = segments.map(|(number, (text, confidence))| {
            let mut segment = json!({
                "text": format!("{text}{kind}"),
                "confidence": confidence,
                "startMs": (number % 2 == 0).then_some(i32::MAX),
                "endMs": (number % 3 == 0).then_some(i32::MAX),
                "speaker": (number % 2 == 1).then_some(text),
                "language": null,
                "kind": kind,
            });
            if key {
                segment["key"] = json!(text);
            }
            segment
        });
        let segments: Vec<Value> = segments.collect();
        let input = json!({"sessionId": session, "segments": segments});
        let fields = "text confidence startMs endMs speaker language kind";
        let selection = format!("segments {{ id {fields} }}");
        let payload = max.run("segmentsAppend", input.clone(), &selection).await?;
        for (stored, sent) in payload["segments"]
            .as_array()
            .unwrap()
            .iter()
            .zip(&segments)
        {
            let id = stored["id"].as_str().unwrap();
            let read = max.node(id, &format!("Segment {{ id {fields} }}")).await?;
            assert_eq!(read, *stored);
            for field in fields.split(' ') {
                let (stored, sent) = (&stored[field], &sent[field]);
                assert!(
                    stored == sent || stored.as_f64() == sent.as_f64() && sent.is_number(),
                    "{stored} {sent}"
                );
            }
        }
        if key {
            let repeated = max.run("segmentsAppend", input, &selection).await?;
            assert_eq!(repeated, payload);
        }
    }
    Ok(())
}
