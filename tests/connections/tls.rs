//! HTTPS, and HTTP/2 with and without it.

use std::{fs, path::Path, process::Command};

use axum::body::{Body, to_bytes};
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use libtest_mimic::Failed;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::rustls::pki_types::ServerName;

use super::raw;
use crate::support::{
    Outcome, database::TestDatabase, identity::Identity, server::Server, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(https);
    suite.on_both_databases(http2_in_the_clear);
    suite.on_both_databases(renewed_certificate);
    suite.without_database(unusable_certificates);
}

/// HTTP/2 where the client can, HTTP/1.1 otherwise; and who speaks no TLS at all disturbs nobody.
async fn https(database: &TestDatabase) -> Outcome {
    let identity = Identity::make()?;
    let server = Server::start_with(database, &identity.flags())?;
    server.log_line_with("listening on https://")?;
    let mut plain = raw::send(&server, raw::READY).await?;
    let answer = raw::rest(&mut plain).await.unwrap_or_default();
    assert!(!answer.contains("HTTP"), "{answer}");
    for (protocols, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let stream = TcpStream::connect(server.address()).await?;
        let name = ServerName::try_from("localhost")?;
        let stream = identity.connector(protocols)?.connect(name, stream).await?;
        let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(
            chosen.as_deref(),
            protocols.first().map(|name| name.as_bytes())
        );
        let response = ask(stream, version).await?;
        assert_eq!(
            response.headers()["strict-transport-security"],
            "max-age=31536000"
        );
        assert_is_answer(response, version).await?;
    }
    Ok(())
}

/// A certificate that is renewed is shown to new connections, and one that cannot be used is not.
async fn renewed_certificate(database: &TestDatabase) -> Outcome {
    let identity = Identity::make()?;
    let renewed = Identity::make()?;
    let server = Server::start_with(database, &identity.flags())?;
    let connect = async |identity: &Identity| {
        let stream = TcpStream::connect(server.address()).await?;
        let name = ServerName::try_from("localhost")?;
        let connected = identity.connector(&[])?.connect(name, stream).await;
        Ok::<_, Failed>(connected.is_ok())
    };
    assert!(connect(&identity).await?);
    assert!(!connect(&renewed).await?);

    let first = fs::read(&identity.certificate)?;
    fs::copy(&renewed.certificate, &identity.certificate)?;
    server.signal("HUP")?;
    server.log_line_with("the server goes on with what it has")?;
    fs::copy(&renewed.key, &identity.key)?;
    server.signal("HUP")?;
    server.log_line_with("the certificate has changed")?;
    assert!(connect(&renewed).await?);
    fs::write(&identity.certificate, &first)?;
    assert!(!connect(&identity).await?);
    Ok(())
}

/// A proxy may speak HTTP/2 to the server.
async fn http2_in_the_clear(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let stream = TcpStream::connect(server.address()).await?;
    assert_is_answer(ask(stream, Version::HTTP_2).await?, Version::HTTP_2).await
}

/// Unusable certificates and keys are reported before the server starts.
async fn unusable_certificates() -> Outcome {
    let ours = Identity::make()?;
    let other = Identity::make()?;
    let in_directory = |name: &str| ours.folder().join(name).display().to_string();
    let missing = in_directory("missing.pem");
    let damaged = in_directory("damaged.pem");
    fs::write(
        &damaged,
        "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n",
    )?;
    for (certificate, key, words) in [
        (
            &missing,
            &ours.key,
            format!("cannot read tls_certificate {missing}: "),
        ),
        (
            &ours.certificate,
            &missing,
            format!("cannot read tls_key {missing}: "),
        ),
        (
            &damaged,
            &ours.key,
            format!("cannot read tls_certificate {damaged}: "),
        ),
        (
            &ours.key,
            &ours.key,
            format!("tls_certificate {} holds no certificate", ours.key),
        ),
        (
            &ours.certificate,
            &ours.certificate,
            format!("tls_key {} holds no private key", ours.certificate),
        ),
        (
            &ours.certificate,
            &other.key,
            format!(
                "the key in {} does not belong to the certificate in {}",
                other.key, ours.certificate
            ),
        ),
    ] {
        let said = start(&["--tls-certificate", certificate, "--tls-key", key])?;
        assert!(said.starts_with("error: "), "{said}");
        assert!(said.contains(&words), "{words} in {said}");
    }
    let said = start(&["--tls-certificate", &ours.certificate])?;
    assert!(said.contains("--tls-key"), "{said}");
    let said = start(&["--tls-key", &ours.key])?;
    assert!(said.contains("--tls-certificate"), "{said}");
    Ok(())
}

/// The error output of a server that must not start. Its database does not exist, so that it never
/// does.
fn start(flags: &[&str]) -> Result<String, Failed> {
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no database");
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(["--database-url", &format!("sqlite:{}", missing.display())])
        .args(flags)
        .env_clear()
        .env("MINA_TOKEN_SECRET", "s".repeat(32))
        .output()?;
    assert!(!output.status.success());
    Ok(String::from_utf8(output.stderr)?)
}

/// The answer to one query, over a connection that is used for nothing else.
async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    version: Version,
) -> Result<hyper::Response<hyper::body::Incoming>, Failed> {
    let io = TokioIo::new(stream);
    let request = Request::post("https://localhost/graphql")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"query": "{ __typename }"}"#))?;
    if version == Version::HTTP_2 {
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
        tokio::spawn(connection);
        Ok(client.send_request(request).await?)
    } else {
        let (mut client, connection) = hyper::client::conn::http1::handshake(io).await?;
        tokio::spawn(connection);
        Ok(client.send_request(request).await?)
    }
}

async fn assert_is_answer(
    response: hyper::Response<hyper::body::Incoming>,
    version: Version,
) -> Outcome {
    assert_eq!(response.version(), version);
    assert_eq!(response.status(), StatusCode::OK);
    let body = to_bytes(Body::new(response.into_body()), 1024).await?;
    assert_eq!(body, r#"{"data":{"__typename":"Query"}}"#);
    Ok(())
}
