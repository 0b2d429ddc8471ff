//! HTTP clients that connect from a chosen loopback address and discard what they read.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
    header,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

/// So much of each answer is kept.
const KEPT: usize = 1024;

/// A request with its whole body.
pub type Post = Request<Full<Bytes>>;

/// An HTTP/1 connection, which breaks when it is dropped.
pub struct Http {
    sender: http1::SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

/// An HTTP/2 connection, which breaks when it is dropped.
pub struct Http2 {
    /// Sends requests.
    pub sender: http2::SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

/// An answer that was read to its end.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The first bytes of the body.
    pub start: Vec<u8>,
    /// The length of the body.
    pub bytes: usize,
}

/// Connects from a loopback address.
///
/// # Errors
///
/// Fails if the server does not accept the connection.
pub async fn connect(server: SocketAddr, from: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(server).await
}

/// The JSON of a GraphQL request.
pub fn body(query: &str, variables: &Value) -> Bytes {
    json!({"query": query, "variables": variables})
        .to_string()
        .into()
}

/// A GraphQL request, which asks for a status code that says whether it was executed.
pub fn post(token: Option<&str>, body: Bytes) -> Post {
    accepting("application/graphql-response+json", token, body)
}

/// A GraphQL request that asks for this media type.
pub fn accepting(media_type: &'static str, token: Option<&str>, body: Bytes) -> Post {
    let mut request = Request::post("http://mina.test/graphql")
        .header(header::HOST, "mina.test")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, media_type);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request
        .body(Full::new(body))
        .unwrap_or_else(|_| Request::new(Full::default()))
}

impl Http {
    /// Connects from a loopback address.
    ///
    /// # Errors
    ///
    /// Fails if the server does not accept the connection.
    pub async fn connect(server: SocketAddr, from: Ipv4Addr) -> Result<Self, Failed> {
        Self::over(connect(server, from).await?).await
    }

    /// Speaks HTTP/1 over a connection.
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    pub async fn over(stream: TcpStream) -> Result<Self, Failed> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The sender reports errors.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            _driver: driver,
        })
    }

    /// Sends a request and returns the head of the response.
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks.
    pub async fn send(&mut self, mut request: Post) -> Result<Response<Incoming>, Failed> {
        // HTTP/1 has the path only.
        if let Some(path) = request.uri().path_and_query().cloned() {
            *request.uri_mut() = path.into();
        }
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }

    /// Sends a request and reads the response to its end.
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks.
    pub async fn ask(&mut self, request: Post) -> Result<Answer, Failed> {
        read(self.send(request).await?).await
    }
}

/// Reads a response to its end.
///
/// # Errors
///
/// Fails if the connection breaks.
pub async fn read(response: Response<Incoming>) -> Result<Answer, Failed> {
    let (head, mut body) = response.into_parts();
    let mut answer = Answer {
        status: head.status,
        start: Vec::new(),
        bytes: 0,
    };
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            let room = KEPT.saturating_sub(answer.start.len()).min(data.len());
            answer.start.extend_from_slice(&data[..room]);
            answer.bytes += data.len();
        }
    }
    Ok(answer)
}

impl Http2 {
    /// Connects from a loopback address. The server may send at most `window` bytes of a response
    /// until some of them are read.
    ///
    /// # Errors
    ///
    /// Fails if the server does not accept the connection.
    pub async fn connect(
        server: SocketAddr,
        from: Ipv4Addr,
        window: Option<u32>,
    ) -> Result<Self, Failed> {
        let stream = connect(server, from).await?;
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(TokioIo::new(stream))
            .await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The sender reports errors.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            _driver: driver,
        })
    }
}
