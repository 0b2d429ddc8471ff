//! A request that is in flight for as long as a case likes.

use std::fmt::Write as _;

use entity::user;
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend,
    IntoActiveModel, TransactionTrait,
};
use serde_json::json;
use tokio::net::TcpStream;

use super::raw;
use crate::support::{
    Outcome, client::document, database::TestDatabase, seed::Seed, server::Server,
};

/// A mutation that waits in the database for a lock.
pub struct Held {
    lock: DatabaseTransaction,
    connection: TcpStream,
}

impl Held {
    /// Sends a mutation and waits until the server is at it.
    pub async fn start(database: &TestDatabase, server: &Server) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        let acme = seed.workspace("acme").await?;
        let mut ada = seed.user(acme.id, "ada").await?.into_active_model();
        ada.role = Set(Some(user::Role::Admin));
        ada.update(database.connection()).await?;
        let token = server.sign_in("ada").await?;

        let lock = database.connection().begin().await?;
        lock.execute_unprepared(match database.backend() {
            DbBackend::Postgres => "LOCK TABLE meeting IN EXCLUSIVE MODE",
            // A transaction that has begun to write blocks all other writers.
            _ => "UPDATE meeting SET title = title",
        })
        .await?;
        let body = json!({
            "query": document("meetingCreate", "meeting { title }"),
            "variables": {"input": {"title": "Held"}},
        })
        .to_string();
        let mut request =
            "POST /graphql HTTP/1.1\r\nhost: mina\r\nx-request-id: held\r\n".to_owned();
        write!(request, "authorization: Bearer {token}\r\n")?;
        write!(
            request,
            "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let connection = raw::send(server, &request).await?;
        // The first that is logged of it is the statement that looks up the viewer.
        server.log_line_with("\"request_id\":\"held\"")?;
        Ok(Self { lock, connection })
    }

    /// Lets the mutation go on, which must succeed, and its connection end.
    pub async fn finish(mut self) -> Outcome {
        self.lock.rollback().await?;
        let answer = raw::rest(&mut self.connection).await?;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert!(answer.contains(r#""meeting":{"title":"Held"}"#), "{answer}");
        Ok(())
    }

    /// Fails unless the connection ended without an answer.
    pub async fn assert_cut(mut self) -> Outcome {
        assert_eq!(
            raw::rest(&mut self.connection).await.unwrap_or_default(),
            ""
        );
        Ok(self.lock.rollback().await?)
    }
}
