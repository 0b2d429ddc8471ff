//! Asking for analyses, and the queue from which workers take them.

use entity::bookkeeping::analysis_lease;
use libtest_mimic::Failed;
use sea_orm::{EntityTrait, sea_query::Expr};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::{Seed, global_id, moment},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(from_request_to_results);
    suite.on_both_databases(rules_of_results);
    suite.on_both_databases(oldest_first);
    suite.on_both_databases(leases_end);
    suite.on_both_databases(failure);
}

/// A claim of a worker: the id of the analysis and the token of its lease.
async fn claim(client: &Client<'_>, first: i32) -> Result<Vec<(Value, Value)>, Failed> {
    let selection = "claims { analytics { id analysisStatus } leaseToken expiresAt }";
    let payload = client
        .run("analyticsClaim", json!({"first": first}), selection)
        .await?;
    let claims = payload["claims"].as_array().ok_or("no claims")?.iter();
    Ok(claims
        .map(|claim| {
            assert_eq!(claim["analytics"]["analysisStatus"], "PROCESSING");
            (
                claim["analytics"]["id"].clone(),
                claim["leaseToken"].clone(),
            )
        })
        .collect())
}

/// Results are shown as JSON of the documented shape.
async fn from_request_to_results(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (olga, ada) = (
        world.client(&world.organizer).await?,
        world.client(&world.admin).await?,
    );
    let meeting = olga
        .make("meetingCreate", json!({"title": "M"}), "meeting")
        .await?;
    let request = json!({"meetingId": meeting});
    let selection = "analytics { id analysisStatus allowedTransitions }";
    let payload = olga
        .run("analyticsRequest", request.clone(), selection)
        .await?;
    let id = payload["analytics"]["id"].clone();
    assert_eq!(payload["analytics"]["analysisStatus"], "PENDING");
    assert_eq!(
        payload["analytics"]["allowedTransitions"],
        json!(["PROCESSING"])
    );
    // It is on its way: asking again changes nothing.
    let payload = olga
        .run("analyticsRequest", request.clone(), selection)
        .await?;
    assert_eq!(payload["analytics"]["id"], id);

    let claims = claim(&ada, 10).await?;
    let [(claimed, token)] = &claims[..] else {
        return Err(format!("not one claim: {claims:?}").into());
    };
    assert_eq!(*claimed, id);
    assert_eq!(claim(&ada, 10).await?, []);
    let results = json!({
        "id": id,
        "leaseToken": token,
        "meetingEffectivenessScore": 0.25,
        "overallEngagementScore": 0,
        "overallSentimentScore": 1,
        "keyTopics": [{"topic": " Costs ", "share": 0.5, "atMs": 0}, {"topic": "Dates"}],
        "actionItemsSummary": [{"title": "Ask", "assignee": "Max", "atMs": 5}],
        "decisionsMade": [{"decision": "Yes", "speaker": "Olga"}],
    });
    let selection = "analytics {
        analysisStatus meetingEffectivenessScore overallEngagementScore overallSentimentScore
        keyTopics actionItemsSummary decisionsMade allowedTransitions
        topics { topic share atMs }
        actionItems { title assignee atMs }
        decisions { decision speaker atMs }
    }";
    let payload = ada
        .run("analyticsComplete", results.clone(), selection)
        .await?;
    let expected = json!({
        "analysisStatus": "COMPLETED",
        "meetingEffectivenessScore": 0.25,
        "overallEngagementScore": 0.0,
        "overallSentimentScore": 1.0,
        "keyTopics": [{"topic": "Costs", "share": 0.5, "at_ms": 0}, {"topic": "Dates"}],
        "actionItemsSummary": [{"title": "Ask", "assignee": "Max", "at_ms": 5}],
        "decisionsMade": [{"decision": "Yes", "speaker": "Olga"}],
        "allowedTransitions": ["PENDING"],
        "topics": [
            {"topic": "Costs", "share": 0.5, "atMs": 0},
            {"topic": "Dates", "share": null, "atMs": null},
        ],
        "actionItems": [{"title": "Ask", "assignee": "Max", "atMs": 5}],
        "decisions": [{"decision": "Yes", "speaker": "Olga", "atMs": null}],
    });
    assert_eq!(payload["analytics"], expected);
    // The answer was lost, so the worker comes again; what it brings now does not count.
    let mut again = results;
    again["overallSentimentScore"] = json!(0.5);
    let repeated = ada
        .run("analyticsComplete", again.clone(), selection)
        .await?;
    assert_eq!(repeated["analytics"], expected);
    let other = json!("00000000-0000-0000-0000-000000000000");
    again["leaseToken"] = other.clone();
    let closed = ["INVALID_STATE id"];
    assert_eq!(ada.problems("analyticsComplete", again).await?, closed);
    let fail = json!({"id": id, "leaseToken": other});
    assert_eq!(ada.problems("analyticsFail", fail).await?, closed);
    // An analysis that has ended can be requested again.
    let payload = olga
        .run(
            "analyticsRequest",
            request,
            "analytics { id analysisStatus }",
        )
        .await?;
    assert_eq!(
        payload["analytics"],
        json!({"id": id, "analysisStatus": "PENDING"})
    );
    Ok(())
}

/// Scores are from 0 to 1 and findings of the documented shape; each problem says where it is.
async fn rules_of_results(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    seed.analytics(&seed.meeting(&world.organizer, "M").await?)
        .await?;
    let ada = world.client(&world.admin).await?;
    let claims = claim(&ada, 1).await?;
    let (id, token) = &claims[0];
    let mut results = json!({
        "id": id,
        "leaseToken": token,
        "meetingEffectivenessScore": -0.1,
        "overallEngagementScore": 1.1,
        "keyTopics": [{"topic": "a"}, {"topic": " ", "share": 2, "atMs": -1}],
        "actionItemsSummary": [{"title": "x".repeat(256), "assignee": "\0"}],
        "decisionsMade": [{"decision": "x".repeat(2001)}],
    });
    let expected = [
        "OUT_OF_RANGE meetingEffectivenessScore",
        "OUT_OF_RANGE overallEngagementScore",
        "BLANK keyTopics.1.topic",
        "OUT_OF_RANGE keyTopics.1.share",
        "OUT_OF_RANGE keyTopics.1.atMs",
        "TOO_LONG actionItemsSummary.0.title",
        "INVALID actionItemsSummary.0.assignee",
        "TOO_LONG decisionsMade.0.decision",
    ];
    assert_eq!(
        ada.problems("analyticsComplete", results.clone()).await?,
        expected
    );
    results["leaseToken"] = json!("00000000-0000-0000-0000-000000000000");
    let problems = ada.problems("analyticsComplete", results).await?;
    assert_eq!(problems[0], "CONFLICT leaseToken");
    for (input, expected) in [
        (json!({"first": 0}), "OUT_OF_RANGE first"),
        (json!({"first": 101}), "OUT_OF_RANGE first"),
        (json!({"leaseSeconds": 4}), "OUT_OF_RANGE leaseSeconds"),
        (json!({"leaseSeconds": 3601}), "OUT_OF_RANGE leaseSeconds"),
    ] {
        assert_eq!(ada.problems("analyticsClaim", input).await?, [expected]);
    }
    Ok(())
}

/// The queue is one of the workspace, and gives what has waited longest.
async fn oldest_first(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let mut expected = Vec::new();
    for title in ["1", "2", "3"] {
        let meeting = seed.meeting(&world.organizer, title).await?;
        expected.push(json!(global_id(
            "Analytics",
            seed.analytics(&meeting).await?.id
        )));
    }
    let other = seed.workspace("b").await?;
    let outsider = seed.user(other.id, "zoe").await?;
    seed.analytics(&seed.meeting(&outsider, "B").await?).await?;
    let ada = world.client(&world.admin).await?;
    let mut given = Vec::new();
    for first in [1, 100, 1] {
        given.extend(claim(&ada, first).await?.into_iter().map(|(id, _)| id));
    }
    assert_eq!(given, expected);
    Ok(())
}

/// The analysis of a crashed worker returns to the queue, and the worker gets a conflict if it
/// comes back too late.
async fn leases_end(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    seed.analytics(&seed.meeting(&world.organizer, "M").await?)
        .await?;
    let ada = world.client(&world.admin).await?;
    let end_leases = async || {
        analysis_lease::Entity::update_many()
            .col_expr(analysis_lease::Column::ExpiresAt, Expr::value(moment()))
            .exec(database.connection())
            .await
    };
    let (id, crashed) = claim(&ada, 1).await?.remove(0);
    assert_eq!(claim(&ada, 1).await?, []);
    // It can be held on to.
    end_leases().await?;
    let renew = json!({"id": id, "leaseToken": crashed});
    ada.run("analyticsRenew", renew.clone(), "claim { expiresAt }")
        .await?;
    assert_eq!(claim(&ada, 1).await?, []);
    end_leases().await?;
    let (again, token) = claim(&ada, 1).await?.remove(0);
    assert_eq!(again, id);
    for mutation in ["analyticsComplete", "analyticsFail", "analyticsRenew"] {
        let problems = ada.problems(mutation, renew.clone()).await?;
        assert_eq!(problems, ["CONFLICT leaseToken"], "{mutation}");
    }
    // A lease that has ended is good as long as nobody else was given the analysis.
    end_leases().await?;
    let results = json!({"id": id, "leaseToken": token});
    ada.run("analyticsComplete", results, "analytics { id }")
        .await?;
    Ok(())
}

/// A failed analysis stays failed until it is requested again.
async fn failure(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "M").await?;
    seed.analytics(&meeting).await?;
    let ada = world.client(&world.admin).await?;
    let (id, token) = claim(&ada, 1).await?.remove(0);
    let input = json!({"id": id, "leaseToken": token});
    let payload = ada
        .run("analyticsFail", input, "analytics { analysisStatus }")
        .await?;
    assert_eq!(payload["analytics"]["analysisStatus"], "ERROR");
    assert_eq!(claim(&ada, 1).await?, []);
    let request = json!({"meetingId": global_id("Meeting", meeting.id)});
    ada.run("analyticsRequest", request, "analytics { id }")
        .await?;
    assert_eq!(claim(&ada, 1).await?.len(), 1);
    Ok(())
}
