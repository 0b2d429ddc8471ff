//! Reads the GraphQL request from an HTTP request.

use std::net::IpAddr;

use async_graphql::{Value as GraphqlValue, Variables};
use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header},
};
use mina_graphql::{Call, CostReport};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{
    body::{Bodies, ReadBody},
    rejection::Rejection,
};

/// The most JSON values in a body, lists and objects included, because each takes more room in
/// memory than in the text. A thousand complete segments have twelve thousand.
const MAX_VALUES: usize = 20_000;

/// A request that has arrived completely and is not parsed yet.
pub enum Received {
    /// The body of a POST.
    Body(ReadBody),
    /// The query string of a GET.
    Parameters(String),
}

impl Received {
    /// Receives a request from this address.
    ///
    /// # Errors
    ///
    /// If the type of its body is not supported, or the body does not arrive.
    pub async fn new(
        request: Request<Body>,
        address: IpAddr,
        bodies: &Bodies,
    ) -> Result<Self, Rejection> {
        if request.method() == Method::POST {
            check_content(request.headers())?;
            bodies.read(request, address).await.map(Self::Body)
        } else {
            let parameters = request.uri().query().unwrap_or_default();
            Ok(Self::Parameters(parameters.to_owned()))
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Body(body) => body.bytes.len(),
            Self::Parameters(parameters) => parameters.len(),
        }
    }

    /// Parses the request.
    ///
    /// # Errors
    ///
    /// If it holds no GraphQL request. The rejection says why, and what is allowed.
    pub fn call(&self) -> Result<Call, Rejection> {
        match self {
            Self::Body(body) => from_json(&body.bytes),
            Self::Parameters(parameters) => from_parameters(parameters),
        }
    }
}

/// Accepts JSON only. Browsers let a page of another website send other types without asking first
/// (a CORS preflight), so accepting those would allow cross-site request forgery.
fn check_content(headers: &HeaderMap) -> Result<(), Rejection> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Rejection::UnsupportedContent(
            "The body must not be compressed.".to_owned(),
        ));
    }
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    };
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(Rejection::UnsupportedContent(
            "The Content-Type must be `application/json`, in UTF-8.".to_owned(),
        ))
    }
}

fn malformed(problem: impl Into<String>) -> Rejection {
    Rejection::Malformed(problem.into())
}

fn from_json(body: &[u8]) -> Result<Call, Rejection> {
    let text = std::str::from_utf8(body).map_err(|error| {
        malformed(format!(
            "The body is not UTF-8: see byte {}.",
            error.valid_up_to() + 1
        ))
    })?;
    if count_values(text) > MAX_VALUES {
        return Err(malformed(format!(
            "The body has more than {MAX_VALUES} JSON values. Send less at once."
        )));
    }
    let value = serde_json::from_str(text)
        .map_err(|error| malformed(format!("The body is not JSON: {error}.")))?;
    match value {
        Value::Object(parameters) => from_map(parameters),
        Value::Array(_) => Err(malformed(
            "The body is a list. Send requests one at a time, each as a JSON object.",
        )),
        _ => Err(malformed("The body must be a JSON object.")),
    }
}

/// Counts the values in a JSON text without parsing it: one before each comma, and one for each
/// opening bracket.
fn count_values(text: &str) -> usize {
    let mut count = 1;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' | b'[' | b'{' => count += 1,
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    count
}

fn from_parameters(query: &str) -> Result<Call, Rejection> {
    percent_decode_str(query)
        .decode_utf8()
        .map_err(|_| malformed("The parameters of the URL are not UTF-8."))?;
    let mut parameters = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            // An empty value counts as absent.
            "variables" | "extensions" if text.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&text)
                .map_err(|error| malformed(format!("`{name}` is not JSON: {error}.")))?,
            _ => Value::String(text.into_owned()),
        };
        if parameters.insert(name.to_string(), value).is_some() {
            return Err(malformed(format!("`{name}` is given more than once.")));
        }
    }
    from_map(parameters)
}

/// Reads the parameters of a request.
///
/// # Errors
///
/// If one is missing or has the wrong type.
pub fn from_map(mut parameters: Map<String, Value>) -> Result<Call, Rejection> {
    let query = text(&mut parameters, "query")?;
    let document_id = text(&mut parameters, "documentId")?;
    let operation_name = text(&mut parameters, "operationName")?;
    let variables = map(&mut parameters, "variables")?.unwrap_or_default();
    let extensions = map(&mut parameters, "extensions")?.unwrap_or_default();
    let document_id = match (document_id, persisted_query(&extensions)?) {
        (Some(_), Some(_)) => {
            return Err(malformed(
                "`documentId` and `extensions.persistedQuery` both name a document. Send only one.",
            ));
        }
        (one, other) => one.or(other),
    };
    if query.is_none() && document_id.is_none() {
        return Err(malformed(
            "`query` is missing. It is the text of a GraphQL document.",
        ));
    }
    let variables = GraphqlValue::from_json(Value::Object(variables))
        .map_err(|error| malformed(format!("`variables` cannot be read: {error}.")))?;
    Ok(Call {
        query,
        document_id,
        operation_name,
        variables: Variables::from_value(variables),
        cost: cost_report(&extensions)?,
    })
}

fn text(parameters: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Rejection> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(malformed(format!(
            "`{name}` must be a string, not {}.",
            json_type(&other)
        ))),
    }
}

fn map(
    parameters: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<Map<String, Value>>, Rejection> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(other) => Err(malformed(format!(
            "`{name}` must be an object, not {}.",
            json_type(&other)
        ))),
    }
}

/// The hash of a document that the client has sent before (Apollo's automatic persisted queries).
///
/// Source: <https://www.apollographql.com/docs/apollo-server/performance/apq>.
fn persisted_query(extensions: &Map<String, Value>) -> Result<Option<String>, Rejection> {
    let Some(persisted) = extensions.get("persistedQuery").filter(|it| !it.is_null()) else {
        return Ok(None);
    };
    match (
        persisted["version"].as_u64(),
        persisted["sha256Hash"].as_str(),
    ) {
        (Some(1), Some(hash)) => Ok(Some(hash.to_owned())),
        _ => Err(malformed(
            "`extensions.persistedQuery` must be `{\"version\": 1, \"sha256Hash\": \"…\"}`.",
        )),
    }
}

fn cost_report(extensions: &Map<String, Value>) -> Result<CostReport, Rejection> {
    match extensions.get("cost") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(CostReport::Without),
        Some(Value::Bool(true)) => Ok(CostReport::With),
        Some(cost) => match cost["dryRun"].as_bool() {
            Some(true) => Ok(CostReport::Alone),
            Some(false) => Ok(CostReport::With),
            None => Err(malformed(
                "`extensions.cost` must be true or `{\"dryRun\": true}`.",
            )),
        },
    }
}

/// The type of a JSON value, with its article.
fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted() {
        assert_eq!(count_values("1"), 1);
        assert_eq!(count_values("[1,2,3]"), 4);
        assert_eq!(count_values(r#"{"a": ",[{\",", "b": [{}]}"#), 5);
        assert_eq!(count_values(r#""not closed ,,,"#), 1);
    }
}
