//! Probing for usernames, email addresses and slugs.

use entity::workspace;
use libtest_mimic::Failed;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

use super::{BY_HEADER, Client};
use crate::support::{
    Outcome,
    client::{World, document},
    database::TestDatabase,
    seed::{PASSWORD, global_id},
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(taken_names);
    suite.on_both_databases(many_workspaces_of_one_name);
    suite.on_both_databases(a_name_that_is_used_up);
}

/// Answers that a name is taken are limited for each viewer, and for anonymous clients by address.
/// Afterwards, not even a free name gets an answer. Others at the same address are not affected.
async fn taken_names(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = Server::start_with(database, &BY_HEADER)?;
    let max = Client::at(&server, "10.0.0.1").token("max").await?;
    let olga = Client::at(&server, "10.0.0.1").token("olga").await?;
    let update =
        |id: i32, username: &str| json!({"id": global_id("User", id), "username": username});
    let own = world.member.id;
    let here = Client::at(&server, "10.0.0.1").with(&max);
    for number in 0..20 {
        // Ordinary changes in between do not count.
        let free = update(own, &format!("max{number}"));
        assert_eq!(here.code("userUpdate", free).await?, "OK");
        let code = here.code("userUpdate", update(own, "ada")).await?;
        assert_eq!(code, "TAKEN", "{number}");
    }
    let elsewhere = Client::at(&server, "10.0.0.3").with(&max);
    for client in [here, elsewhere] {
        for username in ["ada", "nobody"] {
            let code = client.code("userUpdate", update(own, username)).await?;
            assert_eq!(code, "RATE_LIMITED");
        }
    }
    let user = |name: &str| {
        json!({
            "workspaceName": "Acme",
            "username": name,
            "email": format!("{name}@example.net"),
            "password": PASSWORD,
        })
    };
    let anonymous = Client::at(&server, "10.0.0.1");
    for number in 0..20 {
        let code = anonymous.code("signUp", user("ada")).await?;
        assert_eq!(code, "TAKEN", "{number}");
    }
    for username in ["ada", "nobody"] {
        let code = anonymous.code("signUp", user(username)).await?;
        assert_eq!(code, "RATE_LIMITED");
    }
    let colleague = anonymous.with(&olga);
    for (username, expected) in [("ada", "TAKEN"), ("olga2", "OK")] {
        let update = update(world.organizer.id, username);
        assert_eq!(colleague.code("userUpdate", update).await?, expected);
    }
    let other = Client::at(&server, "10.0.0.2");
    assert_eq!(other.code("signUp", user("ada")).await?, "TAKEN");
    Ok(())
}

/// However many workspaces have a name, the slug of the next one is found with few lookups.
async fn many_workspaces_of_one_name(database: &TestDatabase) -> Outcome {
    let slugs = (1..=2000).map(|number| match number {
        1 => "acme".to_owned(),
        number => format!("acme-{number}"),
    });
    insert_workspaces(database, slugs).await?;
    let server = Server::start(database)?;
    let answer = sign_up(&server, "eva").await?;
    assert_eq!(answer.data()?["signUp"]["workspace"]["slug"], "acme-2001");
    let statements = server.statements(&answer)?;
    let mut lookups = 0;
    for statement in &statements {
        if statement.contains(r#"WHERE "workspace"."slug""#) {
            assert!(statement.contains(r#""slug" IN ("#), "{statement}");
            lookups += 1;
        }
    }
    assert!((1..=4).contains(&lookups), "{statements:#?}");
    Ok(())
}

/// If somebody has taken all slugs that are looked up, others can still use the name.
async fn a_name_that_is_used_up(database: &TestDatabase) -> Outcome {
    let steps = (0..16).map(|step| 16 + (1 << step));
    let numbers = (2..=16).chain(steps).chain([999_999]);
    let slugs = numbers.map(|number| format!("acme-{number}"));
    insert_workspaces(database, slugs.chain(["acme".to_owned()])).await?;
    let server = Server::start(database)?;
    let mut found = Vec::new();
    for username in ["eva", "ivo"] {
        let answer = sign_up(&server, username).await?;
        let slug = answer.data()?["signUp"]["workspace"]["slug"].as_str();
        found.push(slug.ok_or("no slug")?.to_owned());
    }
    assert!(
        found.iter().all(|slug| slug.starts_with("acme-")),
        "{found:?}"
    );
    assert_ne!(found[0], found[1]);
    Ok(())
}

async fn insert_workspaces(
    database: &TestDatabase,
    slugs: impl Iterator<Item = String>,
) -> Outcome {
    let rows: Vec<_> = slugs
        .map(|slug| workspace::ActiveModel {
            name: Set("Acme".to_owned()),
            slug: Set(slug),
            ..Default::default()
        })
        .collect();
    for rows in rows.chunks(200) {
        workspace::Entity::insert_many(rows.to_vec())
            .exec(database.connection())
            .await?;
    }
    Ok(())
}

/// Creates another workspace with the name Acme.
async fn sign_up(server: &Server, username: &str) -> Result<Answer, Failed> {
    let input = json!({
        "workspaceName": "Acme",
        "username": username,
        "email": format!("{username}@example.org"),
        "password": PASSWORD,
    });
    let document = document("signUp", "workspace { slug }");
    server.ask_with(&document, json!({"input": input})).await
}
