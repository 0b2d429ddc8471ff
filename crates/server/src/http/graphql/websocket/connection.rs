//! A WebSocket connection, from its first message to its close.

use std::{future::pending, net::IpAddr};

use axum::body::Bytes;
use futures_util::{SinkExt, StreamExt, future::BoxFuture};
use mina_graphql::{Call, Caller, Login, LoginEnd, Party, Place, TokenError, Viewer};
use serde_json::{Map, Value};
use tokio::{
    select,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep},
};
use tokio_stream::StreamMap;
use tokio_tungstenite::tungstenite::{self, Message};

use super::{
    super::{bearer, rejection::Rejection},
    WebSocket,
    close::{self, Close},
    message::{self, FromClient, Text},
    running::{self, Running},
};
use crate::{
    http::{AppState, streams::StreamPlace},
    telemetry::Shed,
};

/// A connection with a client that supports the subprotocol.
pub struct Connection {
    socket: WebSocket,
    state: AppState,
    address: IpAddr,
    /// Its place among the open WebSocket connections.
    place: StreamPlace,
    is_acknowledged: bool,
    /// The login of the token in `connection_init`, if it had one.
    login: Option<Login>,
    /// Resolves when the login ends, never for anonymous connections. It is created once rather than
    /// for each event.
    login_end: BoxFuture<'static, LoginEnd>,
    /// The running operations, by the ids that the client gave them.
    running: StreamMap<String, Running>,
    /// The operation that runs next. Until it runs, no further message is read.
    waiting: Option<Waiting>,
    /// Whether a message has arrived since the last ping.
    is_alive: bool,
    /// Whether an operation has been sent since the last ping.
    is_used: bool,
}

/// An operation that waits for admission.
struct Waiting {
    id: String,
    admitted: BoxFuture<'static, (Call, Result<Place, Rejection>)>,
}

impl Waiting {
    async fn admitted(waiting: &mut Option<Self>) -> (Call, Result<Place, Rejection>) {
        match waiting {
            Some(waiting) => waiting.admitted.as_mut().await,
            None => pending().await,
        }
    }
}

/// How a connection ends.
enum End {
    /// The server closes it.
    Close(Close),
    /// The client is gone.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl From<tungstenite::Error> for End {
    fn from(error: tungstenite::Error) -> Self {
        Close::of_error(&error).map_or(Self::Gone, Self::Close)
    }
}

impl Connection {
    /// A connection before its first message.
    pub fn new(socket: WebSocket, state: AppState, address: IpAddr, place: StreamPlace) -> Self {
        Self {
            socket,
            state,
            address,
            place,
            is_acknowledged: false,
            login: None,
            login_end: Box::pin(pending()),
            running: StreamMap::new(),
            waiting: None,
            is_alive: true,
            is_used: true,
        }
    }

    /// Serves the connection until it is closed.
    pub async fn serve(mut self) {
        if let Err(End::Close(close)) = self.converse().await {
            tracing::debug!(?close, "closes a connection");
            // Running operations end now, not when the client has closed its side.
            self.running.clear();
            close::close(self.socket, close).await;
        }
    }

    async fn converse(&mut self) -> Result<(), End> {
        let draining = self.state.draining.clone();
        let mut stopping = std::pin::pin!(draining.stopping());
        let mut init_timeout = std::pin::pin!(sleep(self.state.live.connection_init_timeout));
        let mut pings = pings(self.state.live.ping_interval);
        loop {
            select! {
                message = self.socket.next(), if self.waiting.is_none() => match message {
                    // Boxed, because an idle connection reserves memory for every future in this
                    // function.
                    Some(message) => Box::pin(self.take(message?)).await?,
                    None => return Err(End::Gone),
                },
                admitted = Waiting::admitted(&mut self.waiting), if self.waiting.is_some() => {
                    let (call, place) = admitted;
                    self.begin(call, place).await?;
                }
                Some((id, sent)) = self.running.next(), if !self.running.is_empty() => {
                    if sent.is_last() {
                        // A client that has received it may reuse the id immediately.
                        self.running.remove(&id);
                    }
                    self.send_all(sent.messages(&id)).await?;
                }
                end = &mut self.login_end => {
                    return Err(match end {
                        LoginEnd::Expired => Close::EXPIRED,
                        LoginEnd::Revoked => Close::REVOKED,
                    }.into());
                }
                () = &mut init_timeout, if !self.is_acknowledged => {
                    return Err(Close::INIT_TIMEOUT.into());
                }
                _ = pings.tick() => self.ping().await?,
                () = &mut stopping => return Err(Close::GOING_AWAY.into()),
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        self.is_alive = true;
        match message {
            Message::Text(text) => self.answer(FromClient::read(&text)?).await,
            Message::Binary(_) => Err(Close::invalid("it is not a text frame").into()),
            // tungstenite answers pings itself, and joins frames to messages.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
            Message::Close(_) => {
                // tungstenite has queued the reply, which still has to be flushed.
                let _ = self.socket.flush().await;
                Err(End::Gone)
            }
        }
    }

    async fn answer(&mut self, message: FromClient) -> Result<(), End> {
        match message {
            FromClient::Init(payload) => self.init(&payload).await,
            FromClient::Ping(payload) => self.send(message::pong(payload)).await,
            FromClient::Pong => Ok(()),
            FromClient::Subscribe(id, call) => self.subscribe(id, *call).await,
            FromClient::Complete(id) => {
                self.running.remove(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: &Map<String, Value>) -> Result<(), End> {
        if self.is_acknowledged {
            return Err(Close::INIT_TWICE.into());
        }
        if let Some(authorization) = authorization(payload) {
            let token = authorization.as_str().and_then(bearer);
            let token = token.ok_or(Close::FORBIDDEN)?;
            let engine = self.state.engine.clone();
            let login = engine.login(token).await.map_err(|error| match error {
                TokenError::Invalid => Close::FORBIDDEN,
                _ => Close::LATER,
            })?;
            let viewer = login.viewer().ok_or(Close::REVOKED)?.user().id;
            self.place.sign_in(viewer).map_err(|_| {
                Shed::Streams.count();
                Close::TOO_MANY
            })?;
            self.login = Some(login.clone());
            self.login_end = Box::pin(async move {
                let mut login = login;
                engine.login_ended(Some(&mut login)).await
            });
        }
        self.is_acknowledged = true;
        self.send(message::acknowledged()).await
    }

    async fn subscribe(&mut self, id: String, call: Call) -> Result<(), End> {
        if !self.is_acknowledged {
            return Err(Close::UNAUTHORIZED.into());
        }
        self.is_used = true;
        if self.running.contains_key(&id) {
            return Err(Close::duplicate(&id).into());
        }
        let limit = self.state.live.max_operations;
        if self.running.len() >= limit as usize {
            let rejected = Rejection::TooManyOperations(limit).answer();
            let message = message::error(&id, &rejected.response.errors);
            return self.send(message).await;
        }
        let state = self.state.clone();
        let party = match self.viewer()? {
            Some(viewer) => viewer.party(),
            None => Party::Address(Some(self.address)),
        };
        self.waiting = Some(Waiting {
            id,
            admitted: Box::pin(async move {
                let is_subscription = || state.engine.is_subscription(&call);
                let max_wait = state.request_timeout;
                let entering = state
                    .admission
                    .enter_patiently(party, max_wait, is_subscription);
                let place = entering.await;
                (call, place)
            }),
        });
        Ok(())
    }

    /// Runs the operation that was waiting for admission.
    async fn begin(&mut self, call: Call, place: Result<Place, Rejection>) -> Result<(), End> {
        let Some(Waiting { id, .. }) = self.waiting.take() else {
            return Ok(());
        };
        let place = match place {
            Ok(place) => place,
            Err(rejection) => {
                let message = message::error(&id, &rejection.answer().response.errors);
                return self.send(message).await;
            }
        };
        let caller = Caller {
            viewer: self.viewer()?,
            address: Some(self.address),
            place,
        };
        let running = running::run(self.state.clone(), call, caller, self.login.clone());
        self.running.insert(id, running);
        Ok(())
    }

    /// The user of the connection as stored right now.
    fn viewer(&self) -> Result<Option<Viewer>, Close> {
        match &self.login {
            Some(login) => Ok(Some(login.viewer().ok_or(Close::REVOKED)?)),
            None => Ok(None),
        }
    }

    /// Sends a message.
    async fn send(&mut self, message: Text) -> Result<(), End> {
        self.send_all([message]).await
    }

    /// Sends several messages with one flush.
    async fn send_all(&mut self, messages: impl IntoIterator<Item = Text>) -> Result<(), End> {
        for message in messages {
            for frame in message.frames() {
                // This waits while more than one frame is buffered.
                self.socket.feed(frame).await?;
            }
        }
        Ok(self.socket.flush().await?)
    }

    /// Sends a ping of the subprotocol and a ping frame. The first keeps proxies from closing an
    /// idle connection, the second is answered by every WebSocket library.
    async fn ping(&mut self) -> Result<(), End> {
        if !std::mem::take(&mut self.is_alive) {
            return Err(Close::SILENT.into());
        }
        // Anonymous clients cannot subscribe, so there is nothing to keep the connection for.
        if !std::mem::take(&mut self.is_used) && self.login.is_none() && self.running.is_empty() {
            return Err(Close::IDLE.into());
        }
        self.socket.feed(Message::Ping(Bytes::new())).await?;
        let of_protocol = self.is_acknowledged.then(message::ping);
        self.send_all(of_protocol).await
    }
}

fn pings(every: std::time::Duration) -> Interval {
    let mut pings = interval_at(Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// The value of `Authorization` in the payload of `connection_init`, in any case.
fn authorization(payload: &Map<String, Value>) -> Option<&Value> {
    let mut entries = payload.iter();
    let found = entries.find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    found.map(|(_, value)| value).filter(|it| !it.is_null())
}
