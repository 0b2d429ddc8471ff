//! Transcripts as files: downloaded, in answers, imported, and erased.

mod deletions;
mod download;
mod erasure;
mod import;
mod links;
mod retention;
mod speakers;
mod text;
mod upload;

use entity::{segment, session};
use libtest_mimic::Failed;
use reqwest::{Response, StatusCode, header::HeaderMap};
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait};

use crate::support::{database::TestDatabase, server::Server, suite::Suite};

/// Adds the cases of these modules.
pub fn list(suite: &mut Suite) {
    deletions::list(suite);
    download::list(suite);
    erasure::list(suite);
    import::list(suite);
    links::list(suite);
    retention::list(suite);
    speakers::list(suite);
    text::list(suite);
    upload::list(suite);
}

/// The extensions of all formats.
const EXTENSIONS: [&str; 5] = ["vtt", "srt", "json", "txt", "md"];

/// A downloaded file.
struct File {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl File {
    async fn of(response: Response) -> Result<Self, Failed> {
        Ok(Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|it| it.to_str().ok()).unwrap_or_default()
    }
}

/// Downloads what is at a path.
async fn download(server: &Server, token: Option<&str>, path: &str) -> Result<File, Failed> {
    let mut request = reqwest::Client::new().get(server.url(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    File::of(request.send().await?).await
}

/// Stores segments of a second each, with these texts, which two speakers say in turn.
async fn say(
    database: &TestDatabase,
    session: &session::Model,
    texts: &[String],
) -> Result<(), DbErr> {
    for (start, texts) in (0..).step_by(1000).zip(texts.chunks(1000)) {
        let rows = (start..)
            .zip(texts)
            .map(|(number, text)| segment::ActiveModel {
                session_id: Set(session.id),
                text: Set(text.clone()),
                start_ms: Set(Some(1000 * number)),
                end_ms: Set(Some(1000 * number + 900)),
                speaker: Set(Some(if number % 2 == 0 { "Ada" } else { "Max" }.to_owned())),
                confidence: Set(Some(0.5)),
                ..Default::default()
            });
        let insert = segment::Entity::insert_many(rows);
        insert.exec_without_returning(database.connection()).await?;
    }
    Ok(())
}

/// Texts that mean something in one format or another.
fn odd_texts() -> Vec<String> {
    [
        "Good morning, everybody",
        "a < b && c > d",
        "an arrow --> in the words",
        "NOTE this is said",
        "*stars* and [brackets] and `ticks`",
        "Gänse & Küken 🪿",
        "\"quoted\" \\ back",
        "12",
    ]
    .map(str::to_owned)
    .to_vec()
}
