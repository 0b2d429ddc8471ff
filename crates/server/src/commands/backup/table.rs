//! The table of `mina backup list`.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use crate::backup::BackupFile;

/// How many characters of a text in a header are shown. What Mina writes there is shorter.
const MAX_SHOWN: usize = 80;

/// One line for each backup, below a heading.
pub fn table(files: &[BackupFile], now: DateTime<Utc>) -> String {
    if files.is_empty() {
        return "there are no backups\n".to_owned();
    }
    let mut table = format!(
        "{:20}  {:>9}  {:>9}  {:8}  {:44}  NAME\n",
        "TAKEN AT (UTC)", "SIZE", "DATABASE", "MINA", "SCHEMA"
    );
    for file in files {
        let time = file.taken_at.format("%Y-%m-%d %H:%M:%S");
        let (size, name) = (size(file.bytes), file.name());
        let (database, version, schema) = match file.description() {
            Ok(it) => (
                self::size(it.database_bytes),
                printable(&it.mina_version),
                printable(&it.schema_version),
            ),
            Err(error) => ("-".to_owned(), "-".to_owned(), error.to_string()),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(
            table,
            "{time:20}  {size:>9}  {database:>9}  {version:8}  {schema:44}  {name}",
            time = time.to_string()
        );
    }
    let future = files.iter().filter(|file| file.is_of_future(now));
    for file in future {
        let name = file.name();
        let _ = writeln!(
            table,
            "{name} was taken in the future: under a clock that was wrong"
        );
    }
    table
}

/// What a header says, as it can be printed: nobody has checked who has written it.
fn printable(text: &str) -> String {
    let shown = text.chars().take(MAX_SHOWN);
    shown.flat_map(char::escape_debug).collect()
}

/// A size as people read it.
fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = bytes;
    let mut rest = 0;
    let mut unit = 0;
    while scaled >= 1024 && unit + 1 < units.len() {
        rest = scaled % 1024;
        scaled /= 1024;
        unit += 1;
    }
    match unit {
        0 => format!("{scaled} B"),
        _ => format!("{scaled}.{} {}", rest * 10 / 1024, units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_header_moves_the_cursor() {
        assert_eq!(printable("0.1.0"), "0.1.0");
        assert_eq!(printable("\u{1b}[2J\n"), "\\u{1b}[2J\\n");
        assert_eq!(printable(&"x".repeat(100)).len(), MAX_SHOWN);
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(5 * 1024 * 1024 * 1024 - 1), "4.9 GiB");
        assert_eq!(size(u64::MAX), "16777215.9 TiB");
    }
}
