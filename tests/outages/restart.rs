//! PostgreSQL is stopped and started again while clients write and read.

use std::time::Duration;

use libtest_mimic::Failed;
use reqwest::StatusCode;

use super::{ada, load::Load};
use crate::support::{
    Outcome,
    database::TestDatabase,
    postgres::{OwnServer, Stop},
    server::Server,
};

/// How long a client may wait for an answer. It is less than the time in which a connection must be
/// had, 10 s: where nobody listens, nobody is waited for.
const BOUND: Duration = Duration::from_secs(5);

/// Each answer is right or UNAVAILABLE, and comes soon. What was acknowledged outlives a crash.
pub async fn restarts(database: &TestDatabase, postgres: &OwnServer) -> Outcome {
    ada(database).await?;
    let server = Server::start(database)?;
    let load = Load::new(&server, server.sign_in("ada").await?);
    let restarts = async {
        for how in [Stop::Immediate, Stop::Fast] {
            load.serves(40).await?;
            postgres.stop(how).await?;
            load.refuses(16).await?;
            assert_eq!(readiness(&server).await?, StatusCode::SERVICE_UNAVAILABLE);
            postgres.start_again().await?;
            load.serves(40).await?;
            assert_eq!(readiness(&server).await?, StatusCode::OK);
        }
        // Back so soon that the server's connections of before still count as fresh.
        postgres.stop(Stop::Fast).await?;
        postgres.start_again().await?;
        load.serves(40).await
    };
    load.during(restarts).await?;
    assert!(load.slowest() < BOUND, "{:?}", load.slowest());
    load.assert_kept(database.connection()).await
}

async fn readiness(server: &Server) -> Result<StatusCode, Failed> {
    Ok(reqwest::get(server.url("/health/ready")).await?.status())
}
