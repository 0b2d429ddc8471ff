//! Documents that are kept, named by their hashes, or trusted.

use std::fs;

use libtest_mimic::Failed;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{GRAPHQL, Reply, ask, post};
use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(kept);
    suite.on_both_databases(long_mistakes);
    suite.on_both_databases(persisted);
    suite.on_both_databases(trusted);
    suite.on_both_databases(trusted_alone);
    suite.on_both_databases(untrustworthy);
    suite.on_both_databases(introspection_off);
}

fn hash(text: &str) -> String {
    let digits: Vec<String> = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    digits.concat()
}

fn by_hash(query: Option<&str>, hash: &str) -> Value {
    let mut body = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}});
    if let Some(query) = query {
        body["query"] = query.into();
    }
    body
}

/// A document is answered alike however often it is sent, with its own variables each time.
async fn kept(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--document-cache-size", "2"])?;
    for round in 0..3 {
        for number in 0..5 {
            let document = format!(
                "query Q($name: String!) {{
                a{number}: __type(name: $name) {{ name }} }}"
            );
            let name = if round == 1 { "Query" } else { "Meeting" };
            let body = json!({"query": document, "variables": {"name": name}});
            let reply = Reply::of(post(&server, &body)).await?;
            let key = format!("a{number}");
            assert_eq!(reply.body["data"], json!({key: {"name": name}}));
        }
        let rejected = ask(&server, "{ nothing }").await?;
        assert!(
            rejected.message().contains("Cannot query field"),
            "{rejected:?}"
        );
        let long = format!("{{ __typename }} # {}", "x".repeat(70_000));
        let rejected = ask(&server, &long).await?;
        assert!(
            rejected.message().contains("at most 65536 are allowed"),
            "{rejected:?}"
        );
    }
    Ok(())
}

/// An error shows a little of a document of 60 KB, wherever the mistake is.
async fn long_mistakes(database: &TestDatabase) -> Outcome {
    const LONGEST: usize = 2000;
    let server = Server::start_for_large_documents(database)?;
    let long = "x".repeat(60_000);
    let fields = "meetings { totalCount } ".repeat(2500);
    for (document, expected) in [
        (format!("{{ {long} }}"), "Cannot query field"),
        (
            format!("{{ meetings({long}: 1) {{ totalCount }} }}"),
            "Unknown argument",
        ),
        (format!("query {long} {{ nothing }}"), "Cannot query field"),
        (format!("{{ {long}: nothing }}"), "Cannot query field"),
        (format!("{{ ...{long} }}"), "Unknown fragment"),
        (
            format!("query ($a: {long}) {{ meetings(first: $a) {{ totalCount }} }}"),
            "Unknown type",
        ),
        (format!("{{ {fields} }} }}"), "Syntax error"),
        (
            format!("{{ meetings(where: {{ title: {{ eq: \"{long} }} }} }}"),
            "Syntax error",
        ),
        (
            format!("{{ meetings(where: {{ status: {{ eq: {long} }} }}) {{ totalCount }} }}"),
            "Value ",
        ),
        (
            format!(
                "{{ meetings(where: {{ createdAt: {{ gt: \"{long}\" }} }}) {{ totalCount }} }}"
            ),
            "RFC 3339",
        ),
        (format!("{{ node(id: \"{long}\") {{ id }} }}"), ""),
    ] {
        let reply = ask(&server, &document).await?;
        let text = reply.body.to_string();
        let start: String = document.chars().take(60).collect();
        assert!(text.len() < LONGEST, "{start}: {} bytes", text.len());
        assert!(text.contains(expected), "{start}: {text}");
    }
    let document = "query ($status: MeetingStatus!) { meetings(where: { status: { eq: $status } }) { totalCount } }";
    let body = json!({"query": document, "variables": {"status": long}});
    let text = Reply::of(post(&server, &body)).await?.body.to_string();
    assert!(
        text.len() < LONGEST && text.contains("COMPLETED"),
        "{text:.300}"
    );
    Ok(())
}

/// Automatic persisted queries: a hash is not known until its document has been sent.
async fn persisted(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let document = "query ($b: Boolean = false) { viewer @skip(if: $b) { id } __typename }";
    let hash = hash(document);
    let miss = Reply::of(post(&server, &by_hash(None, &hash))).await?;
    assert_eq!(miss.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(miss.message(), "PersistedQueryNotFound");
    let registered = Reply::of(post(&server, &by_hash(Some(document), &hash))).await?;
    assert_eq!(registered.body["data"]["__typename"], "Query");
    let hit = Reply::of(post(&server, &by_hash(None, &hash))).await?;
    assert_eq!(hit.body["data"]["__typename"], "Query");
    let upper = Reply::of(post(&server, &by_hash(None, &hash.to_uppercase()))).await?;
    assert_eq!(upper.body["data"]["__typename"], "Query");
    let extensions = by_hash(None, &hash)["extensions"].to_string();
    let get = Client::new().get(server.url("/graphql"));
    let hit = Reply::of(get.query(&[("extensions", &extensions)])).await?;
    assert_eq!(hit.body["data"]["__typename"], "Query");
    let by_id = json!({"documentId": format!("sha256:{hash}")});
    let hit = Reply::of(post(&server, &by_id)).await?;
    assert_eq!(hit.body["data"]["__typename"], "Query");
    for wrong in [
        hash.replace('a', "b"),
        hash[..63].to_owned(),
        "x".repeat(64),
        String::new(),
    ] {
        let reply = Reply::of(post(&server, &by_hash(Some(document), &wrong))).await?;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.message().contains("is not the SHA-256"), "{reply:?}");
        let reply = Reply::of(post(&server, &by_hash(None, &wrong))).await?;
        assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_FOUND");
    }
    // A document that is not valid is not kept.
    let invalid = "{ nothing }";
    let reply = Reply::of(post(&server, &by_hash(Some(invalid), &self::hash(invalid)))).await?;
    assert_eq!(reply.code(), "BAD_USER_INPUT");
    let reply = Reply::of(post(&server, &by_hash(None, &self::hash(invalid)))).await?;
    assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_FOUND");
    Ok(())
}

fn manifest(content: &str) -> Result<(NamedTempFile, String), Failed> {
    let file = NamedTempFile::new()?;
    fs::write(file.path(), content)?;
    let path = file.path().to_str().ok_or("a strange path")?.to_owned();
    Ok((file, path))
}

const TRUSTED: &str = "query Trusted { viewer { id } }";

fn manifests() -> [(String, String); 4] {
    let hash = hash(TRUSTED);
    let apollo = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": hash, "name": "Trusted", "type": "query", "body": TRUSTED}]});
    [
        (hash.clone(), json!({hash.clone(): TRUSTED}).to_string()),
        (
            "relay-md5".to_owned(),
            json!({"relay-md5": TRUSTED}).to_string(),
        ),
        (
            format!("sha256:{hash}"),
            json!({format!("sha256:{hash}"): TRUSTED}).to_string(),
        ),
        (hash, apollo.to_string()),
    ]
}

/// Documents of a manifest are known from the start, by `documentId` or by hash, beside others.
async fn trusted(database: &TestDatabase) -> Outcome {
    for (id, content) in manifests() {
        let (_file, path) = manifest(&content)?;
        let server = Server::start_with(database, &["--trusted-documents", &path])?;
        for body in [
            json!({"documentId": id}),
            by_hash(None, &id),
            json!({"query": TRUSTED}),
        ] {
            let reply = Reply::of(post(&server, &body)).await?;
            assert_eq!(reply.body["data"], json!({"viewer": null}), "{body}");
        }
        let reply = Reply::of(post(&server, &json!({"documentId": "another"}))).await?;
        assert!(
            reply.message().contains("no document with this ID"),
            "{reply:?}"
        );
        assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_FOUND");
    }
    Ok(())
}

/// If only documents of the manifest are accepted, no text is, not even the text of one of them.
async fn trusted_alone(database: &TestDatabase) -> Outcome {
    let [(id, content), ..] = manifests();
    let (_file, path) = manifest(&content)?;
    let flags = ["--trusted-documents", &path, "--documents", "trusted"];
    let server = Server::start_with(database, &flags)?;
    let reply = Reply::of(post(&server, &json!({"documentId": id}))).await?;
    assert_eq!(reply.body["data"], json!({"viewer": null}));
    for body in [
        json!({"query": TRUSTED}),
        json!({"query": "{ __typename }"}),
        json!({"documentId": "another"}),
        by_hash(Some("{ __typename }"), &hash("{ __typename }")),
    ] {
        let reply = Reply::of(post(&server, &body)).await?;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.code(), "UNTRUSTED_DOCUMENT", "{body}");
    }
    Ok(())
}

/// A server does not start with documents that it cannot serve.
async fn untrustworthy(database: &TestDatabase) -> Outcome {
    for (content, words) in [
        (
            r#"{"one": "{ nothing }"}"#,
            "the document one cannot be used",
        ),
        (r#"{"one": "{"}"#, "the document one cannot be used"),
        ("[]", "is not a manifest"),
        ("{", "not JSON"),
    ] {
        let (_file, path) = manifest(content)?;
        let error = Server::start_with(database, &["--trusted-documents", &path]).err();
        let error = format!("{:?}", error.ok_or("it started")?);
        assert!(error.contains(words), "{error}");
    }
    for (flags, words) in [
        (
            &["--trusted-documents", "/nowhere.json"][..],
            "cannot read the trusted documents",
        ),
        (&["--documents", "trusted"], "--trusted-documents"),
    ] {
        let error = Server::start_with(database, flags).err();
        let error = format!("{:?}", error.ok_or("it started")?);
        assert!(error.contains(words), "{error}");
    }
    Ok(())
}

/// With introspection off, nothing reveals the schema, not even suggestions in errors.
async fn introspection_off(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--introspection", "off"])?;
    for document in [
        "{ __schema { types { name } } }",
        r#"{ __type(name: "User") { name } }"#,
        "{ ...F } fragment F on Query { ... { s: __schema { types { name } } } }",
    ] {
        let reply = ask(&server, document).await?;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (400, "FORBIDDEN"),
            "{document}"
        );
    }
    assert_eq!(
        ask(&server, "{ __typename }").await?.body["data"]["__typename"],
        "Query"
    );
    let misspelt = ask(&server, "{ viewerr { id } }").await?;
    assert!(!misspelt.message().contains("Did you mean"), "{misspelt:?}");
    let value = "{ meetings(where: { status: { eq: OVER } }) { totalCount } }";
    let unknown = ask(&server, value).await?;
    assert!(!unknown.message().contains("SCHEDULED"), "{unknown:?}");
    let schema = reqwest::get(server.url("/schema.graphql")).await?;
    assert_eq!(schema.status(), StatusCode::NOT_FOUND);
    let open = Server::start(database)?;
    let misspelt = ask(&open, "{ viewerr { id } }").await?;
    assert!(misspelt.message().contains("Did you mean"), "{misspelt:?}");
    let unknown = ask(&open, value).await?;
    let words = "enum. It must be one of CANCELLED, COMPLETED, DRAFT, LIVE, SCHEDULED.";
    assert!(unknown.message().ends_with(words), "{unknown:?}");
    // To compare long names with all that there are takes long.
    let long = format!("{{ viewerr {{ id }} {} }}", "x".repeat(10_000));
    let long = ask(&open, &long).await?;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
    assert!(!long.message().contains("Did you mean"), "{long:?}");
    let schema = Reply::of(
        Client::new()
            .get(open.url("/schema.graphql"))
            .header("accept", GRAPHQL),
    );
    assert_eq!(schema.await?.status, StatusCode::OK);
    Ok(())
}
