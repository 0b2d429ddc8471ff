//! Two nodes behind `HAProxy`, on PostgreSQL with a streaming replica: what is acknowledged is not lost,
//! whatever is killed.

mod limits;
mod machines;
mod writers;

use std::time::Duration;

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::time::{sleep, timeout};

use self::{
    machines::{Proxy, Replica},
    writers::Writers,
};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    postgres::{OwnServer, free_port},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_own_postgres(no_acknowledged_write_is_lost);
    suite.last_needs(Proxy::find().is_some());
    limits::list(suite);
}

/// How long everything may take to be well again.
const PATIENCE: Duration = Duration::from_mins(1);

/// A node of the estate, which is always at the same address.
struct Node {
    address: String,
    health: u16,
}

impl Node {
    fn new() -> Self {
        Self {
            address: format!("127.0.0.1:{}", free_port()),
            health: free_port(),
        }
    }

    fn start(&self, database: &TestDatabase) -> Result<Server, Failed> {
        let health = format!("127.0.0.1:{}", self.health);
        Server::start_with(
            database,
            &[
                "--listen",
                &self.address,
                "--metrics-listen",
                &health,
                "--client-address-header",
                "X-Forwarded-For",
            ],
        )
    }
}

/// A node, the replica and the connections of the primary are killed while people write. Each write
/// that was acknowledged is there once, and everybody could go on.
async fn no_acknowledged_write_is_lost(database: &TestDatabase, primary: &OwnServer) -> Outcome {
    let world = World::start(database).await?;
    let replica = Replica::start(primary)?;
    let nodes = [Node::new(), Node::new()];
    let mut first = nodes[0].start(database)?;
    let mut second = nodes[1].start(database)?;
    let proxy = Proxy::start(
        [&nodes[0].address, &nodes[1].address],
        [nodes[0].health, nodes[1].health],
    )
    .await?;
    let token = world.server.sign_in("olga").await?;
    let writers = Writers::start(&proxy.url("/graphql"), &token);
    writers.go_on("before anything is killed").await?;

    first.kill()?;
    writers.go_on("without the first node").await?;
    first = nodes[0].start(database)?;
    writers.go_on("with the first node again").await?;

    replica.kill()?;
    writers.go_on("without the replica").await?;
    replica.start_again()?;

    for round in 0..3 {
        let ended = end_connections(database).await?;
        assert!(ended > 0, "no connections were ended");
        writers
            .go_on(&format!("without connections, {round}"))
            .await?;
    }

    second.signal("TERM")?;
    writers.go_on("while the second node stops").await?;
    assert!(second.ended().await?.success());
    second = nodes[1].start(database)?;
    writers.go_on("with both nodes again").await?;

    // The proxy needs a moment to find that a node is back.
    let used_again = async {
        let is_used = |node: &Server| node.log_lines_with("answered").len() > 10;
        while !is_used(&first) || !is_used(&second) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let used_again = timeout(PATIENCE, used_again).await;
    used_again.map_err(|_| "a node was not used again")?;

    let report = writers.stop().await?;
    let mut stored = titles(database.connection()).await?;
    stored.sort_unstable();
    let mut acknowledged = report.acknowledged;
    acknowledged.sort_unstable();
    let lost = acknowledged.iter().filter(|it| !stored.contains(it));
    let lost: Vec<_> = lost.collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    assert_eq!(
        stored, acknowledged,
        "something was written twice, or for nobody"
    );
    assert!(
        report.failed > 0,
        "nobody noticed anything, so nothing was tested"
    );
    // The replica has been a crash behind, and has all of it in the end.
    let copy = replica.connect(database).await?;
    let caught_up = async {
        while titles(&copy).await?.len() < stored.len() {
            sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Failed>(())
    };
    timeout(PATIENCE, caught_up)
        .await
        .map_err(|_| "the replica does not catch up")??;
    copy.close().await?;
    Ok(())
}

/// Ends all connections of nodes to the primary, and returns how many there were.
async fn end_connections(database: &TestDatabase) -> Result<usize, Failed> {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'mina' AND datname = current_database()";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    Ok(database.connection().query_all_raw(statement).await?.len())
}

/// The titles of all meetings.
async fn titles(connection: &impl ConnectionTrait) -> Result<Vec<String>, Failed> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT title FROM meeting");
    let rows = connection.query_all_raw(statement).await?;
    let titles = rows.iter().map(|row| row.try_get("", "title"));
    Ok(titles.collect::<Result<_, _>>()?)
}
