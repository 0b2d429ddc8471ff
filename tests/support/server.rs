//! The built server, run against a test database and asked over HTTP.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use libtest_mimic::Failed;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Outcome, clock::FakeClock, database::TestDatabase, seed::PASSWORD};

/// The secret that signs the tokens of the server under test.
pub const TOKEN_SECRET: &str = "the secret of the end-to-end tests";

/// Flags that raise the limits on documents so high that a test can ask much at once.
pub const HIGH_LIMITS: [&str; 16] = [
    "--max-tokens",
    "4000000000",
    "--max-aliases",
    "4000000000",
    "--max-fields",
    "4000000000",
    "--max-rows",
    "4000000000",
    "--max-statements",
    "4000000000",
    "--max-scans",
    "4000000000",
    "--rate-limit-viewer",
    "0",
    "--rate-limit-address",
    "0",
];

/// The maximum time until the server starts, or the log shows a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `mina serve`. It is killed when it is dropped.
pub struct Server {
    process: Mutex<Child>,
    log: Arc<Log>,
    address: String,
    http: reqwest::Client,
}

/// The log of the server, line by line.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<Value>>,
    grown: Condvar,
    /// Whether no more lines can come, as the server has ended.
    is_whole: AtomicBool,
}

impl Server {
    /// Starts the server on a database that is migrated.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start(database: &TestDatabase) -> Result<Self, Failed> {
        Self::start_with(database, &[])
    }

    /// Starts the server with limits so high that a test can ask much at once.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start_for_large_documents(database: &TestDatabase) -> Result<Self, Failed> {
        Self::start_with(database, &HIGH_LIMITS)
    }

    /// Starts the server with more flags, which win over the usual ones.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start_with(database: &TestDatabase, flags: &[&str]) -> Result<Self, Failed> {
        let command = Command::new(env!("CARGO_BIN_EXE_mina"));
        Self::start_as(command, database.url(), flags)
    }

    /// Starts the server on the database at a URL, with more flags, which win over the usual ones.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start_at(url: &str, flags: &[&str]) -> Result<Self, Failed> {
        Self::start_as(Command::new(env!("CARGO_BIN_EXE_mina")), url, flags)
    }

    /// Starts another binary of the server, with flags that win over the usual ones.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start_binary(
        binary: &Path,
        database: &TestDatabase,
        flags: &[&str],
    ) -> Result<Self, Failed> {
        Self::start_as(Command::new(binary), database.url(), flags)
    }

    /// Starts the server under another clock.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start_under(
        clock: &FakeClock,
        database: &TestDatabase,
        flags: &[&str],
    ) -> Result<Self, Failed> {
        let command = clock.command(Path::new(env!("CARGO_BIN_EXE_mina")));
        Self::start_as(command, database.url(), flags)
    }

    /// Starts the server so that no file of it can be larger than so many kibibytes.
    ///
    /// # Errors
    ///
    /// Fails with what the server said if it does not begin to listen.
    pub fn start_with_small_files(database: &TestDatabase, kib: u32) -> Result<Self, Failed> {
        let mut command = Command::new("bash");
        let script = format!(r#"trap "" XFSZ; ulimit -f {kib}; exec "$0" "$@""#);
        command.args(["-c", &script, env!("CARGO_BIN_EXE_mina")]);
        Self::start_as(command, database.url(), &[])
    }

    fn start_as(mut command: Command, url: &str, flags: &[&str]) -> Result<Self, Failed> {
        command.env_clear();
        if !flags.contains(&"--token-secret-file") {
            command.env("MINA_TOKEN_SECRET", TOKEN_SECRET);
        }
        let mut process = command
            .args(["serve", "--log-format", "json"])
            .env("MINA_LISTEN", "127.0.0.1:0")
            .args(["--database-url", url])
            .args(flags)
            .env("MINA_BCRYPT_COST", "4")
            // Tests ask much at once, whatever the machine can do.
            .env("MINA_MAX_REQUESTS_IN_FLIGHT", "1000")
            // A flag cannot be given twice, but wins over a variable.
            .env("MINA_LOG", "info,sqlx::query=debug,mina=debug")
            .env("MINA_DRAIN_DELAY", "0s")
            // What does not outlive its case need not wait for the disk.
            .env("MINA_DURABILITY", "normal")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = Arc::new(Log::default());
        let stderr = process.stderr.take().ok_or("the log is not piped")?;
        std::thread::spawn({
            let log = Arc::clone(&log);
            move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                    log.lines.lock().unwrap().push(line);
                    log.grown.notify_all();
                }
                let _lines = log.lines.lock().unwrap();
                log.is_whole.store(true, Ordering::Relaxed);
                log.grown.notify_all();
            }
        });
        let address = log.wait_for(|lines| {
            lines
                .iter()
                .find_map(|line| line["address"].as_str().map(str::to_owned))
        });
        let Some(address) = address else {
            let _ = process.kill();
            let lines = log.lines.lock().unwrap();
            return Err(format!("the server did not start: {lines:#?}").into());
        };
        Ok(Self {
            process: Mutex::new(process),
            log,
            address,
            http: reqwest::Client::new(),
        })
    }

    /// Ends the server at once, whatever it is doing, as the power of a machine ends.
    ///
    /// # Errors
    ///
    /// Fails if it has ended before.
    pub fn kill(&self) -> Outcome {
        let mut process = self.process.lock().unwrap();
        if let Some(status) = process.try_wait()? {
            return Err(format!("the server has ended by itself: {status}").into());
        }
        process.kill()?;
        process.wait()?;
        Ok(())
    }

    /// Sends the server a signal, such as `TERM`.
    ///
    /// # Errors
    ///
    /// Fails if it has ended before.
    pub fn signal(&self, name: &str) -> Outcome {
        let id = self.process.lock().unwrap().id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server cannot be sent SIG{name}").into())
        }
    }

    /// The exit status of the server, as soon as it has ended.
    ///
    /// # Errors
    ///
    /// Fails if it goes on.
    pub async fn ended(&self) -> Result<ExitStatus, Failed> {
        let waiting = async {
            loop {
                if let Some(status) = self.process.lock().unwrap().try_wait()? {
                    return Ok(status);
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .map_err(|_| "the server has not ended")?
    }

    /// The id of its process.
    pub fn process_id(&self) -> u32 {
        self.process.lock().unwrap().id()
    }

    /// The time that it has used of the processors, which does not depend on what else they do.
    ///
    /// # Errors
    ///
    /// Fails if it has ended.
    pub fn processor_time(&self) -> Result<Duration, Failed> {
        processor_time_of(self.process_id())
    }

    /// The most memory that it has had so far, in kibibytes.
    ///
    /// # Errors
    ///
    /// Fails if it has ended.
    pub fn most_memory_kib(&self) -> Result<u64, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id()))?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|it| it.split_whitespace().next());
        Ok(most.ok_or("no VmHWM")?.parse()?)
    }

    /// Its metrics.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn metrics(&self) -> Result<String, Failed> {
        let answer = self.http.get(self.url("/metrics")).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// Waits until a metric without labels has a value.
    ///
    /// # Errors
    ///
    /// Fails if it never has.
    pub async fn until_metric(&self, name: &str, value: u32) -> Outcome {
        let line = format!("{name} {value}");
        let waiting = async {
            while !self.metrics().await?.lines().any(|it| it == line) {}
            Ok::<_, Failed>(())
        };
        let waited = timeout(PATIENCE, waiting).await;
        if let Ok(waited) = waited {
            return waited;
        }
        let metrics = self.metrics().await?;
        let actual = metrics.lines().find(|it| it.starts_with(name));
        Err(format!("{name} does not become {value}: {actual:?}").into())
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address of a path of the server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks as nobody.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or none in JSON.
    pub async fn ask(&self, document: &str) -> Result<Answer, Failed> {
        self.send(None, document, json!({})).await
    }

    /// Asks as nobody, with variables.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or none in JSON.
    pub async fn ask_with(&self, document: &str, variables: Value) -> Result<Answer, Failed> {
        self.send(None, document, variables).await
    }

    /// Asks with a bearer token and variables.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or none in JSON.
    pub async fn ask_as(
        &self,
        token: &str,
        document: &str,
        variables: Value,
    ) -> Result<Answer, Failed> {
        self.send(Some(token), document, variables).await
    }

    /// Sends a body as it is, with a bearer token.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or none in JSON.
    pub async fn post_as(&self, token: &str, body: String) -> Result<Answer, Failed> {
        self.send_body(Some(token), body).await
    }

    /// The data of a document that has no variables and must be answered without errors.
    ///
    /// # Errors
    ///
    /// Fails with the whole answer if it has errors.
    pub async fn read(&self, token: &str, document: &str) -> Result<Value, Failed> {
        let answer = self.ask_as(token, document, json!({})).await?;
        Ok(answer.data()?.clone())
    }

    async fn send(
        &self,
        token: Option<&str>,
        document: &str,
        variables: Value,
    ) -> Result<Answer, Failed> {
        let body = json!({"query": document, "variables": variables});
        self.send_body(token, body.to_string()).await
    }

    async fn send_body(&self, token: Option<&str>, body: String) -> Result<Answer, Failed> {
        let id = Uuid::new_v4().simple().to_string();
        let mut request = self
            .http
            .post(self.url("/graphql"))
            .header("x-request-id", &id)
            .header("content-type", "application/json")
            .body(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok(Answer {
            status: response.status(),
            retry_after: response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: response.json().await?,
            id,
        })
    }

    /// Begins a subscription over server-sent events, and ends it at once. The answer has no body.
    ///
    /// # Errors
    ///
    /// Fails if the subscription does not begin.
    pub async fn begin_subscription(&self, token: &str, document: &str) -> Result<Answer, Failed> {
        let id = Uuid::new_v4().simple().to_string();
        let request = self.http.post(self.url("/graphql"));
        let response = request
            .header("x-request-id", &id)
            .header("accept", "text/event-stream")
            .bearer_auth(token)
            .json(&json!({"query": document}))
            .send()
            .await?;
        // Only a response that is known to end has a length, such as one with an error.
        if response.content_length().is_some() {
            let body = response.text().await?;
            return Err(format!("{document} does not begin: {body}").into());
        }
        Ok(Answer {
            status: response.status(),
            body: Value::Null,
            retry_after: None,
            id,
        })
    }

    /// Asks and returns the response as it arrived.
    ///
    /// # Errors
    ///
    /// Fails if there is no response.
    pub async fn exchange(&self, token: Option<&str>, body: String) -> Result<Exchange, Failed> {
        let mut request = self
            .http
            .post(self.url("/graphql"))
            .header("content-type", "application/json")
            .body(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Exchange {
            status: response.status(),
            content_type: header("content-type"),
            retry_after: header("retry-after"),
            body: response.text().await?,
        })
    }

    /// The token of a user whose password is [`PASSWORD`], through `signIn`.
    ///
    /// # Errors
    ///
    /// Fails if the user may not sign in.
    pub async fn sign_in(&self, login: &str) -> Result<String, Failed> {
        let document = "mutation ($input: SignInInput!) {
            signIn(input: $input) { token userErrors { code } }
        }";
        let input = json!({"input": {"login": login, "password": PASSWORD}});
        let answer = self.send(None, document, input).await?;
        let token = answer.data()?["signIn"]["token"].as_str();
        Ok(token.ok_or(format!("{login} may not sign in"))?.to_owned())
    }

    /// The SQL statements of one request, in the order in which they ended, without the one that
    /// looks up the user of the token.
    ///
    /// # Errors
    ///
    /// Fails if the log does not show the request.
    pub fn statements(&self, answer: &Answer) -> Result<Vec<String>, Failed> {
        let statements = self.statements_of_all(std::slice::from_ref(answer))?;
        Ok(statements.into_iter().next().unwrap_or_default())
    }

    /// The same of several requests, for each answer. The log is read once for all of them.
    ///
    /// # Errors
    ///
    /// Fails if the log does not show one of the requests.
    pub fn statements_of_all(&self, answers: &[Answer]) -> Result<Vec<Vec<String>>, Failed> {
        let found = self.log.wait_for(|lines| {
            let mut statements: HashMap<&str, Vec<String>> = HashMap::new();
            let mut responded = HashSet::new();
            for line in lines {
                let Some(id) = line["span"]["request_id"].as_str() else {
                    continue;
                };
                if line["target"] == "sqlx::query" {
                    statements.entry(id).or_default().push(statement(line));
                }
                // The line that ends a request comes after those of its statements.
                if line["message"] == "responded" {
                    responded.insert(id);
                }
            }
            let are_all_shown = answers
                .iter()
                .all(|answer| responded.contains(answer.id.as_str()));
            are_all_shown.then(|| {
                let of_answer = |answer: &Answer| statements.remove(answer.id.as_str());
                let found = answers.iter().map(of_answer).map(Option::unwrap_or_default);
                found.map(without_bookkeeping).collect()
            })
        });
        Ok(found.ok_or("the log does not show the request")?)
    }

    /// The lines of the log with this text that several requests have caused, for each answer.
    ///
    /// # Errors
    ///
    /// Fails if the log does not show one of the requests.
    pub fn lines_of_all(&self, answers: &[Answer], text: &str) -> Result<Vec<Vec<Value>>, Failed> {
        // The lines are complete when those are.
        self.statements_of_all(answers)?;
        let lines = self.log.lines.lock().unwrap();
        let mut found: HashMap<&str, Vec<Value>> = HashMap::new();
        for line in lines.iter() {
            let id = line["span"]["request_id"].as_str();
            let message = line["message"].as_str();
            if let (Some(id), Some(message)) = (id, message)
                && message.contains(text)
            {
                found.entry(id).or_default().push(line.clone());
            }
        }
        let of_answer = |answer: &Answer| found.remove(answer.id.as_str()).unwrap_or_default();
        Ok(answers.iter().map(of_answer).collect())
    }

    /// The number of rows that several requests have read, for each answer.
    ///
    /// # Errors
    ///
    /// Fails if the log does not show one of the requests.
    pub fn rows_of_all(&self, answers: &[Answer]) -> Result<Vec<usize>, Failed> {
        let found = self.log.wait_for(|lines| {
            let answered = lines.iter().filter(|line| line["message"] == "answered");
            let rows = answered.filter_map(|line| {
                let id = line["span"]["request_id"].as_str()?;
                Some((id, usize::try_from(line["rows"].as_u64()?).ok()?))
            });
            let rows: HashMap<&str, usize> = rows.collect();
            let of_answers = answers.iter();
            let of_answers = of_answers.map(|answer| rows.get(answer.id.as_str()).copied());
            of_answers.collect::<Option<Vec<usize>>>()
        });
        Ok(found.ok_or("the log does not show the request")?)
    }

    /// The first line of the log that holds this text, as soon as there is one.
    ///
    /// # Errors
    ///
    /// Fails if none comes.
    pub fn log_line_with(&self, text: &str) -> Result<String, Failed> {
        let line = self.log.wait_for(|lines| {
            lines
                .iter()
                .map(Value::to_string)
                .find(|line| line.contains(text))
        });
        Ok(line.ok_or_else(|| format!("no line of the log holds {text:?}"))?)
    }

    /// The lines of the log that hold this text.
    pub fn log_lines_with(&self, text: &str) -> Vec<String> {
        let lines = self.log.lines.lock().unwrap();
        lines
            .iter()
            .map(Value::to_string)
            .filter(|line| line.contains(text))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self
            .process
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let _ = process.kill();
        let _ = process.wait();
    }
}

impl Log {
    /// Waits until the lines give something.
    fn wait_for<T>(&self, find: impl Fn(&[Value]) -> Option<T>) -> Option<T> {
        let mut found = None;
        let lines = self.lines.lock().unwrap();
        let _lines = self
            .grown
            .wait_timeout_while(lines, PATIENCE, |lines| {
                found = find(lines);
                found.is_none() && !self.is_whole.load(Ordering::Relaxed)
            })
            .unwrap();
        found
    }
}

/// The time that a process has used of the processors.
///
/// # Errors
///
/// Fails if it has ended.
pub fn processor_time_of(process_id: u32) -> Result<Duration, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{process_id}/stat"))?;
    // Behind the name, which can have spaces, the 12th and the 13th field are ticks of 10 ms.
    let (_, fields) = stat.rsplit_once(')').ok_or("no fields")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(Duration::from_millis(10 * ticks))
}

/// The text of a logged statement. Short ones are given as the summary alone.
fn statement(line: &Value) -> String {
    let whole = line["db.statement"].as_str().unwrap_or_default().trim();
    let text = if whole.is_empty() {
        line["summary"].as_str().unwrap_or_default()
    } else {
        whole
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The statements without those that are no part of what was asked.
fn without_bookkeeping(mut statements: Vec<String>) -> Vec<String> {
    statements.retain(|sql| !is_of_connection(sql));
    // Only one is left out, so that a second look would count.
    if let Some(of_token) = statements.iter().position(|sql| is_of_token(sql)) {
        statements.remove(of_token);
    }
    statements
}

/// Whether a statement only sets up a connection, which the pool does when it likes.
fn is_of_connection(sql: &str) -> bool {
    sql.starts_with("PRAGMA") || sql == "SELECT pg_backend_pid()"
}

/// Whether a statement does nothing but look up the user of a token.
fn is_of_token(sql: &str) -> bool {
    sql.contains(r#"AS "token_renewed_hash""#)
}

/// A response as it arrived.
#[derive(Debug)]
pub struct Exchange {
    /// The HTTP status.
    pub status: StatusCode,
    /// The media type of the body.
    pub content_type: Option<String>,
    /// When the client may ask again, if the server says so.
    pub retry_after: Option<String>,
    /// The body, byte for byte.
    pub body: String,
}

/// The answer to one request.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body: `data`, `errors`, `extensions`.
    pub body: Value,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<String>,
    id: String,
}

impl Answer {
    /// The id of the request.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The data of an answer without errors.
    ///
    /// # Errors
    ///
    /// Fails with the whole answer if it has errors.
    pub fn data(&self) -> Result<&Value, Failed> {
        if self.status == StatusCode::OK && self.body["errors"].is_null() {
            Ok(&self.body["data"])
        } else {
            Err(format!("an answer with errors: {self:#?}").into())
        }
    }

    /// Fails unless the answer has exactly one error, with this code and with these words in its
    /// message.
    ///
    /// # Errors
    ///
    /// Fails with the whole answer.
    pub fn assert_error(&self, code: &str, words: &str) -> Outcome {
        let errors = self.body["errors"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let is_it = matches!(errors, [error] if error["extensions"]["code"] == code
            && error["message"].as_str().is_some_and(|message| message.contains(words)));
        if is_it {
            Ok(())
        } else {
            Err(format!("not one error {code} with {words:?}: {self:#?}").into())
        }
    }
}
