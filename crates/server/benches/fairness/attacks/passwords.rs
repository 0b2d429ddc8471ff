//! Requests that make the server hash passwords.

use std::{fmt::Write, time::Duration};

use hyper::body::Bytes;
use serde_json::json;
use tokio::time::timeout;

use super::super::{
    client::{self, Http, connect},
    slot::{Outcome, Slot},
};

const SIGN_IN: &str = "mutation ($input: SignInInput!) {
    signIn(input: $input) { token userErrors { message } }
}";

const SIGN_UP: &str = "mutation ($input: SignUpInput!) {
    signUp(input: $input) { token userErrors { message } }
}";

/// The number of mutations in a request.
const PER_REQUEST: usize = 10;

/// A sign-in of somebody who does not exist, each time another.
fn unknown(slot: &Slot) -> Bytes {
    let login = format!("nobody{}", slot.unique());
    client::body(
        SIGN_IN,
        &json!({"input": {"login": login, "password": "a wrong password"}}),
    )
}

/// Signs in.
pub async fn sign_in(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    loop {
        slot.ask(&mut http, unknown(&slot)).await?;
    }
}

/// Signs in, and does not wait for the answer.
pub async fn reset(slot: Slot) -> Outcome {
    let stream = connect(slot.server, slot.from()).await?;
    stream.set_zero_linger()?;
    let mut http = Http::over(stream).await?;
    timeout(
        Duration::from_millis(20),
        slot.ask(&mut http, unknown(&slot)),
    )
    .await
    .unwrap_or(Ok(()))
}

/// Signs up.
pub async fn sign_up(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    loop {
        let name = format!("new{}", slot.unique());
        let input = json!({
            "workspaceName": name,
            "username": name,
            "email": format!("{name}@example.org"),
            "password": "a long password",
        });
        slot.ask(&mut http, client::body(SIGN_UP, &json!({"input": input})))
            .await?;
    }
}

/// Creates users.
pub async fn create(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    loop {
        let mut mutations = String::new();
        for number in 0..PER_REQUEST {
            let name = format!("member{}", slot.unique());
            let _ = write!(
                mutations,
                "a{number}: userCreate(input: {{username: \"{name}\",
                    email: \"{name}@example.org\", password: \"a long password\"}}) {{
                    userErrors {{ message }}
                }} "
            );
        }
        let body = client::body(&format!("mutation {{ {mutations} }}"), &json!({}));
        slot.ask(&mut http, body).await?;
    }
}

/// Sets the password of a colleague.
pub async fn set(slot: Slot) -> Outcome {
    let id = &slot.data.colleague;
    let mut mutations = String::new();
    for number in 0..PER_REQUEST {
        let _ = write!(
            mutations,
            "a{number}: userSetPassword(input: {{id: \"{id}\", newPassword: \"a long password\"}})
                {{ userErrors {{ message }} }} "
        );
    }
    let body = client::body(&format!("mutation {{ {mutations} }}"), &json!({}));
    slot.repeat(body).await
}
