//! Probing for usernames, email addresses and slugs.

use entity::workspace;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

use super::{BY_HEADER, Client};
use crate::support::{
    Outcome,
    client::{World, document},
    database::TestDatabase,
    seed::{PASSWORD, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(taken_names);
    suite.on_both_databases(many_workspaces_of_one_name);
}

/// Answers that a name is taken are limited for each viewer and each address. Afterwards, not even
/// a free name gets an answer.
async fn taken_names(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = Server::start_with(database, &BY_HEADER)?;
    let max = Client::at(&server, "10.0.0.1").token("max").await?;
    let olga = Client::at(&server, "10.0.0.2").token("olga").await?;
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
    assert_eq!(anonymous.code("signUp", user("ada")).await?, "RATE_LIMITED");
    let other = Client::at(&server, "10.0.0.2");
    assert_eq!(other.code("signUp", user("ada")).await?, "TAKEN");
    let update = update(world.organizer.id, "ada");
    assert_eq!(other.with(&olga).code("userUpdate", update).await?, "TAKEN");
    Ok(())
}

/// However many workspaces have a name, the slug of the next one is found with few lookups.
async fn many_workspaces_of_one_name(database: &TestDatabase) -> Outcome {
    let slugs = (1..=2000).map(|number| match number {
        1 => "acme".to_owned(),
        number => format!("acme-{number}"),
    });
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
    let server = Server::start(database)?;
    let input = json!({
        "workspaceName": "Acme",
        "username": "eva",
        "email": "eva@example.org",
        "password": PASSWORD,
    });
    let document = document("signUp", "workspace { slug }");
    let answer = server.ask_with(&document, json!({"input": input})).await?;
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
