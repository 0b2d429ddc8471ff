//! The queue of analyses and those who work through it.

use std::collections::BTreeSet;

use entity::{analytics, bookkeeping::analysis_lease as lease, user::Role};
use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait};
use serde_json::{Value, json};

use super::arena::{Arena, Person, ROUNDS};
use crate::support::{
    Outcome,
    call::{Call, DONE},
    database::TestDatabase,
    seed::{global_id, moment},
};

/// The parts of a claim that a worker needs.
const CLAIMS: &str = "claims { leaseToken analytics { id analysisStatus } }";

fn claim(worker: &Person, first: usize) -> Call {
    worker.call("analyticsClaim", CLAIMS, json!({"first": first}))
}

/// Hands in the results of a claim.
fn complete(worker: &Person, claim: &Value) -> Call {
    let input = json!({
        "id": claim["analytics"]["id"],
        "leaseToken": claim["leaseToken"],
        "overallSentimentScore": 0.5,
        "keyTopics": [{"topic": "Roadmap"}],
    });
    worker.call("analyticsComplete", "analytics { analysisStatus }", input)
}

/// The claims that a payload brings.
fn claimed(payload: &Value) -> &[Value] {
    payload["claims"].as_array().map_or(&[], Vec::as_slice)
}

/// Puts analyses into the queue. Returns their ids.
async fn enqueue(arena: &Arena<'_>, ada: &Person, many: usize) -> Result<BTreeSet<String>, Failed> {
    let mut ids = BTreeSet::new();
    for _ in 0..many {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let row = arena.seed.analytics(&meeting).await?;
        ids.insert(global_id("Analytics", row.id));
    }
    Ok(ids)
}

/// Lets the lease on an analysis end.
async fn end_lease(arena: &Arena<'_>, id: i32) -> Outcome {
    let lease = lease::ActiveModel {
        analytics_id: Set(id),
        expires_at: Set(moment()),
        ..Default::default()
    };
    lease.update(arena.database()).await?;
    Ok(())
}

/// Workers who take from the queue until it is empty are never given the same, and leave nothing.
pub async fn claims(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let mut workers = vec![ada];
    for number in 0..4 {
        let name = format!("worker-{number}");
        workers.push(arena.person(&name, Role::Admin).await?);
    }
    for _ in 0..4 {
        let queued = enqueue(&arena, &workers[0], 24).await?;
        let work = workers.iter().map(|worker| work(&arena, worker));
        let given: Vec<String> = try_join_all(work).await?.concat();
        let distinct: BTreeSet<String> = given.iter().cloned().collect();
        assert_eq!(given.len(), distinct.len(), "given twice: {given:?}");
        assert_eq!(distinct, queued);
    }
    let left = analytics::Column::AnalysisStatus.ne(analytics::Status::Completed);
    assert_eq!(arena.count::<analytics::Entity>(left).await?, 0);
    Ok(())
}

/// Takes three at a time from the queue and completes them until there are none. Returns the ids
/// of all that were given.
async fn work(arena: &Arena<'_>, worker: &Person) -> Result<Vec<String>, Failed> {
    let mut given = Vec::new();
    loop {
        let payload = claim(worker, 3).send(&arena.server).await?.done()?;
        if claimed(&payload).is_empty() {
            return Ok(given);
        }
        for claim in claimed(&payload) {
            assert_eq!(claim["analytics"]["analysisStatus"], "PROCESSING");
            given.push(claim["analytics"]["id"].as_str().unwrap().to_owned());
            let completed = complete(worker, claim).send(&arena.server).await?;
            assert_eq!(
                completed.done()?["analytics"]["analysisStatus"],
                "COMPLETED"
            );
        }
    }
}

/// A worker who is given none may rely on it that there are none: as long as there is enough for
/// all, who comes at the same time as others is given as many as they ask for.
pub async fn fair_claims(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..2 * ROUNDS {
        let queued = enqueue(&arena, &ada, 9).await?;
        let replies = arena.at_once(&vec![claim(&ada, 3); 3]).await?;
        replies.assert_tally(&[(DONE, 3)])?;
        let given: Vec<usize> = replies
            .done()
            .map(|payload| claimed(payload).len())
            .collect();
        assert_eq!(given, [3, 3, 3], "{replies:#?}");
        let distinct: BTreeSet<&str> = replies
            .done()
            .flat_map(claimed)
            .map(|claim| claim["analytics"]["id"].as_str().unwrap())
            .collect();
        assert_eq!(distinct.len(), queued.len());
    }
    Ok(())
}

/// An analysis whose lease has expired is claimed by one other worker, and the first can no longer
/// complete it.
pub async fn ended_leases(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let row = one_in_queue(&arena, &ada).await?;
    let payload = claim(&ada, 1).send(&arena.server).await?.done()?;
    let mut held = claimed(&payload)[0].clone();
    for _ in 0..2 * ROUNDS {
        end_lease(&arena, row.id).await?;
        let replies = arena.at_once(&vec![claim(&ada, 3); 4]).await?;
        replies.assert_tally(&[(DONE, 4)])?;
        let given: Vec<&Value> = replies.done().flat_map(claimed).collect();
        let [now_held] = given[..] else {
            return Err(format!("not given to exactly one: {replies:#?}").into());
        };
        assert_ne!(now_held["leaseToken"], held["leaseToken"]);
        let late = complete(&ada, &held).send(&arena.server).await?;
        assert_eq!(late.verdict, "CONFLICT", "{late:#?}");
        held = now_held.clone();
    }
    complete(&ada, &held).send(&arena.server).await?.done()?;
    Ok(())
}

/// A worker that completes an analysis after its lease expired, while others look for work: either
/// the results count or somebody is given the analysis, never both.
pub async fn late_results(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..2 * ROUNDS {
        let row = one_in_queue(&arena, &ada).await?;
        let payload = claim(&ada, 1).send(&arena.server).await?.done()?;
        let held = &claimed(&payload)[0];
        end_lease(&arena, row.id).await?;
        let mut calls = [complete(&ada, held), claim(&ada, 1), claim(&ada, 1)];
        calls.rotate_left(round % 3);
        let mut replies = arena.at_once(&calls).await?;
        replies.0.rotate_right(round % 3);
        replies.assert_only(&[DONE, "CONFLICT"])?;
        let late = &replies.0[0];
        let given: Vec<&Value> = replies.done().flat_map(claimed).collect();
        assert_eq!(given.len(), usize::from(!late.is_done()), "{replies:#?}");
        for claim in given {
            complete(&ada, claim).send(&arena.server).await?.done()?;
        }
    }
    Ok(())
}

async fn one_in_queue(arena: &Arena<'_>, ada: &Person) -> Result<analytics::Model, Failed> {
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    Ok(arena.seed.analytics(&meeting).await?)
}

/// The analysis of a meeting is one, however many ask for it, the first time and again.
pub async fn requests(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for _ in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let request = ada.call(
            "analyticsRequest",
            "analytics { id databaseId analysisStatus }",
            json!({"meetingId": global_id("Meeting", meeting.id)}),
        );
        let requests = vec![request; 5];
        let replies = arena.at_once(&requests).await?;
        let first = replies.same("/analytics")?;
        assert_eq!(first["analysisStatus"], "PENDING");
        let id = first["databaseId"]
            .as_i64()
            .and_then(|id| id.try_into().ok());
        let ended = analytics::ActiveModel {
            id: Set(id.unwrap()),
            analysis_status: Set(Some(analytics::Status::Error)),
            ..Default::default()
        };
        ended.update(arena.database()).await?;
        let again = arena.at_once(&requests).await?;
        assert_eq!(again.same("/analytics")?, first);
        let of_meeting = analytics::Column::MeetingId.eq(meeting.id);
        assert_eq!(arena.count::<analytics::Entity>(of_meeting).await?, 1);
    }
    Ok(())
}
