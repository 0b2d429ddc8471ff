//! A client of the protocol `graphql-transport-ws`.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::WebSocketConfig,
    },
};

/// The read buffer of a connection. Most frames are smaller.
const BUFFER: usize = 1024;

/// A connection that the server has acknowledged.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects from a loopback address, on behalf of the user of a token, or anonymously.
    ///
    /// # Errors
    ///
    /// Fails if the server does not acknowledge the connection.
    pub async fn open(
        server: SocketAddr,
        from: Ipv4Addr,
        token: Option<&str>,
    ) -> Result<Self, Failed> {
        let mut request = format!("ws://{server}/graphql").into_client_request()?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        let stream = socket.connect(server).await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0)
            .max_message_size(None)
            .max_frame_size(None);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut socket = Self(socket);
        let payload = token.map(|token| json!({"Authorization": format!("Bearer {token}")}));
        let init = json!({"type": "connection_init", "payload": payload});
        socket.send(&init).await?;
        let acknowledged: Value = serde_json::from_str(&socket.text().await?)?;
        if acknowledged["type"] != "connection_ack" {
            return Err(format!("connection_init was answered with {acknowledged}").into());
        }
        Ok(socket)
    }

    /// Requests an operation under an id.
    ///
    /// # Errors
    ///
    /// Fails if the connection is closed.
    pub async fn subscribe(
        &mut self,
        id: &str,
        query: &str,
        variables: &Value,
    ) -> Result<(), Failed> {
        let payload = json!({"query": query, "variables": variables});
        self.send(&json!({"type": "subscribe", "id": id, "payload": payload}))
            .await
    }

    /// The next message that is not a ping. Pings are answered.
    ///
    /// # Errors
    ///
    /// Fails if the connection is closed.
    pub async fn text(&mut self) -> Result<String, Failed> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) if text.as_str() == r#"{"type":"ping"}"# => {
                    self.send(&json!({"type": "pong"})).await?;
                }
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(close))) => {
                    return Err(format!("the server closed the connection: {close:?}").into());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err("the connection broke".into()),
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), Failed> {
        Ok(self.0.send(Message::text(message.to_string())).await?)
    }
}
