//! A client of the protocol `graphql-transport-ws` that can also break it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{Outcome, server::Server};

/// The maximum time for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection with a server.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// A message of the server.
#[derive(Debug)]
pub enum Said {
    /// A message of the protocol.
    Message(Value),
    /// A ping below the protocol.
    Ping,
    /// The end, with its code and its reason.
    Closed(u16, String),
}

impl Socket {
    /// Connects, and says nothing yet.
    ///
    /// # Errors
    ///
    /// Fails if the server makes no WebSocket of the connection.
    pub async fn open(server: &Server, protocol: Option<&'static str>) -> Result<Self, Failed> {
        let mut request = format!("ws://{}/graphql", server.address()).into_client_request()?;
        if let Some(protocol) = protocol {
            let protocol = HeaderValue::from_static(protocol);
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
        }
        // The buffers of the kernel must not hide that a client does not read.
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(16 * 1024)?;
        let stream = socket.connect(server.address().parse()?).await?;
        let handshake = client_async(request, MaybeTlsStream::Plain(stream));
        Ok(Self(timeout(PATIENCE, handshake).await??.0))
    }

    /// Connects, and is acknowledged, on behalf of the user of a token, or anonymously.
    ///
    /// # Errors
    ///
    /// Fails if it is not.
    pub async fn begin(server: &Server, token: Option<&str>) -> Result<Self, Failed> {
        let mut socket = Self::open(server, Some("graphql-transport-ws")).await?;
        let payload = token.map(|token| json!({"Authorization": format!("Bearer {token}")}));
        let init = json!({"type": "connection_init", "payload": payload});
        socket.send(&init).await?;
        assert_eq!(socket.message().await?, json!({"type": "connection_ack"}));
        Ok(socket)
    }

    /// Sends a message of the protocol, or what looks like one.
    ///
    /// # Errors
    ///
    /// Fails if the connection is closed.
    pub async fn send(&mut self, message: &Value) -> Outcome {
        self.send_frame(Message::text(message.to_string())).await
    }

    /// Sends anything.
    ///
    /// # Errors
    ///
    /// Fails if the connection is closed.
    pub async fn send_frame(&mut self, frame: Message) -> Outcome {
        Ok(timeout(PATIENCE, self.0.send(frame)).await??)
    }

    /// Asks for an operation under an id.
    ///
    /// # Errors
    ///
    /// Fails if the connection is closed.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) -> Outcome {
        let payload = json!({"query": query, "variables": variables});
        let message = json!({"id": id, "type": "subscribe", "payload": payload});
        self.send(&message).await
    }

    /// Requests a subscription and waits until it has begun, which the protocol does not report.
    /// Works only while no other subscriptions begin or end.
    ///
    /// # Errors
    ///
    /// Fails if it does not begin.
    pub async fn follow(
        &mut self,
        server: &Server,
        id: &str,
        query: &str,
        variables: Value,
    ) -> Outcome {
        let before = subscribers(server).await?;
        self.subscribe(id, query, variables).await?;
        let begun = async {
            while subscribers(server).await? <= before {}
            Ok::<_, Failed>(())
        };
        timeout(PATIENCE, begun).await?
    }

    /// The next message of the server.
    ///
    /// # Errors
    ///
    /// Fails if it says nothing, or breaks the connection.
    pub async fn said(&mut self) -> Result<Said, Failed> {
        loop {
            let frame = timeout(PATIENCE, self.0.next()).await;
            return Ok(match frame?.ok_or("the connection broke")?? {
                Message::Text(text) => Said::Message(serde_json::from_str(&text)?),
                Message::Ping(_) => Said::Ping,
                Message::Close(Some(frame)) => {
                    Said::Closed(frame.code.into(), frame.reason.to_string())
                }
                Message::Close(None) => Said::Closed(1005, String::new()),
                _ => continue,
            });
        }
    }

    /// The next message, but for pings, which are answered.
    ///
    /// # Errors
    ///
    /// Fails if none comes.
    pub async fn message(&mut self) -> Result<Value, Failed> {
        loop {
            match self.said().await? {
                Said::Message(message) if message["type"] == "ping" => {
                    self.send(&json!({"type": "pong"})).await?;
                }
                Said::Message(message) => return Ok(message),
                Said::Ping => {}
                closed @ Said::Closed(..) => return Err(format!("{closed:?}").into()),
            }
        }
    }

    /// The data of the next message, which must be an event of an operation, without errors.
    ///
    /// # Errors
    ///
    /// Fails if it is anything else.
    pub async fn event(&mut self, id: &str) -> Result<Value, Failed> {
        let message = self.message().await?;
        if message["type"] == "next"
            && message["id"] == id
            && message["payload"]["errors"].is_null()
        {
            Ok(message["payload"]["data"].clone())
        } else {
            Err(format!("no event of {id}: {message:#}").into())
        }
    }

    /// The code of the next message, which must be the error that ends an operation.
    ///
    /// # Errors
    ///
    /// Fails if it is anything else.
    pub async fn error(&mut self, id: &str) -> Result<String, Failed> {
        let message = self.message().await?;
        let code = message["payload"][0]["extensions"]["code"].as_str();
        match code {
            Some(code) if message["type"] == "error" && message["id"] == id => Ok(code.to_owned()),
            _ => Err(format!("no error of {id}: {message:#}").into()),
        }
    }

    /// The code with which the server closes, whatever it says before.
    ///
    /// # Errors
    ///
    /// Fails if it does not.
    pub async fn closed(&mut self) -> Result<u16, Failed> {
        loop {
            if let Said::Closed(code, reason) = self.said().await? {
                assert!(code == 1005 || !reason.is_empty(), "{code} says not why");
                return Ok(code);
            }
        }
    }
}

/// The number of open subscriptions, according to the server's metric.
async fn subscribers(server: &Server) -> Result<u32, Failed> {
    let metrics = server.metrics().await?;
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix("mina_subscribers "));
    Ok(count.ok_or("nobody is counted")?.parse()?)
}
