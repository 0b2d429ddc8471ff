//! Changes the statement that created a table of SQLite, and keeps everything in it that Mina does not
//! know: other columns, defaults, constraints, generated columns, collations.

use super::{apply::is_time_of_row, catalog::FoundTable};
use crate::database::contract::{Column, OnDelete, Table};

/// What a constraint of a table begins with.
const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// The statement that creates the table as the contract wants it, under another name, or `None` if the
/// statement cannot be read.
pub fn rebuilt(sql: &str, name: &str, table: &Table, found: &FoundTable) -> Option<String> {
    let tokens = tokens(sql);
    let body = tokens.iter().position(|token| token.starts_with('('))?;
    let inside = tokens[body].strip_prefix('(')?.strip_suffix(')')?;
    let mut columns = Vec::new();
    let mut constraints = Vec::new();
    let inside = self::tokens(inside);
    for part in inside.split(|token| *token == ",") {
        let first = part.first()?;
        if CONSTRAINTS.iter().any(|it| first.eq_ignore_ascii_case(it)) {
            constraints.extend(constraint(part, table));
        } else {
            columns.push(column(part, table));
        }
    }
    for column in table.columns {
        if let Some(target) = column.target
            && found.column(column.name).is_some()
            && found.key(column.name).is_none()
        {
            let (column, action) = (column.name, column.on_delete.sql());
            constraints.push(format!(
                r#"FOREIGN KEY ("{column}") REFERENCES "{target}" (id) ON DELETE {action}"#
            ));
        }
    }
    columns.extend(constraints);
    let is_strict = tokens[body..]
        .iter()
        .any(|it| it.eq_ignore_ascii_case("STRICT"));
    let strict = if is_strict { " STRICT" } else { "" };
    let columns = columns.join(", ");
    Some(format!(r#"CREATE TABLE "{name}" ({columns}){strict}"#))
}

/// The definition of a column.
fn column(part: &[&str], table: &Table) -> String {
    let name = unquoted(part[0]);
    if name.eq_ignore_ascii_case("id") {
        return "\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT".to_owned();
    }
    let mut tokens: Vec<String> = part.iter().map(|it| (*it).to_owned()).collect();
    let Some(column) = table
        .columns
        .iter()
        .find(|it| it.name.eq_ignore_ascii_case(&name))
    else {
        return tokens.join(" ");
    };
    if !column.is_required
        && let Some(not) = position(&tokens, &["NOT", "NULL"])
    {
        tokens.drain(not..not + 2);
    }
    if position(&tokens, &["DEFAULT"]).is_none() {
        let default = match column.default {
            Some(default) => Some(default),
            None => is_time_of_row(column).then_some("CURRENT_TIMESTAMP"),
        };
        // The first constraint of a column can have a name, and defaults can come before it.
        let end = [
            "CONSTRAINT",
            "REFERENCES",
            "CHECK",
            "UNIQUE",
            "COLLATE",
            "NOT",
        ]
        .iter()
        .filter_map(|it| position(&tokens, &[it]))
        .min();
        if let Some(default) = default {
            tokens.insert(end.unwrap_or(tokens.len()), format!("DEFAULT {default}"));
        }
    }
    set_on_delete(&mut tokens, column);
    tokens.join(" ")
}

/// A constraint of the table, or `None` if that is the primary key, which the id has.
fn constraint(part: &[&str], table: &Table) -> Option<String> {
    let mut tokens: Vec<String> = part.iter().map(|it| (*it).to_owned()).collect();
    if position(&tokens, &["PRIMARY", "KEY"]).is_some() {
        return None;
    }
    if let Some(foreign) = position(&tokens, &["FOREIGN", "KEY"]) {
        let columns = tokens.get(foreign + 2).cloned().unwrap_or_default();
        let columns = columns.trim_matches(['(', ')']);
        let column = table
            .columns
            .iter()
            .find(|it| it.name.eq_ignore_ascii_case(&unquoted(columns.trim())));
        if let Some(column) = column {
            set_on_delete(&mut tokens, column);
        }
    }
    Some(tokens.join(" "))
}

/// Lets a foreign key do what the contract says when the row is deleted that it refers to.
fn set_on_delete(tokens: &mut Vec<String>, column: &Column) {
    let Some(references) = position(tokens, &["REFERENCES"]) else {
        return;
    };
    if column.target.is_none() || column.on_delete == OnDelete::NoAction {
        return;
    }
    if let Some(on) = position(tokens, &["ON", "DELETE"]) {
        let has_two = tokens
            .get(on + 2)
            .is_some_and(|it| it.eq_ignore_ascii_case("SET") || it.eq_ignore_ascii_case("NO"));
        let end = if has_two { on + 4 } else { on + 3 };
        tokens.drain(on..end.min(tokens.len()));
    }
    let has_columns = tokens
        .get(references + 2)
        .is_some_and(|it| it.starts_with('('));
    let end = references + if has_columns { 3 } else { 2 };
    let action = format!("ON DELETE {}", column.on_delete.sql());
    tokens.insert(end.min(tokens.len()), action);
}

/// Where these words are, in any letter case.
fn position(tokens: &[String], words: &[&str]) -> Option<usize> {
    tokens.windows(words.len()).position(|window| {
        window
            .iter()
            .zip(words)
            .all(|(token, word)| token.eq_ignore_ascii_case(word))
    })
}

/// A name without its quotes.
fn unquoted(name: &str) -> String {
    name.trim_matches(['"', '`', '[', ']', '\'']).to_owned()
}

/// Words, names and texts with their quotes, and everything between parentheses as one token. Comments
/// are left out.
fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => comment(rest, "\n"),
            '/' if rest.starts_with("/*") => comment(rest, "*/"),
            '(' => group(rest),
            '\'' | '"' | '`' | '[' => quoted(rest),
            _ if is_of_word(first) => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length.min(rest.len()));
        if !token.starts_with("--") && !token.starts_with("/*") {
            tokens.push(token);
        }
        rest = after.trim_start();
    }
    tokens
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '.'
}

fn comment(rest: &str, end: &str) -> usize {
    rest.find(end).map_or(rest.len(), |at| at + end.len())
}

/// The length of the text or name that this begins with. A quote in it is written twice, which makes two
/// tokens of it that stay side by side.
fn quoted(rest: &str) -> usize {
    let end = match rest.as_bytes()[0] {
        b'[' => ']',
        quote => char::from(quote),
    };
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == end {
            let is_doubled = characters
                .peek()
                .is_some_and(|(_, next)| *next == end && end != ']');
            if !is_doubled {
                return at + 1;
            }
            characters.next();
        }
    }
    rest.len()
}

/// The length up to the parenthesis that closes the first one.
fn group(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(first) = rest[at..].chars().next() {
        let length = match first {
            '\'' | '"' | '`' | '[' => quoted(&rest[at..]),
            '-' if rest[at..].starts_with("--") => comment(&rest[at..], "\n"),
            '/' if rest[at..].starts_with("/*") => comment(&rest[at..], "*/"),
            _ => first.len_utf8(),
        };
        at += length;
        match first {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::contract::TABLES;

    #[test]
    fn what_mina_does_not_know_is_kept() {
        let sql = "CREATE TABLE \"task\" (
            id BIGINT NOT NULL, -- the key, (really
            title VARCHAR(255) NOT NULL COLLATE NOCASE CHECK (title <> 'a''), b('),
            status VARCHAR(20) NOT NULL CONSTRAINT known CHECK (status IN ('todo', 'x')),
            meeting_id INTEGER NOT NULL REFERENCES meeting (id) ON UPDATE CASCADE,
            depends_on_task_id INTEGER, created_by_id INTEGER NOT NULL,
            labels TEXT DEFAULT (lower('A,B')) /* free */,
            short TEXT GENERATED ALWAYS AS (substr(title, 1, 3)) STORED,
            PRIMARY KEY (id), CONSTRAINT uq UNIQUE (title, meeting_id),
            CONSTRAINT fk FOREIGN KEY(depends_on_task_id) REFERENCES task (id) ON DELETE NO ACTION
                DEFERRABLE INITIALLY DEFERRED
        ) WITHOUT ROWID";
        let mut found = FoundTable::default();
        let key = |column: &str| crate::commands::migrate::adopt::catalog::FoundKey {
            name: String::new(),
            column: column.to_owned(),
            target: "x".to_owned(),
            on_delete: "NO ACTION".to_owned(),
            definition: String::new(),
        };
        found.keys = vec![key("meeting_id"), key("depends_on_task_id")];
        let rebuilt = rebuilt(sql, "new", &TABLES[5], &found).unwrap();
        let expected = "CREATE TABLE \"new\" (\
            \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \
            title VARCHAR (255) NOT NULL COLLATE NOCASE CHECK (title <> 'a''), b('), \
            status VARCHAR (20) DEFAULT 'todo' CONSTRAINT known CHECK (status IN ('todo', 'x')), \
            meeting_id INTEGER NOT NULL REFERENCES meeting (id) ON DELETE CASCADE ON UPDATE CASCADE, \
            depends_on_task_id INTEGER, created_by_id INTEGER NOT NULL, \
            labels TEXT DEFAULT (lower('A,B')), \
            short TEXT GENERATED ALWAYS AS (substr(title, 1, 3)) STORED, \
            CONSTRAINT uq UNIQUE (title, meeting_id), \
            CONSTRAINT fk FOREIGN KEY (depends_on_task_id) REFERENCES task (id) \
            ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED)";
        assert_eq!(rebuilt, expected);
    }
}
