//! What the servers read of a request.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// A GraphQL request. Its document is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    pub operation_name: &'a str,
    #[serde(borrow)]
    pub variables: Variables<'a>,
}

#[derive(Deserialize)]
pub struct Variables<'a> {
    #[serde(borrow, default)]
    id: &'a str,
    #[serde(borrow)]
    pub input: Option<AppendInput<'a>>,
}

/// The segments to append, and the session that gets them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppendInput<'a> {
    session_id: &'a str,
    #[serde(borrow)]
    pub segments: Vec<Segment<'a>>,
}

/// A segment as it is sent, which is also how it is given to the database.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment<'a> {
    pub start_ms: i32,
    pub end_ms: i32,
    #[serde(borrow)]
    pub speaker: Cow<'a, str>,
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

impl Variables<'_> {
    /// The database id of the object with the global id in the variables.
    pub fn id(&self) -> Outcome<i32> {
        database_id(self.id)
    }
}

impl AppendInput<'_> {
    /// The database id of the session.
    pub fn session_id(&self) -> Outcome<i32> {
        database_id(self.session_id)
    }
}

fn database_id(id: &str) -> Outcome<i32> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id)?)?;
    let (_, number) = text.split_once(':').ok_or("the id has no colon")?;
    Ok(number.parse()?)
}
