//! The differences between a database and the data contract, for people and programs.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

/// How much a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Adoption is rejected until it is gone, or until the named option is given.
    Blocks,
    /// `--apply` adds what is missing.
    Adds,
    /// It stays, and Mina works with it.
    Notes,
}

/// A difference.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The table, with its name in the database.
    pub table: String,
    /// The column, if it is one column's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What differs, and what follows from that.
    pub message: String,
    /// The option that removes the difference, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<&'static str>,
    /// How many rows have it, if it is in rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// The ids of some of these rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<i64>,
}

impl Finding {
    /// A difference of a table.
    pub fn of_table(level: Level, table: &str, message: impl Into<String>) -> Self {
        Self {
            level,
            table: table.to_owned(),
            column: None,
            message: message.into(),
            option: None,
            rows: None,
            ids: Vec::new(),
        }
    }

    /// A difference of a column.
    pub fn of_column(level: Level, table: &str, column: &str, message: impl Into<String>) -> Self {
        Self {
            column: Some(column.to_owned()),
            ..Self::of_table(level, table, message)
        }
    }

    /// The same, which this option removes.
    pub fn with_option(self, option: &'static str) -> Self {
        Self {
            option: Some(option),
            ..self
        }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        f.write_str(": ")?;
        if let Some(rows) = self.rows {
            let rows_are = if rows == 1 { "row" } else { "rows" };
            write!(f, "{rows} {rows_are} ")?;
            let ids: Vec<String> = self.ids.iter().map(ToString::to_string).collect();
            let more = usize::try_from(rows).is_ok_and(|rows| rows > ids.len());
            let more = if more { ", …" } else { "" };
            write!(f, "(id {}{more}): ", ids.join(", "))?;
        }
        f.write_str(&self.message)?;
        match self.option {
            Some(option) => write!(f, " [{option}]"),
            None => Ok(()),
        }
    }
}

/// All differences.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Them, those that matter most first.
    pub differences: Vec<Finding>,
}

impl Report {
    /// Those of a level.
    pub fn of(&self, level: Level) -> impl Iterator<Item = &Finding> {
        let differences = self.differences.iter();
        differences.filter(move |finding| finding.level == level)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.differences.is_empty() {
            return f.write_str("the database is as the data contract says\n");
        }
        let sections = [
            (Level::Blocks, "These differences block adoption:"),
            (Level::Adds, "`--apply` adds what is missing:"),
            (Level::Notes, "These differences stay:"),
        ];
        for (level, heading) in sections {
            if self.of(level).next().is_some() {
                writeln!(f, "{heading}")?;
            }
            for finding in self.of(level) {
                writeln!(f, "  {finding}")?;
            }
        }
        Ok(())
    }
}
