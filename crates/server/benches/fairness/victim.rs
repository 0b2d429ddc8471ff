//! Somebody in another workspace who sends light requests at a steady rate, and the probes of an
//! operator.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use http_body_util::Full;
use hyper::{Request, StatusCode, body::Bytes, header};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::{
    task::{AbortHandle, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    client::{self, Http, Post},
    data::Data,
    samples::{Ended, Samples},
    socket::Socket,
};

/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time between two queries. Each kind of request has its own.
const QUERY_INTERVAL: Duration = Duration::from_millis(25);
const MUTATION_INTERVAL: Duration = Duration::from_millis(100);
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// The address of the operator.
const OPERATOR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

const QUERY: &str = "{ viewer { id } meetings(first: 5) { nodes { title } } }";

const MUTATION: &str = "mutation ($input: TaskCreateInput!) {
    taskCreate(input: $input) { task { id } userErrors { message } }
}";

const SUBSCRIPTION: &str = "subscription ($id: ID!) {
    taskChanged(meetingId: $id) { task { title } }
}";

/// When each event arrived, by the number of its task.
type Arrivals = Arc<Mutex<HashMap<u32, Instant>>>;

/// The victim of an attack.
pub struct Victim {
    server: SocketAddr,
    data: Arc<Data>,
    query: Bytes,
    /// Connections that are kept between requests.
    kept: Mutex<Vec<Http>>,
    created: AtomicU32,
    arrivals: Arrivals,
    subscriber: AbortHandle,
}

/// How the requests of the victim were answered.
#[derive(Default)]
pub struct Watched {
    /// Queries.
    pub queries: Samples,
    /// Mutations.
    pub mutations: Samples,
    /// The events of these mutations, from the moment at which each was sent.
    pub events: Samples,
    /// Probes of `/health/live`.
    pub probes: Samples,
}

enum Sample {
    Query(Ended),
    Mutation(u32, Instant, Ended),
    Probe(Ended),
}

impl Victim {
    /// Connects and subscribes to tasks.
    ///
    /// # Errors
    ///
    /// Fails if the subscription does not begin.
    pub async fn start(server: SocketAddr, data: Arc<Data>) -> Result<Arc<Self>, Failed> {
        let victim = &data.victim;
        let mut socket = Socket::open(server, victim.from, Some(&victim.token)).await?;
        let variables = json!({"id": data.victims_meeting});
        socket.subscribe("1", SUBSCRIPTION, &variables).await?;
        let arrivals = Arrivals::default();
        let subscriber = tokio::spawn(follow(socket, Arc::clone(&arrivals))).abort_handle();
        // The protocol does not say when a subscription has begun.
        sleep(Duration::from_millis(200)).await;
        Ok(Arc::new(Self {
            server,
            query: client::body(QUERY, &json!({})),
            data,
            kept: Mutex::default(),
            created: AtomicU32::default(),
            arrivals,
            subscriber,
        }))
    }

    /// Sends requests for some time, and waits for the last answers. A slow answer does not delay
    /// the next request.
    pub async fn watch(self: Arc<Self>, time: Duration) -> Watched {
        let [mut queries, mut mutations, mut probes] =
            [QUERY_INTERVAL, MUTATION_INTERVAL, PROBE_INTERVAL].map(|period| {
                let mut interval = interval(period);
                interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
                interval
            });
        let mut sent = JoinSet::new();
        let end = sleep(time);
        tokio::pin!(end);
        let mut fresh = false;
        loop {
            let this = Arc::clone(&self);
            tokio::select! {
                () = &mut end => break,
                _ = queries.tick() => {
                    fresh = !fresh;
                    sent.spawn(async move { Sample::Query(this.query(fresh).await) });
                }
                _ = mutations.tick() => {
                    sent.spawn(async move { this.mutate().await });
                }
                _ = probes.tick() => {
                    sent.spawn(async move { Sample::Probe(this.probe().await) });
                }
            }
        }
        let mut watched = Watched::default();
        let mut created = Vec::new();
        for sample in sent.join_all().await {
            match sample {
                Sample::Query(ended) => watched.queries.add(ended),
                Sample::Probe(ended) => watched.probes.add(ended),
                Sample::Mutation(number, began, ended) => {
                    if matches!(ended, Ended::Answered(_)) {
                        created.push((number, began));
                    }
                    watched.mutations.add(ended);
                }
            }
        }
        self.events(created, &mut watched.events).await;
        watched
    }

    /// Sends one query, over a new connection or over one that was kept.
    pub async fn query(&self, fresh: bool) -> Ended {
        let request = client::post(Some(&self.data.victim.token), self.query.clone());
        self.ask(request, fresh).await
    }

    async fn mutate(&self) -> Sample {
        let number = self.created.fetch_add(1, Ordering::Relaxed);
        let input = json!({"meetingId": self.data.victims_meeting, "title": number.to_string()});
        let body = client::body(MUTATION, &json!({"input": input}));
        let request = client::post(Some(&self.data.victim.token), body);
        let began = Instant::now();
        Sample::Mutation(
            number,
            began,
            self.ask(request, number.is_multiple_of(2)).await,
        )
    }

    async fn ask(&self, request: Post, fresh: bool) -> Ended {
        let began = Instant::now();
        let kept = if fresh { None } else { self.lock().pop() };
        let exchange = async {
            let mut http = match kept {
                Some(http) => http,
                None => Http::connect(self.server, self.data.victim.from).await?,
            };
            let answer = http.ask(request).await?;
            Ok::<_, Failed>((http, answer))
        };
        let (http, answer) = match timeout(PATIENCE, exchange).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => {
                return Ended::Failed(error.message().unwrap_or_default().to_owned());
            }
            Err(_) => return Ended::Failed(format!("no answer within {PATIENCE:?}")),
        };
        let latency = began.elapsed();
        if !fresh {
            self.lock().push(http);
        }
        let start = String::from_utf8_lossy(&answer.start);
        let status = answer.status;
        let wrong = start.contains(r#""errors":"#) || start.contains(r#""userErrors":[{"#);
        if status == StatusCode::OK && !wrong {
            return Ended::Answered(latency);
        }
        let fault = format!("{} {start:.200}", status.as_u16());
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                Ended::Refused(fault)
            }
            _ => Ended::Failed(fault),
        }
    }

    async fn probe(&self) -> Ended {
        let began = Instant::now();
        let exchange = async {
            let request = Request::get("http://mina.test/health/live")
                .header(header::HOST, "mina.test")
                .body(Full::default())?;
            Http::connect(self.server, OPERATOR)
                .await?
                .ask(request)
                .await
        };
        match timeout(PATIENCE, exchange).await {
            Ok(Ok(answer)) if answer.status == StatusCode::OK => Ended::Answered(began.elapsed()),
            Ok(Ok(answer)) => Ended::Failed(format!("the probe: {}", answer.status)),
            Ok(Err(error)) => {
                let message = error.message().unwrap_or_default();
                Ended::Failed(format!("the probe: {message}"))
            }
            Err(_) => Ended::Failed(format!("the probe: no answer within {PATIENCE:?}")),
        }
    }

    /// Collects the events of mutations, and waits for those that have not arrived.
    async fn events(&self, created: Vec<(u32, Instant)>, events: &mut Samples) {
        let deadline = Instant::now() + PATIENCE;
        for (number, began) in created {
            let ended = loop {
                let arrived = {
                    let arrivals = self.arrivals.lock();
                    let arrivals = arrivals.unwrap_or_else(PoisonError::into_inner);
                    arrivals.get(&number).copied()
                };
                if let Some(arrived) = arrived {
                    break Ended::Answered(arrived.saturating_duration_since(began));
                }
                if Instant::now() > deadline {
                    break Ended::Failed(format!("no event within {PATIENCE:?}"));
                }
                sleep(Duration::from_millis(5)).await;
            };
            events.add(ended);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Http>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.subscriber.abort();
    }
}

/// Notes when each event arrives, until the connection breaks.
async fn follow(mut socket: Socket, arrivals: Arrivals) {
    while let Ok(text) = socket.text().await {
        let arrived = Instant::now();
        let message: Value = serde_json::from_str(&text).unwrap_or_default();
        let title = &message["payload"]["data"]["taskChanged"]["task"]["title"];
        if let Some(number) = title.as_str().and_then(|title| title.parse().ok()) {
            let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            arrivals.entry(number).or_insert(arrived);
        }
    }
}
