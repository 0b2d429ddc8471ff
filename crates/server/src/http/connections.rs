//! Accepts connections, no more than are allowed, and closes each of them in an orderly way.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
    serve::Listener,
};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    select,
    sync::watch,
    time::timeout,
};
use tower::ServiceExt;
use tracing::{debug, warn};

use super::{
    in_flight::{InFlight, RequestBody},
    patience::{Patient, StreamTasks},
    response_body::ResponseBody,
    shutdown::Draining,
    socket::Socket,
    table::{Connection, ConnectionTable},
    tls::Certificate,
};

/// How long a client may take for the TLS handshake, to send the head of a request, to read a
/// response, and between two requests. The idle timeout of a proxy must be shorter, so that it never
/// sends a request on a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes in the head of a request. A connection that sends as many needs a buffer of this
/// size.
const MAX_HEAD_SIZE: usize = 64 * 1024;

/// The most requests in flight on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;

/// The most bytes that an HTTP/2 stream may queue for its client.
const MAX_SEND_BUFFER: usize = 64 * 1024;

/// The connections of a server.
#[derive(Clone)]
pub struct Connections(Arc<Shared>);

struct Shared {
    router: Router,
    tls: Option<Certificate>,
    http: Builder<StreamTasks>,
    idle_timeout: Duration,
    table: ConnectionTable,
    requests: Arc<AtomicUsize>,
    draining: Draining,
}

impl Connections {
    /// A server without connections yet.
    pub fn new(
        router: Router,
        tls: Option<Certificate>,
        table: ConnectionTable,
        draining: Draining,
    ) -> Self {
        Self::with_idle_timeout(router, tls, table, draining, IDLE_TIMEOUT)
    }

    fn with_idle_timeout(
        router: Router,
        tls: Option<Certificate>,
        table: ConnectionTable,
        draining: Draining,
        idle_timeout: Duration,
    ) -> Self {
        let mut http = Builder::new(StreamTasks);
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(idle_timeout)
            .max_buf_size(MAX_HEAD_SIZE);
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(u32::try_from(MAX_HEAD_SIZE).unwrap_or(u32::MAX))
            .max_send_buf_size(MAX_SEND_BUFFER)
            .keep_alive_interval(idle_timeout)
            .keep_alive_timeout(idle_timeout);
        Self(Arc::new(Shared {
            router,
            tls,
            http,
            idle_timeout,
            table,
            requests: Arc::default(),
            draining,
        }))
    }

    /// Accepts connections forever. Those beyond the limit wait, most of them in the queue of the
    /// operating system, and so do all of them while no file descriptors are left.
    pub async fn accept(self, mut listener: TcpListener) -> Infallible {
        loop {
            let (stream, peer) = Listener::accept(&mut listener).await;
            let Some(place) = self.0.table.enter(peer.ip()).await else {
                continue;
            };
            // Small responses must not be delayed in the kernel until there is more to send.
            if let Err(error) = stream.set_nodelay(true) {
                warn!(%error, "cannot set TCP_NODELAY");
            }
            let connection = place.connection();
            let socket = Socket::new(stream, self.0.idle_timeout, place);
            let shared = Arc::clone(&self.0);
            tokio::spawn(async move {
                shared.serve(socket, peer, &connection).await;
                connection.leave_http();
            });
        }
    }

    /// Waits until all connections are closed, including those that have become a WebSocket.
    pub async fn closed(&self) {
        self.0.table.closed().await;
    }

    /// The number of open connections.
    pub fn open(&self) -> usize {
        self.0.table.open()
    }

    /// The number of requests whose responses are not complete yet.
    pub fn requests_in_flight(&self) -> usize {
        self.0.requests.load(Ordering::Relaxed)
    }
}

impl Shared {
    async fn serve(
        &self,
        socket: Socket<TcpStream>,
        peer: SocketAddr,
        connection: &Arc<Connection>,
    ) {
        let Some(tls) = &self.tls else {
            return self.answer(socket, peer, connection).await;
        };
        let handshake = timeout(self.idle_timeout, tls.acceptor().accept(socket));
        select! {
            outcome = handshake => match outcome {
                Ok(Ok(stream)) => self.answer(stream, peer, connection).await,
                Ok(Err(error)) => debug!(%error, %peer, "TLS handshake failed"),
                Err(_) => debug!(%peer, "TLS handshake timed out"),
            },
            () = self.draining.stopping() => {}
            () = connection.must_end() => {}
        }
    }

    /// Answers the requests on one connection until either side closes it.
    async fn answer(
        &self,
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        connection: &Arc<Connection>,
    ) {
        let activity = &connection.activity;
        let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            let in_flight = Arc::new(InFlight::new(activity, &self.requests));
            let body = |body| Body::new(RequestBody::new(Body::new(body), Arc::clone(&in_flight)));
            let mut request: Request = request.map(body);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = self.router.clone().oneshot(request);
            let time_limit = self.idle_timeout;
            async move {
                let response: Response = answer.await?;
                let body = |body| Body::new(ResponseBody::new(body, in_flight, time_limit));
                Ok::<_, Infallible>(response.map(body))
            }
        });
        let http = self
            .http
            .serve_connection_with_upgrades(TokioIo::new(io), service);
        let mut http = Patient::new(http);
        let ended = select! {
            ended = &mut http => Some(ended),
            () = self.draining.stopping() => None,
            () = idle(activity.requests(), self.idle_timeout) => None,
            () = connection.must_end() => return,
        };
        let ended = if let Some(ended) = ended {
            ended
        } else {
            http.inner().graceful_shutdown();
            select! {
                ended = &mut http => ended,
                // A client that does not close its side, or does not read the last bytes.
                () = idle(activity.requests(), self.idle_timeout) => return,
                () = connection.must_end() => return,
            }
        };
        match ended {
            Some(Ok(())) => {}
            Some(Err(error)) => debug!(%error, %peer, "connection ended"),
            None => debug!(%peer, "connection ended: the client does not read"),
        }
    }
}

/// Waits until no request has been in flight for this long.
///
/// hyper's timeout for the head of a request applies only to HTTP/1, and begins only when the client
/// has shown which version it uses. This one applies to every connection.
async fn idle(mut in_flight: watch::Receiver<usize>, idle_timeout: Duration) {
    loop {
        let none = *in_flight.borrow_and_update() == 0;
        let changed = if none {
            match timeout(idle_timeout, in_flight.changed()).await {
                Ok(changed) => changed,
                Err(_) => return,
            }
        } else {
            in_flight.changed().await
        };
        if changed.is_err() {
            // The counter is gone, so the connection has ended by itself.
            return std::future::pending().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, future::Future};

    use axum::routing::get;
    use http_body_util::BodyExt;
    use hyper_util::rt::TokioExecutor;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::{Instant, sleep},
    };

    use super::*;

    const IDLE_TIMEOUT: Duration = Duration::from_millis(100);

    /// The length of a response that fits in no socket buffer.
    const HUGE: usize = 64 * 1024 * 1024;

    async fn slow() -> &'static str {
        sleep(4 * IDLE_TIMEOUT).await;
        "in the end"
    }

    async fn start(tls: Option<Certificate>) -> (Connections, SocketAddr) {
        let router = Router::new()
            .route("/", get(async || "at once"))
            .route("/slow", get(slow))
            .route("/huge", get(async || vec![0; HUGE]));
        let table = ConnectionTable::new(10, 0);
        let connections =
            Connections::with_idle_timeout(router, tls, table, Draining::default(), IDLE_TIMEOUT);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(connections.clone().accept(listener));
        (connections, address)
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// What is received until the server closes the connection, which it must do.
    async fn until_closed(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        soon(stream.read_to_end(&mut bytes)).await.unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until so many connections are open.
    async fn until_open(connections: &Connections, count: usize) {
        while connections.open() != count {
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn soon<T>(future: impl Future<Output = T>) -> T {
        let waiting = timeout(Duration::from_secs(20), future);
        waiting.await.expect("timed out")
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed() {
        let (connections, address) = start(None).await;
        for text in ["", "G", "GET / HTTP/1.1\r\nhost: m"] {
            assert_eq!(until_closed(send(address, text).await).await, "", "{text}");
        }
        let request = "GET / HTTP/1.1\r\nhost: mina\r\n\r\n";
        let answer = until_closed(send(address, request).await).await;
        assert!(answer.ends_with("at once"), "{answer}");
        // The HTTP/2 preface and empty settings, and nothing after that.
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        assert_ne!(until_closed(send(address, preface).await).await, "");
        soon(until_open(&connections, 0)).await;
    }

    #[tokio::test]
    async fn a_slow_request_is_answered() {
        let (_, address) = start(None).await;
        let request = "GET /slow HTTP/1.1\r\nhost: mina\r\n\r\n";
        let answer = until_closed(send(address, request).await).await;
        assert!(answer.ends_with("in the end"), "{answer}");
        // The connection can be used again.
        assert!(!answer.contains("connection: close"), "{answer}");
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_cut_off() {
        let (connections, address) = start(None).await;
        let stream = send(address, "GET /huge HTTP/1.1\r\nhost: mina\r\n\r\n").await;
        soon(until_open(&connections, 1)).await;
        soon(until_open(&connections, 0)).await;
        drop(stream);
    }

    #[tokio::test]
    async fn a_stream_that_is_not_read_is_reset_and_its_connection_goes_on() {
        let (connections, address) = start(None).await;
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let mut client = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        // As long as the short response. The long one gets no further without being read.
        client.initial_stream_window_size(7);
        let (mut sender, connection) = client.handshake::<_, Body>(io).await.unwrap();
        tokio::spawn(connection);
        let mut get = |path: &str| {
            let uri = format!("http://mina{path}");
            sender.send_request(Request::get(uri).body(Body::empty()).unwrap())
        };
        let unread = soon(get("/huge")).await.unwrap();
        assert_eq!(connections.requests_in_flight(), 1);
        let begun = Instant::now();
        while connections.requests_in_flight() > 0 {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it is never reset"
            );
            sleep(Duration::from_millis(1)).await;
        }
        assert!(begun.elapsed() > IDLE_TIMEOUT / 2);
        let read = soon(get("/")).await.unwrap();
        let read = soon(read.into_body().collect()).await.unwrap();
        assert_eq!(read.to_bytes(), "at once");
        assert!(soon(unread.into_body().collect()).await.is_err());
    }

    #[tokio::test]
    async fn a_connection_that_waits_makes_room() {
        let (connections, address) = start(None).await;
        let request = "GET /slow HTTP/1.1\r\nhost: mina\r\n\r\n";
        let slow = send(address, request).await;
        while connections.requests_in_flight() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let mut silent = Vec::new();
        for _ in 0..40 {
            silent.push(send(address, "").await);
        }
        let answer = until_closed(send(address, "GET / HTTP/1.0\r\n\r\n").await).await;
        assert!(answer.ends_with("at once"), "{answer}");
        let answer = until_closed(slow).await;
        assert!(answer.ends_with("in the end"), "{answer}");
    }

    #[tokio::test]
    async fn a_slow_handshake_is_cut_off() {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = directory.path().join("certificate.pem");
        let key = directory.path().join("key.pem");
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let (_, address) = start(Some(Certificate::read(certificate, key).unwrap())).await;
        // The first bytes of a handshake.
        assert_eq!(until_closed(send(address, "\x16\x03\x01").await).await, "");
    }
}
