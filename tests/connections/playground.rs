//! The playground: the page, its files, and how it is turned off.

use reqwest::{Client, Response, StatusCode};

use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(page);
    suite.on_both_databases(files);
    suite.on_both_databases(switch);
}

/// The page allows only what carries its nonce, and each response has a nonce of its own.
async fn page(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let response = get(&server, "/", "gzip").await?;
        let policy = header(&response, "content-security-policy");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next());
        let nonce = nonce.ok_or("the policy has no nonce")?.to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        assert_eq!(header(&response, "cache-control"), "no-store");
        for forbidden in ["unsafe", "http", "*"] {
            assert!(!policy.contains(forbidden), "{policy}");
        }
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    // Only a demo says whom the page may sign in as.
    let html = get(&server, "/", "identity").await?.text().await?;
    assert!(html.contains("data-demo=\"\""), "{html}");
    Ok(())
}

/// Browsers keep the files of the page, and get them compressed if they can read that.
async fn files(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let html = get(&server, "/", "identity").await?.text().await?;
    let names: Vec<&str> = html
        .split("\"./")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(names.len() >= 2, "{html}");
    for name in names {
        let compressed = get(&server, &format!("/{name}"), "gzip, br").await?;
        assert_eq!(compressed.status(), StatusCode::OK, "{name}");
        assert_eq!(header(&compressed, "content-encoding"), "gzip");
        assert_eq!(header(&compressed, "vary"), "accept-encoding");
        assert_eq!(
            header(&compressed, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        let plain = get(&server, &format!("/{name}"), "identity").await?;
        assert_eq!(header(&plain, "content-encoding"), "");
        assert_eq!(
            header(&plain, "content-type"),
            header(&compressed, "content-type")
        );
        assert!(plain.bytes().await?.len() > compressed.bytes().await?.len());
    }
    Ok(())
}

/// The page can be the plain one, or none.
async fn switch(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--playground", "plain"])?;
    let html = get(&server, "/", "identity").await?.text().await?;
    assert!(html.contains("This is the plain page"), "{html}");

    let server = Server::start_with(database, &["--playground", "off"])?;
    let response = get(&server, "/", "identity").await?;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    Ok(())
}

async fn get(server: &Server, path: &str, encoding: &str) -> reqwest::Result<Response> {
    let request = Client::new().get(server.url(path));
    request.header("accept-encoding", encoding).send().await
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}
