//! A client of the protocol graphql-transport-ws.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::support::server::Server;

/// The time within which the server must send an expected message.
const PATIENCE: Duration = Duration::from_mins(1);

/// A WebSocket to a server. Dropped, it is gone without a word, as a client that is killed.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects, and says nothing yet.
    ///
    /// # Errors
    ///
    /// Fails if the server takes no WebSocket.
    pub async fn open(server: &Server) -> Result<Self, Failed> {
        let stream = TcpStream::connect(server.address()).await?;
        Self::over(stream, server).await
    }

    /// Connects with so little room for what is not read that the server soon notices.
    ///
    /// # Errors
    ///
    /// Fails if the server takes no WebSocket.
    pub async fn open_narrow(server: &Server) -> Result<Self, Failed> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        let stream = socket.connect(server.address().parse()?).await?;
        Self::over(stream, server).await
    }

    async fn over(stream: TcpStream, server: &Server) -> Result<Self, Failed> {
        let url = format!("ws://{}/graphql", server.address());
        let mut request = url.into_client_request()?;
        let protocol = "graphql-transport-ws".parse()?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocol);
        let opened = timeout(PATIENCE, client_async(request, stream)).await;
        let (socket, _) = opened.map_err(|_| "no WebSocket in time")??;
        Ok(Self(socket))
    }

    /// Begins with a token, and waits until the server takes it.
    ///
    /// # Errors
    ///
    /// Fails if the server says anything else.
    pub async fn sign_in(mut self, token: &str) -> Result<Self, Failed> {
        let payload = json!({"Authorization": format!("Bearer {token}")});
        let init = json!({"type": "connection_init", "payload": payload});
        self.say(&init).await?;
        let message = self.receive().await?;
        if message["type"] == "connection_ack" {
            Ok(self)
        } else {
            Err(format!("not acknowledged: {message}").into())
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Fails if the connection is gone.
    pub async fn say(&mut self, message: &Value) -> Result<(), Failed> {
        let text = Message::text(message.to_string());
        Ok(self.0.send(text).await?)
    }

    /// Asks for an operation under an id.
    ///
    /// # Errors
    ///
    /// Fails if the connection is gone.
    pub async fn subscribe(
        &mut self,
        id: &str,
        document: &str,
        variables: Value,
    ) -> Result<(), Failed> {
        let payload = json!({"query": document, "variables": variables});
        let subscribe = json!({"type": "subscribe", "id": id, "payload": payload});
        self.say(&subscribe).await
    }

    /// The next message of the server, beside its pings, which are answered.
    ///
    /// # Errors
    ///
    /// Fails if it says nothing, or closes the connection.
    pub async fn receive(&mut self) -> Result<Value, Failed> {
        let received = timeout(PATIENCE, self.receive_whenever()).await;
        received.map_err(|_| "the server says nothing")?
    }

    async fn receive_whenever(&mut self) -> Result<Value, Failed> {
        loop {
            match self.0.next().await.ok_or("the connection is gone")?? {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text)?;
                    if message["type"] != "ping" {
                        return Ok(message);
                    }
                    self.say(&json!({"type": "pong"})).await?;
                }
                // The library answers pings by itself.
                Message::Ping(_) | Message::Pong(_) => {}
                other => return Err(format!("no text: {other:?}").into()),
            }
        }
    }

    /// The data of the next event of whatever operation is under way.
    ///
    /// # Errors
    ///
    /// Fails with what the server says if that is no event, or one with errors.
    pub async fn event(&mut self) -> Result<Value, Failed> {
        let mut message = self.receive().await?;
        if message["type"] == "next" && message["payload"]["errors"].is_null() {
            Ok(message["payload"]["data"].take())
        } else {
            Err(format!("no event: {message}").into())
        }
    }
}
