//! The README and the other documents are correct: examples, tables, the diagram and links.

use std::{fs, path::Path, process::Command};

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::{
    Outcome, catalog,
    client::{World, problems},
    database::TestDatabase,
    demo::Demo,
    lines::assert_same_lines,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(diagram);
    suite.without_database(settings);
    suite.without_database(query);
    suite.on_both_databases(mutations);
    suite.without_database(links);
}

const README: &str = include_str!("../README.md");

/// The links that the diagram shows and for which the database has no foreign key.
const LINKS_OVER_EXTERNAL_ID: &[(&str, &str)] = &[("session", "marker"), ("session", "meeting")];

/// The diagram has every table of the data contract with its columns in order, and a line for each
/// link between two tables.
async fn diagram(database: &TestDatabase) -> Outcome {
    let diagram = between(README, "erDiagram\n", "```");
    let mut shown_columns = Vec::new();
    let mut shown_links = Vec::new();
    let mut table = "";
    for line in diagram.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [name, "{"] => table = name,
            ["}"] => {}
            [parent, line, child, ":", ..] if line.contains("--") => {
                shown_links.push(format!("{parent} {child}"));
            }
            [column_type, column] => shown_columns.push(format!("{table} {column} {column_type}")),
            [column_type, column, key] => {
                shown_columns.push(format!("{table} {column} {column_type} {key}"));
            }
            _ => panic!("the diagram has a line of an unknown form: {line:?}"),
        }
    }

    let mut columns = Vec::new();
    let mut links: Vec<String> = LINKS_OVER_EXTERNAL_ID
        .iter()
        .map(|(parent, child)| format!("{parent} {child}"))
        .collect();
    for table in catalog::tables(database.connection()).await? {
        if table == "seaql_migrations" || table.starts_with("mina_") {
            continue;
        }
        for column in catalog::columns(database.connection(), &table).await? {
            let (name, rest) = column.split_once(' ').ok_or("a column without a type")?;
            let column_type = rest.split([' ', '(']).next().unwrap_or_default();
            let mut shown = format!("{table} {name} {}", diagram_type(column_type));
            if rest.contains("PK") {
                shown += " PK";
            }
            if let Some((_, target)) = rest.split_once("FK(") {
                shown += " FK";
                let parent = target.split('.').next().unwrap_or_default();
                links.push(format!("{parent} {table}"));
            }
            columns.push(shown);
        }
    }
    assert_same_lines(
        "the columns of the diagram",
        &sorted(columns),
        &sorted(shown_columns),
    )?;
    assert_same_lines(
        "the links of the diagram",
        &sorted(links),
        &sorted(shown_links),
    )
}

/// The name that the diagram uses for a column type of the data contract.
fn diagram_type(contract_type: &str) -> &str {
    match contract_type {
        "Integer" => "integer",
        "String" => "varchar",
        "Text" => "text",
        "Boolean" => "boolean",
        "Float" => "float",
        "DateTime" => "timestamp",
        "Date" => "date",
        "JSON" => "json",
        other => other,
    }
}

/// The table of settings has every setting that `mina config` prints, with its default, and says
/// of each one what it does.
async fn settings() -> Outcome {
    let empty = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .arg("config")
        .current_dir(empty.path())
        .env_clear()
        .output()?;
    let printed: Vec<String> = String::from_utf8(output.stdout)?
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split("  ").filter(|word| !word.is_empty()).collect();
            let (name, value) = (words[0].trim(), words[1].trim());
            let default = if value == "(not set)" {
                String::new()
            } else {
                format!("`{value}`")
            };
            let flag = name.replace('_', "-");
            let variable = name.to_uppercase();
            format!("| `{name}` | `--{flag}` | `MINA_{variable}` | {default} |")
        })
        .collect();
    let rows = between(README, "| --- | --- | --- | --- | --- |\n", "\n\n");
    assert!(!printed.is_empty(), "mina config prints nothing");
    let mut settings = Vec::new();
    let mut undescribed = Vec::new();
    for row in rows.lines() {
        // The last cell is the description.
        let row = row.strip_suffix(" |").ok_or("a row without an end")?;
        let (setting, description) = row.rsplit_once(" | ").ok_or("a row with one cell")?;
        settings.push(format!("{setting} |"));
        if !description.ends_with('.') {
            undescribed.push(setting.to_owned());
        }
    }
    assert_same_lines("the table of settings", &printed, &settings)?;
    assert_same_lines("the settings without a description", &[], &undescribed)
}

/// The query in the README has the response in the README, on the demo as it is started there.
async fn query() -> Outcome {
    let demo = Demo::start()?;
    let answer = reqwest::Client::new()
        .post(&demo.api)
        .bearer_auth(&demo.token)
        .header("content-type", "application/json")
        .body(between(README, "  -d '", "'\n"))
        .send()
        .await?
        .json::<Value>()
        .await;
    let expected: Value = serde_json::from_str(between(README, "```json\n", "```"))?;
    assert_eq!(answer?, expected);
    Ok(())
}

/// The mutations in the README succeed.
async fn mutations(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let session = ada.make("sessionCreate", json!({}), "session").await?;
    ada.run("sessionStart", json!({"id": session}), "session { id }")
        .await?;
    let documents: Vec<&str> = README.split("```graphql\n").skip(1).collect();
    assert!(documents.len() > 2, "the README shows no mutations");
    for rest in documents {
        let document = rest.split("```").next().unwrap_or_default();
        let variables = json!({"session": session});
        let answer = world.server.ask_as(&ada.token, document, variables).await?;
        let payload = answer
            .data()?
            .as_object()
            .and_then(|data| data.values().next());
        let problems = problems(payload.ok_or("no payload")?);
        // The README shows a placeholder in place of a password.
        assert!(
            problems.is_empty() || document.contains("signIn"),
            "{document} {problems:?}"
        );
    }
    Ok(())
}

/// Every file that a document links to exists, and so does the heading if the link names one.
async fn links() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut checked = 0;
    let mut broken = Vec::new();
    for folder in ["", "docs", "docs/decisions"] {
        for entry in fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let document = fs::read_to_string(&path)?;
            for target in targets(&document) {
                checked += 1;
                if !leads_somewhere(&path, target)? {
                    let document = path.strip_prefix(&root)?.display();
                    broken.push(format!("{document}: {target}"));
                }
            }
        }
    }
    assert!(checked > 0, "no links were found");
    assert_same_lines("the broken links", &[], &broken)
}

/// The targets of the links of a document, other than web addresses.
fn targets(document: &str) -> impl Iterator<Item = &str> {
    let links = document.split("](").skip(1);
    let targets = links.filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.starts_with("http"))
}

/// Whether the file that the document at `path` links to exists, with the heading after `#`.
fn leads_somewhere(path: &Path, target: &str) -> Result<bool, Failed> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let linked = match file {
        "" => path.to_owned(),
        file => path.with_file_name(file),
    };
    if heading.is_empty() {
        return Ok(linked.exists());
    }
    let text = fs::read_to_string(linked)?;
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    Ok(headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading))
}

/// The anchor that a rendered heading has: lower case, with hyphens between words.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("the README has no {start:?}"));
    rest.split(end).next().unwrap_or(rest)
}
