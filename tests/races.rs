//! Many who write at once: one wins, the others are told, and what is stored is true.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    analytics, bookkeeping::analysis_lease, marker, meeting, participant, segment, session, task,
    user,
};
use futures_util::future::{join, try_join_all};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, sea_query::Expr,
};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World, document, mistakes},
    database::TestDatabase,
    seed::{Seed, global_id, moment},
    server::Answer,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases("races::one_start", one_start);
    suite.on_both_databases("races::one_acceptance", one_acceptance);
    suite.on_both_databases("races::no_circle", no_circle);
    suite.on_both_databases("races::an_admin_stays", an_admin_stays);
    suite.on_both_databases("races::unique_names", unique_names);
    suite.on_both_databases("races::one_row_a_key", one_row_a_key);
    suite.on_both_databases("races::one_participation", one_participation);
    suite.on_both_databases("races::one_task_of_a_marker", one_task_of_a_marker);
    suite.on_both_databases("races::many_workers", many_workers);
    suite.on_both_databases("races::no_lost_update", no_lost_update);
    suite.on_both_databases("races::what_is_deleted", what_is_deleted);
    suite.on_both_databases("races::the_end_of_a_recording", the_end_of_a_recording);
    suite.on_both_databases("races::no_deadlock", no_deadlock);
}

/// How often each race is run.
const ROUNDS: usize = 8;
/// How many run it.
const RUNNERS: usize = 6;

/// What an answer came to: the code of its error or of its first mistake, or `OK`.
fn outcome(answer: &Answer) -> String {
    let error = &answer.body["errors"][0]["extensions"]["code"];
    if let Some(code) = error.as_str() {
        assert_ne!(code, "INTERNAL", "{answer:#?}");
        return code.to_owned();
    }
    assert!(!answer.status.is_server_error(), "{answer:#?}");
    let data = answer.body["data"].as_object().unwrap();
    let payload = data.values().next().unwrap();
    let mistakes = mistakes(payload);
    let first = mistakes
        .first()
        .map_or("OK", |first| first.split(' ').next().unwrap());
    first.to_owned()
}

/// How many answers came to what.
fn outcomes(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(outcome(answer)).or_default() += 1;
    }
    counts
}

/// Fails unless one came to `OK` and all others to this.
fn assert_one_won(answers: &[Answer], others: &str) {
    let expected = BTreeMap::from([("OK".to_owned(), 1), (others.to_owned(), answers.len() - 1)]);
    assert_eq!(outcomes(answers), expected);
}

/// Runs these mutations at once.
async fn at_once<'a>(
    runs: impl IntoIterator<Item = (&'a Client<'a>, &'a str, Value)>,
) -> Result<Vec<Answer>, Failed> {
    let runs = runs
        .into_iter()
        .map(|(client, mutation, input)| async move {
            let selection = selection(mutation);
            client.ask(mutation, input, selection).await
        });
    try_join_all(runs).await
}

/// Runs one mutation many times at once.
async fn all_at_once(
    client: &Client<'_>,
    mutation: &str,
    input: &Value,
) -> Result<Vec<Answer>, Failed> {
    at_once((0..RUNNERS).map(|_| (client, mutation, input.clone()))).await
}

/// What is asked of a payload, to see whether all answers tell of the same objects.
fn selection(mutation: &str) -> &'static str {
    match mutation {
        "meetingCreate" => "meeting { id }",
        "sessionCreate" => "session { id }",
        "taskCreate" | "markerConvertToTask" => "task { id }",
        "markerCreate" => "marker { id }",
        "segmentsAppend" => "segments { id text }",
        "analyticsRequest" => "analytics { id }",
        _ => "__typename",
    }
}

/// A meeting is started once, and has one session.
async fn one_start(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    for round in 1..=ROUNDS {
        let meeting = seed.meeting(&world.organizer, "M").await?;
        let input = json!({"id": global_id("Meeting", meeting.id)});
        let answers = all_at_once(&olga, "meetingStart", &input).await?;
        assert_one_won(&answers, "INVALID_STATE");
        let sessions = session::Entity::find().count(database.connection()).await?;
        assert_eq!(usize::try_from(sessions)?, round);
    }
    Ok(())
}

/// An invitation is accepted once.
async fn one_acceptance(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let max = world.client(&world.member).await?;
    for _ in 0..ROUNDS {
        let meeting = seed.meeting(&world.organizer, "M").await?;
        let invited = seed.participant(&meeting, &world.member).await?;
        let input = json!({"id": global_id("Participant", invited.id), "response": "ACCEPT"});
        let answers = all_at_once(&max, "participantRespond", &input).await?;
        assert_one_won(&answers, "INVALID_STATE");
    }
    Ok(())
}

/// However the parts of a circle come together, it is not closed.
async fn no_circle(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    let meeting = seed.meeting(&world.organizer, "M").await?;
    for round in 0..ROUNDS {
        let length = 2 + round % 4;
        let mut ids = Vec::new();
        for _ in 0..length {
            ids.push(seed.task(&meeting, "T").await?.id);
        }
        let links = (0..length).map(|place| {
            let (waits, on) = (ids[place], ids[(place + 1) % length]);
            let input = json!({
                "id": global_id("Task", waits),
                "dependsOnId": global_id("Task", on),
            });
            (&olga, "taskSetDependency", input)
        });
        let answers = at_once(links).await?;
        let expected = BTreeMap::from([("CYCLE".to_owned(), 1), ("OK".to_owned(), length - 1)]);
        assert_eq!(outcomes(&answers), expected);
        let linked = task::Entity::find()
            .filter(task::Column::Id.is_in(ids))
            .filter(task::Column::DependsOnTaskId.is_not_null())
            .count(database.connection())
            .await?;
        assert_eq!(usize::try_from(linked)?, length - 1);
    }
    Ok(())
}

/// Two admins who demote or deactivate each other, or themselves, at once leave one.
async fn an_admin_stays(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let two = [&world.admin, &world.organizer];
    for round in 0..ROUNDS {
        for admin in two {
            let mut admin = admin.clone().into_active_model().reset_all();
            admin.role = Set(Some(user::Role::Admin));
            admin.is_active = Set(Some(true));
            admin.update(database.connection()).await?;
        }
        let clients = [world.client(two[0]).await?, world.client(two[1]).await?];
        let runs = [0, 1].map(|who| {
            let whom = if round % 2 == 0 { 1 - who } else { who };
            let id = global_id("User", two[whom].id);
            if round % 4 < 2 {
                (
                    &clients[who],
                    "userSetRole",
                    json!({"id": id, "role": "MEMBER"}),
                )
            } else {
                (&clients[who], "userDeactivate", json!({"id": id}))
            }
        });
        let answers = at_once(runs).await?;
        let outcomes: BTreeSet<String> = answers.iter().map(outcome).collect();
        assert!(outcomes.contains("OK"), "{outcomes:?}");
        for other in outcomes {
            let is_clear = ["OK", "LAST_ADMIN", "FORBIDDEN", "UNAUTHENTICATED"];
            assert!(is_clear.contains(&other.as_str()), "{other}");
        }
        let left = user::Entity::find()
            .filter(user::Column::Role.eq(user::Role::Admin))
            .filter(user::Column::IsActive.eq(true))
            .count(database.connection())
            .await?;
        assert_eq!(left, 1, "round {round}");
    }
    Ok(())
}

/// Workspaces of the same name get slugs of their own, and a name belongs to one user.
async fn unique_names(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let sign_up = |workspace: &str, name: String| {
        let input = json!({
            "workspaceName": workspace,
            "username": name,
            "email": format!("{name}@example.org"),
            "password": "long enough",
        });
        let document = document("signUp", "workspace { slug }");
        let server = &world.server;
        async move { server.ask_with(&document, json!({"input": input})).await }
    };
    let many = (0..12).map(|number| sign_up("Same", format!("u{number}")));
    let answers = try_join_all(many).await?;
    let slugs: BTreeSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(outcome(answer), "OK");
            answer.body["data"]["signUp"]["workspace"]["slug"].to_string()
        })
        .collect();
    assert_eq!(slugs.len(), 12);
    let same = (0..RUNNERS).map(|_| sign_up("Other", "same".to_owned()));
    assert_one_won(&try_join_all(same).await?, "TAKEN");
    Ok(())
}

/// The same key creates one object, whoever of those who come with it is first.
async fn one_row_a_key(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    let meeting = global_id("Meeting", seed.meeting(&world.organizer, "M").await?.id);
    let recording = olga.make("sessionCreate", json!({}), "session").await?;
    olga.run("sessionStart", json!({"id": recording}), "session { id }")
        .await?;
    let segments: Vec<Value> = (0..50)
        .map(|number| json!({"text": number.to_string()}))
        .collect();
    for round in 0..ROUNDS {
        let key = format!("key {round}");
        let inputs = [
            (
                "meetingCreate",
                json!({"title": "A", "idempotencyKey": key}),
            ),
            ("sessionCreate", json!({"idempotencyKey": key})),
            (
                "taskCreate",
                json!({"meetingId": meeting, "title": "A", "idempotencyKey": key}),
            ),
            (
                "markerCreate",
                json!({
                    "sessionId": recording,
                    "type": "TODO",
                    "content": "A",
                    "idempotencyKey": key,
                }),
            ),
            (
                "segmentsAppend",
                json!({"sessionId": recording, "segments": segments, "key": key}),
            ),
        ];
        for (mutation, input) in inputs {
            let answers = all_at_once(&olga, mutation, &input).await?;
            let distinct: BTreeSet<String> = answers
                .iter()
                .map(|answer| {
                    assert_eq!(outcome(answer), "OK", "{mutation}");
                    answer.body["data"].to_string()
                })
                .collect();
            assert_eq!(distinct.len(), 1, "{mutation}");
        }
    }
    let connection = database.connection();
    let rounds = u64::try_from(ROUNDS)?;
    assert_eq!(meeting::Entity::find().count(connection).await?, rounds + 1);
    assert_eq!(session::Entity::find().count(connection).await?, rounds + 1);
    assert_eq!(task::Entity::find().count(connection).await?, rounds);
    assert_eq!(marker::Entity::find().count(connection).await?, rounds);
    assert_eq!(
        segment::Entity::find().count(connection).await?,
        50 * rounds
    );
    Ok(())
}

/// One participation a user and meeting.
async fn one_participation(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    for round in 1..=ROUNDS {
        let meeting = seed.meeting(&world.organizer, "M").await?;
        let input = json!({
            "meetingId": global_id("Meeting", meeting.id),
            "invitations": [{"userId": global_id("User", world.member.id)}],
        });
        let answers = all_at_once(&olga, "participantsInvite", &input).await?;
        assert_one_won(&answers, "TAKEN");
        let rows = participant::Entity::find()
            .count(database.connection())
            .await?;
        assert_eq!(usize::try_from(rows)?, round);
    }
    Ok(())
}

/// A marker becomes one task, and a meeting has one analysis.
async fn one_task_of_a_marker(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    for round in 1..=ROUNDS {
        let meeting = seed.meeting(&world.organizer, "M").await?;
        let session = seed.session(&world.organizer).await?;
        let mut marker = seed
            .marker(&session, &world.organizer, "C")
            .await?
            .into_active_model();
        marker.kind = Set(marker::Kind::Todo);
        let marker = marker.update(database.connection()).await?;
        let meeting = global_id("Meeting", meeting.id);
        let convert = json!({"id": global_id("Marker", marker.id), "meetingId": meeting});
        for (mutation, input) in [
            ("markerConvertToTask", convert),
            ("analyticsRequest", json!({"meetingId": meeting})),
        ] {
            let answers = all_at_once(&olga, mutation, &input).await?;
            let distinct: BTreeSet<String> = answers
                .iter()
                .map(|answer| {
                    assert_eq!(outcome(answer), "OK", "{mutation}");
                    answer.body["data"].to_string()
                })
                .collect();
            assert_eq!(distinct.len(), 1, "{mutation}");
        }
        let tasks = task::Entity::find().count(database.connection()).await?;
        let analyses = analytics::Entity::find()
            .count(database.connection())
            .await?;
        assert_eq!(
            (usize::try_from(tasks)?, usize::try_from(analyses)?),
            (round, round)
        );
    }
    Ok(())
}

/// No analysis is given to two workers, none is forgotten, and one whose lease has ended is given
/// to one.
async fn many_workers(database: &TestDatabase) -> Outcome {
    const ANALYSES: usize = 30;
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let ada = world.client(&world.admin).await?;
    for _ in 0..ANALYSES {
        seed.analytics(&seed.meeting(&world.organizer, "M").await?)
            .await?;
    }
    // The second time they come from workers that have crashed.
    for _ in 0..2 {
        let workers = (0..RUNNERS).map(|_| async {
            let mut given = Vec::new();
            loop {
                let selection = "claims { analytics { id } }";
                let payload = ada
                    .run("analyticsClaim", json!({"first": 2}), selection)
                    .await?;
                let claims = payload["claims"].as_array().ok_or("no claims")?;
                if claims.is_empty() {
                    return Ok::<_, Failed>(given);
                }
                given.extend(
                    claims
                        .iter()
                        .map(|claim| claim["analytics"]["id"].to_string()),
                );
            }
        });
        let given: Vec<String> = try_join_all(workers).await?.into_iter().flatten().collect();
        let distinct: BTreeSet<&String> = given.iter().collect();
        assert_eq!((given.len(), distinct.len()), (ANALYSES, ANALYSES));
        analysis_lease::Entity::update_many()
            .col_expr(analysis_lease::Column::ExpiresAt, Expr::value(moment()))
            .exec(database.connection())
            .await?;
    }
    Ok(())
}

/// Of those who change what they all saw one succeeds; changes of different settings all stay.
async fn no_lost_update(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let ada = world.client(&world.admin).await?;
    let id = global_id("Meeting", seed.meeting(&world.organizer, "M").await?.id);
    for _ in 0..ROUNDS {
        let known = ada.node(&id, "Meeting { updatedAt }").await?["updatedAt"].clone();
        let answers = at_once((0..RUNNERS).map(|number| {
            let title = format!("title {number}");
            let input = json!({"id": id, "title": title, "expectedUpdatedAt": known});
            (&ada, "meetingUpdate", input)
        }))
        .await?;
        assert_one_won(&answers, "CONFLICT");
    }
    let workspace = global_id("Workspace", world.acme.id);
    let answers = at_once((0..20).map(|number| {
        let settings = json!({format!("key {number}"): number});
        (
            &ada,
            "workspaceUpdate",
            json!({"id": workspace, "settings": settings}),
        )
    }))
    .await?;
    assert_eq!(outcomes(&answers), BTreeMap::from([("OK".to_owned(), 20)]));
    let settings = ada.read("{ workspace { settings } }").await?;
    let settings = settings["workspace"]["settings"]
        .as_object()
        .ok_or("no settings")?;
    assert_eq!(settings.len(), 20);
    Ok(())
}

/// What is added to a meeting while it is deleted is either gone with it or refused.
async fn what_is_deleted(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let ada = world.client(&world.admin).await?;
    let kept = seed.meeting(&world.organizer, "kept").await?;
    let waiting = global_id("Task", seed.task(&kept, "waiting").await?.id);
    for _ in 0..ROUNDS {
        let meeting = seed.meeting(&world.organizer, "M").await?;
        let task = global_id("Task", seed.task(&meeting, "T").await?.id);
        let id = global_id("Meeting", meeting.id);
        let user = global_id("User", world.member.id);
        let mut runs = vec![
            (&ada, "meetingDelete", json!({"id": id})),
            (
                &ada,
                "taskSetDependency",
                json!({"id": waiting, "dependsOnId": task}),
            ),
            (&ada, "taskComplete", json!({"id": task})),
            (&ada, "analyticsRequest", json!({"meetingId": id})),
            (
                &ada,
                "participantsInvite",
                json!({"meetingId": id, "invitations": [{"userId": user}]}),
            ),
        ];
        runs.extend((0..3).map(|_| (&ada, "taskCreate", json!({"meetingId": id, "title": "T"}))));
        let answers = at_once(runs).await?;
        assert_eq!(outcome(&answers[0]), "OK");
        for answer in &answers[1..] {
            let outcome = outcome(answer);
            assert!(outcome == "OK" || outcome == "NOT_FOUND", "{outcome}");
        }
    }
    let tasks = task::Entity::find().all(database.connection()).await?;
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].depends_on_task_id, None);
    Ok(())
}

/// Segments that were acknowledged before a session was complete are there, and none came after.
async fn the_end_of_a_recording(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let mut acknowledged = 0;
    for _ in 0..ROUNDS {
        let id = max.make("sessionCreate", json!({}), "session").await?;
        for mutation in ["sessionStart", "sessionStop"] {
            max.run(mutation, json!({"id": id}), "session { id }")
                .await?;
        }
        let appends = at_once((0..RUNNERS).map(|_| {
            let segments = json!([{"text": "a"}, {"text": "b"}]);
            (
                &max,
                "segmentsAppend",
                json!({"sessionId": id, "segments": segments}),
            )
        }));
        let complete = max.ask("sessionComplete", json!({"id": id}), "session { id }");
        let (appended, completed) = join(appends, complete).await;
        assert_eq!(outcome(&completed?), "OK");
        for answer in appended? {
            match outcome(&answer).as_str() {
                "OK" => acknowledged += 2,
                other => assert_eq!(other, "INVALID_STATE"),
            }
        }
    }
    let stored = segment::Entity::find().count(database.connection()).await?;
    assert_eq!(stored, acknowledged);
    Ok(())
}

/// Bulk changes of the same rows in any order wait for each other and all succeed.
async fn no_deadlock(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let ada = world.client(&world.admin).await?;
    let meeting = seed.meeting(&world.organizer, "M").await?;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(global_id("Task", seed.task(&meeting, "T").await?.id));
    }
    for _ in 0..ROUNDS {
        let answers = at_once((0..RUNNERS).map(|number| {
            let mut ids = ids.clone();
            ids.rotate_left(number * 3);
            if number % 2 == 0 {
                ids.reverse();
            }
            (&ada, "tasksAssign", json!({"ids": ids}))
        }))
        .await?;
        assert_eq!(
            outcomes(&answers),
            BTreeMap::from([("OK".to_owned(), RUNNERS)])
        );
    }
    Ok(())
}
