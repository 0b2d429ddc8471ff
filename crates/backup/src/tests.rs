//! Round trips, and everything that can happen to a backup.

use std::io::{Read, Write};

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{
    chunks::{CHUNK_LENGTH, ChunkWriter, TAG_LENGTH},
    key::KeyKind,
};

/// The length of an encrypted chunk.
const SEALED: usize = CHUNK_LENGTH + TAG_LENGTH;

fn key() -> Key {
    Key::from_file(&[7; 32]).unwrap()
}

fn description() -> Description {
    Description {
        taken_at: DateTime::UNIX_EPOCH,
        mina_version: "0.1.0".to_owned(),
        schema_version: "m1".to_owned(),
        database_bytes: 5,
    }
}

fn backup(content: &[u8], key: &Key) -> Vec<u8> {
    let mut writer = BackupWriter::new(Vec::new(), key, [3; SALT_LENGTH], &description()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn restore(backup: &[u8], key: &Key) -> io::Result<Vec<u8>> {
    let (found, mut reader) = BackupReader::new(backup, key)?;
    assert_eq!(found, description());
    let mut content = Vec::new();
    reader.read_to_end(&mut content)?;
    Ok(content)
}

fn problem(backup: &[u8], key: &Key) -> Problem {
    let error = restore(backup, key).unwrap_err();
    *error.get_ref().unwrap().downcast_ref().unwrap()
}

/// Bytes that cannot be compressed, of so many chunks.
fn noise(chunks: usize) -> Vec<u8> {
    let mut state = 1_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(chunks * CHUNK_LENGTH)
    .collect()
}

/// The length of the header of [`backup`].
fn header_length() -> usize {
    let description = serde_json::to_vec(&description()).unwrap();
    76 + description.len() + 32
}

proptest! {
    #[test]
    fn what_was_backed_up_is_restored(
        content in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..3000),
            (0_usize..200_000).prop_map(|length| noise(4)[..length].to_vec()),
        ],
    ) {
        prop_assert_eq!(restore(&backup(&content, &key()), &key()).unwrap(), content);
    }

    #[test]
    fn whatever_byte_is_changed_is_noticed(place in 0_usize..1_000_000, bits in 1_u8..) {
        let mut backup = backup(b"meetings", &key());
        let place = place % backup.len();
        backup[place] ^= bits;
        // The reserved byte is authenticated, too.
        prop_assert!(restore(&backup, &key()).is_err());
    }
}

#[test]
fn what_can_be_compressed_is() {
    let content = vec![b'a'; 20 * CHUNK_LENGTH];
    let backup = backup(&content, &key());
    assert!(backup.len() < CHUNK_LENGTH, "{}", backup.len());
    assert_eq!(restore(&backup, &key()).unwrap(), content);
}

#[test]
fn nothing_readable_is_in_a_backup() {
    let content = b"the plans of the board".repeat(50);
    let backup = backup(&content, &key());
    assert!(!backup.windows(9).any(|it| it == b"the plans"));
}

#[test]
fn a_backup_that_ends_early_is_incomplete_wherever_it_ends() {
    let backup = backup(&noise(3), &key());
    let header = header_length();
    let chunks = (backup.len() - header).div_ceil(SEALED);
    assert!(chunks > 3);
    for chunk in 1..chunks {
        let end = header + chunk * SEALED;
        let last = u32::try_from(chunk).unwrap() - 1;
        assert_eq!(problem(&backup[..end], &key()), Problem::Truncated(last));
        assert_eq!(
            problem(&backup[..end - 1], &key()),
            Problem::ChunkDamaged(last)
        );
    }
    assert_eq!(
        problem(&backup[..header], &key()),
        Problem::HeaderIncomplete
    );
    for end in [8, 40, header - 1] {
        assert_eq!(problem(&backup[..end], &key()), Problem::HeaderIncomplete);
    }
    for end in [0, 7] {
        assert_eq!(problem(&backup[..end], &key()), Problem::NotABackup);
    }
}

#[test]
fn chunks_that_were_swapped_repeated_or_left_out_are_noticed() {
    let backup = backup(&noise(3), &key());
    let (header, chunks) = backup.split_at(header_length());
    let chunk = |number: usize| &chunks[number * SEALED..(number + 1) * SEALED];
    let rest = &chunks[2 * SEALED..];
    for (changed, first) in [
        ([header, chunk(1), chunk(0), rest].concat(), 0),
        ([header, chunk(0), chunk(0), chunk(1), rest].concat(), 1),
        ([header, chunk(0), rest].concat(), 1),
    ] {
        assert_eq!(problem(&changed, &key()), Problem::ChunkDamaged(first));
    }
}

#[test]
fn what_was_added_is_noticed() {
    let short = [&backup(b"meetings", &key())[..], b"more"].concat();
    assert_eq!(problem(&short, &key()), Problem::ChunkDamaged(0));
    // The last chunk is full.
    let keys = key().derive(key().kind(), &[3; SALT_LENGTH]).unwrap();
    let mut writer = ChunkWriter::new(Vec::new(), &keys);
    writer.write_all(&noise(2)).unwrap();
    let full = writer.finish().unwrap();
    assert_eq!(full.len(), 2 * SEALED);
    let added = [&full[..], &full[..]].concat();
    let error = ChunkReader::new(&added[..], &keys)
        .read_to_end(&mut Vec::new())
        .unwrap_err();
    assert_eq!(error.to_string(), Problem::Extended(1).to_string());
}

#[test]
fn a_changed_header_is_noticed() {
    let backup = backup(b"meetings", &key());
    let change = |place: usize, byte: u8| {
        let mut changed = backup.clone();
        changed[place] = byte;
        problem(&changed, &key())
    };
    assert_eq!(change(0, b'm'), Problem::NotABackup);
    assert_eq!(change(9, 2), Problem::UnknownVersion(2));
    assert_eq!(change(10, 9), Problem::HeaderDamaged("the kind of its key"));
    assert_eq!(change(10, 1), Problem::NeedsPassphrase);
    assert_eq!(change(11, 1), Problem::HeaderChanged);
    assert_eq!(change(30, 9), Problem::WrongKey);
    assert_eq!(change(60, 9), Problem::WrongKey);
    assert_eq!(
        change(72, 9),
        Problem::HeaderDamaged("the length of its description")
    );
    let text = String::from_utf8_lossy(&backup).into_owned();
    let version = backup.windows(5).position(|it| it == b"0.1.0").unwrap();
    assert_eq!(change(version, b'9'), Problem::HeaderChanged, "{text}");
    let end = header_length();
    assert_eq!(change(end - 1, backup[end - 1] ^ 1), Problem::HeaderChanged);
}

#[test]
fn another_key_opens_nothing() {
    let backup = backup(b"meetings", &key());
    let other = Key::from_file("08".repeat(32).as_bytes()).unwrap();
    assert_eq!(problem(&backup, &other), Problem::WrongKey);
    let passphrase = Key::from_passphrase("correct horse battery").unwrap();
    assert_eq!(problem(&backup, &passphrase), Problem::NeedsKeyFile);
    assert_eq!(describe(&backup[..]).unwrap(), description());
}

#[test]
fn a_passphrase_is_a_key() {
    let passphrase = Key::from_passphrase("correct horse battery\n").unwrap();
    let backup = backup(b"meetings", &passphrase);
    assert_eq!(restore(&backup, &passphrase).unwrap(), b"meetings");
    let other = Key::from_passphrase("correct horse batterY").unwrap();
    assert_eq!(problem(&backup, &other), Problem::WrongKey);
    assert_eq!(problem(&backup, &key()), Problem::NeedsPassphrase);
    // Somebody asks for four terabytes.
    let mut costly = backup;
    costly[12..16].fill(0xff);
    assert_eq!(
        problem(&costly, &passphrase),
        Problem::HeaderDamaged("the cost of the passphrase")
    );
}

#[test]
fn keys_are_digits_or_bytes() {
    let digits = "07".repeat(32) + "\n";
    let backup = backup(b"meetings", &Key::from_file(digits.as_bytes()).unwrap());
    assert!(restore(&backup, &key()).is_ok());
    assert_eq!(&Key::file_content(&[7; 32])[..], digits.as_bytes());
    for wrong in ["", "07", &"07".repeat(33)] {
        assert_eq!(
            Key::from_file(wrong.as_bytes()).unwrap_err(),
            KeyError::Malformed
        );
    }
    assert_eq!(
        Key::from_passphrase("hunter2").unwrap_err(),
        KeyError::TooShort
    );
    assert_eq!(format!("{:?}", key()), "********");
}

/// A disk that is full once, and then has room again.
struct FullOnce {
    written: Vec<u8>,
    is_full: bool,
}

impl Write for FullOnce {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.is_full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_is_written_after_a_chunk_that_was_not() {
    let keys = key().derive(KeyKind::File, &[3; SALT_LENGTH]).unwrap();
    let disk = FullOnce {
        written: Vec::new(),
        is_full: true,
    };
    let mut writer = ChunkWriter::new(disk, &keys);
    writer.write_all(&noise(1)).unwrap();
    let error = writer.write_all(b"x").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(writer.write_all(b"x").is_err());
    assert!(writer.finish().is_err());
}
