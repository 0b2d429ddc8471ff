//! The two servers that Mina is compared with. Both are written for the queries of this benchmark
//! only: they know one workspace, have no sign-in, and ignore the document of a request, whose
//! `operationName` says what to answer.
//!
//! Nobody would maintain an API like this, but nothing is done badly on purpose: statements are
//! prepared, find their rows by the same indexes as Mina's, and name the workspace.

mod aggregate;
mod connection;
mod json;
mod request;
mod rows;

use std::{sync::Arc, sync::atomic::Ordering};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;

use self::{connection::Connection, request::Request};
use crate::Outcome;

/// The workspace that both servers know.
const WORKSPACE: i32 = 1;

/// What a server is started with.
#[derive(Args)]
pub struct Settings {
    /// How the server answers
    way: Way,

    /// The address to listen on
    listen: String,

    /// The database: `sqlite:PATH` or `postgres://…`
    database_url: String,

    /// The maximum number of connections to the database
    pool: u32,
}

/// A way to answer a request.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// Few plain statements, and JSON written by the server
    Rows,
    /// One statement, and JSON built by the database
    Aggregate,
}

struct Server {
    way: Way,
    database: Connection,
}

/// Serves until the process is killed.
///
/// # Errors
///
/// Fails if the database cannot be opened, or the address is taken.
pub async fn serve(settings: &Settings) -> Outcome {
    let database = Connection::open(&settings.database_url, settings.pool).await?;
    let way = settings.way;
    let app = Router::new()
        .route("/graphql", post(answer))
        .route("/statements", get(statements))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::new(Server { way, database }));
    let listener = TcpListener::bind(&settings.listen).await?;
    Ok(axum::serve(listener, app).await?)
}

/// The number of statements so far, without those that begin or end transactions.
async fn statements(State(server): State<Arc<Server>>) -> String {
    server
        .database
        .statements
        .load(Ordering::Relaxed)
        .to_string()
}

async fn answer(State(server): State<Arc<Server>>, body: Bytes) -> Response {
    match try_answer(&server, &body).await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => {
            eprintln!("{error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn try_answer(server: &Server, body: &[u8]) -> Outcome<Vec<u8>> {
    let request: Request = serde_json::from_slice(body)?;
    match server.way {
        Way::Rows => rows::answer(&server.database, &request).await,
        Way::Aggregate => aggregate::answer(&server.database, &request).await,
    }
}
