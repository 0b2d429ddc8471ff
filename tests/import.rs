//! `mina import` puts transcripts into the database: all of a file, or nothing.

use std::{
    fmt::Write as _,
    io::Write as _,
    process::{Command, Output, Stdio},
};

use chrono::TimeDelta;
use entity::{meeting, participant, segment, session, user};
use libtest_mimic::Failed;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};
use serde_json::{Value, json};

use crate::support::{
    Outcome, database::TestDatabase, lines::assert_same_lines, seed::Seed, server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(formats);
    suite.on_both_databases(flags);
    suite.on_both_databases(starts);
    suite.on_both_databases(standard_input);
    suite.on_both_databases(long_cues);
    suite.on_both_databases(odd);
    suite.on_both_databases(labels_and_units);
    suite.on_both_databases(repeated);
    suite.on_both_databases(malformed);
    suite.on_both_databases(rolled_back);
    suite.on_both_databases(meeting);
    suite.on_both_databases(titles);
    suite.on_both_databases(owners);
    suite.on_both_databases(behind);
    suite.on_both_databases(transcript);
}

const STANDUP: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/standup.vtt"
);
const REVIEW: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/review.srt"
);
const INTERVIEW: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/interview.json"
);
const BROKEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/broken.vtt"
);

/// The cues of [`STANDUP`], as [`lines`] shows them.
const STANDUP_LINES: [&str; 5] = [
    "500-4000 Ada: Good morning, everybody.",
    "4250-8500 Ada: Who begins?",
    "4250-8500 Grace: I do.",
    "9000-9000 Grace: The build is green again.",
    "10000-12000 Katherine of the Department of Orbital Mechanics…: Mine is nearly done.",
];

/// Every format is read, and its cues become segments in the order of the transcript.
async fn formats(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let output = import(database, &["--user", "ada", STANDUP, REVIEW, INTERVIEW])?;
    let imported = summary(&output)?;
    let columns: Vec<[&str; 4]> = imported
        .iter()
        .map(|file| [&*file.cues, &*file.duration, &*file.meeting_id, &*file.file])
        .collect();
    assert_eq!(
        columns,
        [
            ["5", "00:00:12.000", "-", STANDUP],
            ["3", "01:00:09.250", "-", REVIEW],
            ["3", "00:00:05.000", "-", INTERVIEW],
        ]
    );

    let connection = database.connection();
    let expected: [(&str, &[&str]); 3] = [
        ("en-GB", &STANDUP_LINES),
        // Neither the file nor a flag names the language.
        (
            "en",
            &[
                "1000-3500 Ada: Shall we go through the list?",
                "4000-6000 Grace: Yes, from the top.",
                "6000-3609250 Ada: First the login page.",
            ],
        ),
        (
            "de",
            &[
                "0-2500 SPEAKER_00: Guten Tag. (0.75)",
                "2500-4001 SPEAKER_01: Grüß Gott 👋 (0.5)",
                "4500-5000 -: Fangen wir an.",
            ],
        ),
    ];
    let owner = only::<user::Entity>(connection).await?;
    for (file, (language, lines_of_file)) in imported.iter().zip(expected) {
        let session = find_session(connection, &file.external_id).await?;
        assert_eq!(session.status, Some(session::Status::Completed));
        assert_eq!(session.user_id, Some(owner.id));
        assert_eq!(session.language.as_deref(), Some(language));
        assert_eq!(lines(connection, &session).await?, lines_of_file);
    }
    assert_eq!(meeting::Entity::find().count(connection).await?, 0);

    let notes = String::from_utf8(output.stderr)?;
    assert_eq!(
        notes,
        format!(
            "note: {STANDUP}:19: the speaker \
             \"Katherine of the Department of Orbital Mechanics and Re-entry\" is shortened to \
             \"Katherine of the Department of Orbital Mechanics…\"\n"
        )
    );
    Ok(())
}

/// A leap second is the second after it, and a recording stays in the years 1 to 9999.
async fn starts(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let at = |start| {
        import(
            database,
            &["--user", "ada@example.org", "--started-at", start, STANDUP],
        )
    };
    let imported = summary(&at("2016-12-31T23:59:60Z")?)?;
    let session = find_session(database.connection(), &imported[0].external_id).await?;
    let started_at = session.started_at.ok_or("no start")?;
    assert_eq!(started_at.to_string(), "2017-01-01 00:00:00");
    for (start, words) in [
        ("9999-12-31T23:59:60Z", "in the years 1 to 9999"),
        ("9999-12-31T23:59:59Z", "ends after the year 9999"),
    ] {
        let output = at(start)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && errors.contains(words),
            "{errors}"
        );
    }
    Ok(())
}

/// The flags win over what the file says, and the times follow from its start.
async fn flags(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let arguments = [
        "--user",
        "ada@example.org",
        "--language",
        "fr",
        "--started-at",
        "2026-01-05T10:00:00.123456789+01:00",
        STANDUP,
    ];
    let imported = summary(&import(database, &arguments)?)?;
    let session = find_session(database.connection(), &imported[0].external_id).await?;
    assert_eq!(session.language.as_deref(), Some("fr"));
    let started_at = session.started_at.ok_or("no start")?;
    assert_eq!(started_at.to_string(), "2026-01-05 09:00:00.123456");
    assert_eq!(
        session.ended_at,
        Some(started_at + TimeDelta::milliseconds(12_000))
    );
    Ok(())
}

/// A file may come through a pipe. It has no name that shows its format.
async fn standard_input(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let json = br#"[{"start": 0, "end": 1, "text": "Hello"}]"#;
    let arguments = ["import", "-", "--user", "ada", "--format", "json"];
    let output = mina(database, &arguments, json)?;
    let imported = summary(&output)?;
    assert_eq!(imported[0].file, "standard input");
    let session = find_session(database.connection(), &imported[0].external_id).await?;
    assert_eq!(
        lines(database.connection(), &session).await?,
        ["0-1000 -: Hello"]
    );

    let broken = mina(database, &arguments, b"[\n{]")?;
    let message = rejection(&broken)?;
    assert!(
        message.starts_with("error: standard input:2: "),
        "{message}"
    );
    Ok(())
}

/// What is odd in a file is printed with its line and its words, and the rest is imported.
async fn odd(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let output = import(database, &["--user", "ada", BROKEN])?;
    let imported = summary(&output)?;
    let session = find_session(database.connection(), &imported[0].external_id).await?;
    let segments = lines(database.connection(), &session).await?;
    assert_eq!(segments, ["1000-2000 -: This cue is whole."]);
    assert_eq!(
        String::from_utf8(output.stderr)?,
        format!(
            "warning: {BROKEN}:6: passed over \"00:00:03.000 -> 00:00:04.000\\nThe arrow above is too \
             short.\": this does not belong to any cue\n"
        )
    );

    let strict = import(database, &["--user", "ada", "--strict", BROKEN])?;
    let message = rejection(&strict)?;
    assert!(
        message.contains("without --strict this is a warning"),
        "{message}"
    );
    let none = mina(
        database,
        &["import", "-", "--user", "ada"],
        b"WEBVTT\n\nGood morning\n",
    )?;
    let message = rejection(&none)?;
    assert!(
        message.contains("line 3: passed over \"Good morning\""),
        "{message}"
    );
    Ok(())
}

/// Labels at changes of the speaker and the unit of times can be given; languages have codes.
async fn labels_and_units(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let srt = b"1\n0:0:1,5 --> 0:0:2\nSpeaker 1: Hi.\n\n2\n0:0:2 --> 0:0:3\nSo --> well.\n";
    let arguments = [
        "import",
        "-",
        "--user",
        "ada",
        "--speaker-labels",
        "changes",
    ];
    let imported = summary(&mina(database, &arguments, srt)?)?;
    let session = find_session(database.connection(), &imported[0].external_id).await?;
    assert_eq!(
        lines(database.connection(), &session).await?,
        [
            "1500-2000 Speaker 1: Hi.",
            "2000-3000 Speaker 1: So --> well."
        ]
    );

    let json = br#"{"language": "azerbaijani", "segments":
        [{"start": 250, "end": 26950, "text": "Salam", "speaker": 0, "avg_logprob": NaN}]}"#;
    let output = mina(database, &["import", "-", "--user", "ada"], json)?;
    let imported = summary(&output)?;
    let session = find_session(database.connection(), &imported[0].external_id).await?;
    assert_eq!(session.language.as_deref(), Some("az"));
    assert_eq!(
        lines(database.connection(), &session).await?,
        ["250-26950 0: Salam"]
    );
    let notes = String::from_utf8(output.stderr)?;
    assert!(notes.starts_with("warning: standard input:2: the times are read as milliseconds"));

    let arguments = [
        "import",
        "-",
        "--user",
        "ada",
        "--again",
        "--times-in",
        "seconds",
    ];
    let imported = summary(&mina(database, &arguments, json)?)?;
    assert_eq!(imported[0].duration, "07:29:10.000");
    Ok(())
}

/// A file that is imported a second time is noticed, also under another name and twice in one call.
async fn repeated(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    create_user(database, "bob", "other").await?;
    let connection = database.connection();
    let first = summary(&import(database, &["--user", "ada", STANDUP])?)?;
    let message = rejection(&import(database, &["--user", "ada", REVIEW, STANDUP])?)?;
    let expected = format!(
        "error: {STANDUP}: this file is already imported, as session {}\n",
        first[0].external_id
    );
    assert!(message.starts_with(&expected), "{message}");
    assert!(message.contains("--again"), "{message}");
    let message = rejection(&import(database, &["--user", "ada", REVIEW, REVIEW])?)?;
    assert!(
        message.contains("a file with this content is given twice"),
        "{message}"
    );
    assert_eq!(session::Entity::find().count(connection).await?, 1);

    let content = std::fs::read(STANDUP)?;
    let piped = mina(database, &["import", "-", "--user", "ada"], &content)?;
    rejection(&piped)?;
    // Another workspace knows nothing of it.
    summary(&import(database, &["--user", "bob", STANDUP])?)?;
    let again = summary(&import(
        database,
        &["--user", "ada", "--again", STANDUP, REVIEW],
    )?)?;
    assert_ne!(again[0].external_id, first[0].external_id);
    assert_eq!(session::Entity::find().count(connection).await?, 4);

    // Once the session is deleted, the file is not there any more.
    for id in [&first[0].external_id, &again[0].external_id] {
        let session = find_session(connection, id).await?;
        segment::Entity::delete_many()
            .filter(segment::Column::SessionId.eq(session.id))
            .exec(connection)
            .await?;
        session::Entity::delete_by_id(session.id)
            .exec(connection)
            .await?;
    }
    let imported = summary(&import(database, &["--user", "ada", STANDUP])?)?;
    assert_eq!(imported[0].external_id, first[0].external_id);
    Ok(())
}

/// One broken file among several keeps them all out, and is named with its line.
async fn malformed(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = import(
        database,
        &[
            "--user",
            "ada",
            "--strict",
            STANDUP,
            BROKEN,
            folder,
            "missing.srt",
        ],
    )?;
    let message = rejection(&output)?;
    for part in [
        &*format!("error: {BROKEN}:6: passed over \"00:00:03.000 -> 00:00:04.000"),
        &*format!("error: {folder}: is a folder"),
        "error: missing.srt: cannot be read",
        "hint: nothing was imported",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert_nothing_imported(database.connection()).await
}

/// If the database rejects the last statement, nothing of the file is stored.
async fn rolled_back(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let connection = database.connection();
    // The participant is what is written last.
    connection
        .execute_unprepared("ALTER TABLE participant RENAME TO elsewhere")
        .await?;
    let output = import(
        database,
        &["--organizer", "ada", "--meeting", "Standup", STANDUP],
    )?;
    let message = rejection(&output)?;
    assert!(message.contains("participant"), "{message}");
    assert_nothing_imported(connection).await
}

/// A meeting that took place is made with its organizer, and linked to its session.
async fn meeting(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let arguments = [
        "--meeting",
        "Standup",
        "--organizer",
        "ada",
        "--workspace",
        "acme",
        STANDUP,
    ];
    let imported = summary(&import(database, &arguments)?)?;

    let connection = database.connection();
    let organizer = only::<user::Entity>(connection).await?;
    let session = find_session(connection, &imported[0].external_id).await?;
    assert_eq!(session.user_id, Some(organizer.id));
    let meeting = only::<meeting::Entity>(connection).await?;
    assert_eq!(imported[0].meeting_id, meeting.id.to_string());
    assert_eq!(meeting.title, "Standup");
    assert_eq!(
        meeting.description.as_deref(),
        Some(
            "Full names of speakers:\n\
             - Katherine of the Department of Orbital Mechanics… = \
             Katherine of the Department of Orbital Mechanics and Re-entry"
        )
    );
    assert_eq!(meeting.status, Some(meeting::Status::Completed));
    assert_eq!(meeting.organizer_id, organizer.id);
    assert_eq!(Some(meeting.workspace_id), organizer.workspace_id);
    assert_eq!(meeting.session_id, Some(session.external_id));
    assert_eq!(meeting.scheduled_start, session.started_at);
    assert_eq!(meeting.scheduled_end, session.ended_at);
    let participant = only::<participant::Entity>(connection).await?;
    assert_eq!(participant.meeting_id, meeting.id);
    assert_eq!(participant.user_id, organizer.id);
    assert_eq!(participant.role, Some(participant::Role::Organizer));
    assert_eq!(participant.status, Some(participant::Status::Attended));
    Ok(())
}

/// Several files become meetings with distinct titles.
async fn titles(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    for title in ["Weekly", "On {file}"] {
        let output = import(
            database,
            &[
                "--again",
                "--meeting",
                title,
                "--user",
                "ada",
                STANDUP,
                REVIEW,
            ],
        )?;
        summary(&output)?;
    }
    let meetings = meeting::Entity::find()
        .order_by_asc(meeting::Column::Id)
        .all(database.connection())
        .await?;
    let titles: Vec<&str> = meetings.iter().map(|meeting| &*meeting.title).collect();
    assert_eq!(
        titles,
        [
            "Weekly (standup)",
            "Weekly (review)",
            "On standup",
            "On review"
        ]
    );
    Ok(())
}

/// A transcript that would belong to nobody, or to two workspaces, is rejected.
async fn owners(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    create_user(database, "bob", "other").await?;
    let cases: [(&[&str], &str, &str); 6] = [
        (&[], "a transcript needs an owner", "--user"),
        (
            &["--meeting", "x"],
            "a transcript needs an owner",
            "--organizer",
        ),
        (
            &["--user", "eve"],
            "there is no user with the username or email address eve",
            "mina user create",
        ),
        (
            &["--user", "ada", "--workspace", "nowhere"],
            "there is no workspace nowhere",
            "mina user create",
        ),
        (
            &[
                "--meeting",
                "x",
                "--organizer",
                "bob",
                "--workspace",
                "acme",
            ],
            "the user bob is not in the workspace acme",
            "belong together",
        ),
        (
            &["--meeting", "x", "--organizer", "ada", "--user", "bob"],
            "the user bob is not in the workspace acme",
            "belong together",
        ),
    ];
    for (arguments, error, hint) in cases {
        let output = import(database, &[arguments, &[STANDUP]].concat())?;
        let message = rejection(&output)?;
        let (first, second) = message.split_once('\n').ok_or("no hint")?;
        assert!(first.contains(error), "{arguments:?}: {message}");
        assert!(second.contains(hint), "{arguments:?}: {message}");
    }
    assert_nothing_imported(database.connection()).await
}

/// A database that lacks a step is not written to.
async fn behind(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    Migrator::down(database.connection(), Some(1)).await?;
    let output = import(database, &["--user", "ada", STANDUP])?;
    let message = rejection(&output)?;
    assert!(message.contains("hint: run `mina migrate up`"), "{message}");
    assert_nothing_imported(database.connection()).await
}

/// A whole transcript is read page by page through the API: every cue once, and in order.
async fn transcript(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    // More than the import writes in two statements, and than the API gives in two pages. Seven
    // cues at a time start together, also where pages meet.
    let cues: Vec<(i32, String)> = (0..2345)
        .map(|number| (number / 7 * 1000, format!("Line {number}.")))
        .collect();
    let mut file = "WEBVTT\n".to_owned();
    for (start_ms, text) in &cues {
        let (minute, second) = (start_ms / 60_000, start_ms / 1000 % 60);
        write!(
            file,
            "\n{minute:02}:{second:02}.000 --> 10:00.000\n<v Ada>{text}\n"
        )?;
    }
    let arguments = ["import", "-", "--meeting", "Long", "--organizer", "ada"];
    let imported = summary(&mina(database, &arguments, file.as_bytes())?)?;
    assert_eq!(imported[0].cues, cues.len().to_string());

    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let document = "query ($session: UUID!, $after: String) {
        session(externalId: $session) {
            meeting { title }
            segments(first: 1000, after: $after) {
                totalCount
                nodes { startMs endMs speaker text }
                pageInfo { hasNextPage endCursor }
            }
        }
    }";
    let mut read = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({"session": imported[0].external_id, "after": after});
        let answer = server.ask_as(&token, document, variables).await?;
        let session = &answer.data()?["session"];
        assert_eq!(session["meeting"]["title"], "Long");
        let segments = &session["segments"];
        assert_eq!(segments["totalCount"], cues.len());
        read.extend(segments["nodes"].as_array().cloned().unwrap_or_default());
        if segments["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = segments["pageInfo"]["endCursor"].clone();
    }
    let written: Vec<Value> = cues
        .iter()
        .map(|(start_ms, text)| {
            json!({"startMs": start_ms, "endMs": 600_000, "speaker": "Ada", "text": text})
        })
        .collect();
    let to_lines = |nodes: &[Value]| nodes.iter().map(Value::to_string).collect::<Vec<_>>();
    assert_same_lines("The transcript", &to_lines(&written), &to_lines(&read))
}

/// A line of what `mina import` prints.
struct Imported {
    external_id: String,
    cues: String,
    duration: String,
    meeting_id: String,
    file: String,
}

/// A cue that is too long for a segment becomes several, and a note names it. Nothing of it is lost.
async fn long_cues(database: &TestDatabase) -> Outcome {
    create_user(database, "ada", "acme").await?;
    let words = "Wörter und 詞語 ".repeat(2000);
    let words = words.trim();
    let file = format!(
        "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ada>Short</v>\n\n\
         00:02.000 --> 00:32.000\n<v Grace>{words}</v>\n\n00:10.000 --> 00:11.000\n<v Ada>Yes</v>\n"
    );
    let output = mina(database, &["import", "-", "--user", "ada"], file.as_bytes())?;
    let imported = summary(&output)?;
    assert_eq!(imported[0].cues, "5");
    let notes = String::from_utf8(output.stderr)?;
    assert!(
        notes.contains("the cue at 00:00:02.000 is split into 3, because its text has"),
        "{notes}"
    );

    let segments = segment::Entity::find()
        .order_by_asc(segment::Column::Id)
        .all(database.connection())
        .await?;
    assert!(segments.is_sorted_by_key(|segment| segment.start_ms));
    let parts = segments
        .iter()
        .filter(|segment| segment.speaker.as_deref() == Some("Grace"));
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.len(), 3);
    let texts: Vec<&str> = parts.iter().map(|part| &*part.text).collect();
    assert!(texts.iter().all(|text| text.len() <= 16_384));
    assert!(texts.join(" ") == words, "the text has changed");
    let times: Vec<_> = parts
        .iter()
        .map(|part| (part.start_ms.unwrap(), part.end_ms.unwrap()))
        .collect();
    assert_eq!((times[0].0, times[2].1), (2000, 32_000));
    assert!(
        times[0].1 == times[1].0 && times[1].1 == times[2].0,
        "{times:?}"
    );
    Ok(())
}

/// Runs `mina import`.
fn import(database: &TestDatabase, arguments: &[&str]) -> Result<Output, Failed> {
    mina(database, &[&["import"], arguments].concat(), b"")
}

/// Creates a user, and a workspace for them.
async fn create_user(database: &TestDatabase, username: &str, slug: &str) -> Outcome {
    let seed = Seed(database.connection());
    let workspace = seed.workspace(slug).await?;
    seed.user(workspace.id, username).await?;
    Ok(())
}

/// Runs the built `mina` to its end.
fn mina(database: &TestDatabase, arguments: &[&str], input: &[u8]) -> Result<Output, Failed> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(arguments)
        .env_clear()
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("MINA_DATABASE_URL", database.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    Ok(child.wait_with_output()?)
}

/// The lines of a run that must have gone well.
fn summary(output: &Output) -> Result<Vec<Imported>, Failed> {
    assert!(output.status.success(), "{output:?}");
    str::from_utf8(&output.stdout)?
        .lines()
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [external_id, cues, duration, meeting_id, file] = columns
                .try_into()
                .map_err(|_| format!("five columns, not {line:?}"))?;
            Ok(Imported {
                external_id: external_id.to_owned(),
                cues: cues.to_owned(),
                duration: duration.to_owned(),
                meeting_id: meeting_id.to_owned(),
                file: file.to_owned(),
            })
        })
        .collect()
}

/// The error output of a run that must fail.
fn rejection(output: &Output) -> Result<String, Failed> {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    Ok(String::from_utf8(output.stderr.clone())?)
}

async fn assert_nothing_imported(connection: &DatabaseConnection) -> Outcome {
    assert_eq!(session::Entity::find().count(connection).await?, 0);
    assert_eq!(segment::Entity::find().count(connection).await?, 0);
    assert_eq!(meeting::Entity::find().count(connection).await?, 0);
    Ok(())
}

/// The one row of a table.
async fn only<E: EntityTrait>(connection: &DatabaseConnection) -> Result<E::Model, Failed> {
    let rows = E::find().all(connection).await?;
    let [row] = rows
        .try_into()
        .map_err(|rows: Vec<_>| format!("one row, not {}", rows.len()))?;
    Ok(row)
}

async fn find_session(
    connection: &DatabaseConnection,
    external_id: &str,
) -> Result<session::Model, Failed> {
    let found = session::Entity::find()
        .filter(session::Column::ExternalId.eq(external_id))
        .one(connection)
        .await?;
    Ok(found.ok_or_else(|| format!("no session {external_id}"))?)
}

/// The segments of a session in the order of their ids, each in a line. All must be final.
async fn lines(
    connection: &DatabaseConnection,
    session: &session::Model,
) -> Result<Vec<String>, DbErr> {
    let segments = segment::Entity::find()
        .filter(segment::Column::SessionId.eq(session.id))
        .order_by_asc(segment::Column::Id)
        .all(connection)
        .await?;
    let line = |segment: segment::Model| {
        assert_eq!(segment.kind, Some(segment::Kind::Final));
        let time = |time: Option<i32>| time.map_or("-".to_owned(), |time| time.to_string());
        let (start, end) = (time(segment.start_ms), time(segment.end_ms));
        let speaker = segment.speaker.as_deref().unwrap_or("-");
        let confidence = segment
            .confidence
            .map(|confidence| format!(" ({confidence})"));
        let confidence = confidence.unwrap_or_default();
        format!("{start}-{end} {speaker}: {}{confidence}", segment.text)
    };
    Ok(segments.into_iter().map(line).collect())
}
