//! Notices that a file is imported a second time.
//!
//! The external id of a session is derived from the workspace and the content of the file. So the
//! session itself is the record, which two imports at the same time cannot both create, and which is
//! gone when the session is deleted: then the file can be imported again.

use std::collections::HashSet;

use entity::session;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{
    error::{ImportError, RepeatedFile},
    recording::Recording,
};
use crate::command_error::CommandError;

/// How many ids one statement looks for.
const IDS_PER_STATEMENT: usize = 1000;

/// The external id of the session for a file in a workspace.
fn session_id(workspace_id: i32, content: &[u8]) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"mina import")
        .chain_update(workspace_id.to_be_bytes())
        .chain_update(content)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The external ids of the sessions for some files, in their order. With `again`, a file that is
/// already there gets a random one.
///
/// # Errors
/// If a file is already there or is given twice, unless `again` is set; or if the database fails.
pub async fn session_ids(
    database: &impl ConnectionTrait,
    workspace_id: i32,
    recordings: &[Recording],
    again: bool,
) -> Result<Vec<Uuid>, Box<dyn CommandError>> {
    let ids = recordings
        .iter()
        .map(|recording| session_id(workspace_id, &recording.source.bytes));
    let mut ids: Vec<Uuid> = ids.collect();
    let stored = stored(database, &ids).await?;
    let mut given = HashSet::new();
    let mut repeated = Vec::new();
    for (id, recording) in ids.iter_mut().zip(recordings) {
        let is_stored = stored.contains(&id.to_string());
        if given.insert(*id) && !is_stored {
            continue;
        }
        if again {
            *id = Uuid::new_v4();
        } else {
            repeated.push(RepeatedFile {
                file: recording.source.name.clone(),
                session: is_stored.then_some(*id),
            });
        }
    }
    if repeated.is_empty() {
        Ok(ids)
    } else {
        Err(ImportError::Repeated(repeated).into())
    }
}

/// Those of the ids that sessions have.
async fn stored(database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashSet<String>, DbErr> {
    let mut stored = HashSet::new();
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        let ids = ids.iter().map(ToString::to_string);
        let found: Vec<String> = session::Entity::find()
            .select_only()
            .column(session::Column::ExternalId)
            .filter(session::Column::ExternalId.is_in(ids))
            .into_tuple()
            .all(database)
            .await?;
        stored.extend(found);
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_the_workspace_and_the_content() {
        let id = session_id(1, b"words");
        assert_eq!(id, session_id(1, b"words"));
        assert_ne!(id, session_id(2, b"words"));
        assert_ne!(id, session_id(1, b"word"));
        assert_eq!(id.get_version_num(), 8);
    }
}
