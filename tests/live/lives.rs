//! The lifetime of connections: they end with the token, and with the server.

use entity::user;
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

use super::world;
use crate::support::{
    Outcome,
    client::document,
    database::TestDatabase,
    seed::{PASSWORD, global_id},
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(revoked);
    suite.on_both_databases(expired);
    suite.on_both_databases(shutdown);
}

const MEETINGS: &str = "subscription { meetingChanged { kind } }";

/// A deactivation, a new password and a change by hand at the console end one user's connections.
async fn revoked(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let server = &world.server;
    let ada = world.client(&world.admin).await?;
    let others = server.sign_in("olga").await?;
    let mut other = Socket::begin(server, Some(&others)).await?;
    let max = server.sign_in("max").await?;
    let mut first = Socket::begin(server, Some(&max)).await?;
    let mut second = Socket::begin(server, Some(&max)).await?;
    first.subscribe("1", MEETINGS, json!({})).await?;
    let id = global_id("User", world.member.id);
    ada.run("userDeactivate", json!({"id": id}), "user { id }")
        .await?;
    assert_eq!(first.closed().await?, 4403);
    assert_eq!(second.closed().await?, 4403);

    let mut own = Socket::begin(server, Some(&token)).await?;
    let change = document("passwordChange", "token");
    let passwords = json!({"input": {"currentPassword": PASSWORD, "newPassword": "another one 1"}});
    let answer = server.ask_as(&token, &change, passwords).await?;
    assert!(
        answer.data()?["passwordChange"]["token"].is_string(),
        "{answer:#?}"
    );
    assert_eq!(own.closed().await?, 4403);

    other.subscribe("1", "{ __typename }", json!({})).await?;
    other.event("1").await?;
    let mut olga: user::ActiveModel = world.organizer.clone().into_active_model();
    olga.is_active = Set(Some(false));
    olga.update(database.connection()).await?;
    assert_eq!(other.closed().await?, 4403);
    Ok(())
}

/// A token that ends by itself ends its connections.
async fn expired(database: &TestDatabase) -> Outcome {
    let (world, _) = world(database).await?;
    drop(world);
    let server = Server::start_with(database, &["--token-lifetime", "2s"])?;
    let token = server.sign_in("ada").await?;
    let mut socket = Socket::begin(&server, Some(&token)).await?;
    socket.subscribe("1", MEETINGS, json!({})).await?;
    assert_eq!(socket.closed().await?, 4403);
    Ok(())
}

/// On SIGTERM nothing new is followed, and connections are closed so that clients look elsewhere.
async fn shutdown(database: &TestDatabase) -> Outcome {
    let (world, _) = world(database).await?;
    drop(world);
    let server = Server::start_with(database, &["--drain-delay", "1s"])?;
    let token = server.sign_in("ada").await?;
    let mut socket = Socket::begin(&server, Some(&token)).await?;
    socket.subscribe("1", MEETINGS, json!({})).await?;
    socket.subscribe("2", "{ __typename }", json!({})).await?;
    socket.event("2").await?;
    socket.message().await?;
    server.signal("TERM")?;
    let ready = async || Ok::<_, reqwest::Error>(reqwest::get(server.url("/health/ready")).await?);
    while ready().await?.status() == StatusCode::OK {}
    socket.subscribe("3", MEETINGS, json!({})).await?;
    assert_eq!(socket.error("3").await?, "UNAVAILABLE");
    socket.subscribe("3", "{ __typename }", json!({})).await?;
    socket.event("3").await?;
    assert_eq!(socket.closed().await?, 1001);
    assert!(server.ended().await?.success());
    Ok(())
}
