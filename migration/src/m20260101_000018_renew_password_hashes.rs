//! Columns that keep bearer tokens valid while a password hash is renewed.
//!
//! A token carries a fingerprint of the password hash. A sign-in renews a hash of another bcrypt
//! cost than the configured one. The password stays the same, so the tokens stay valid as well.

use sea_orm_migration::{prelude::*, schema::string_len_null};

/// Adds and drops the columns.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "mina_token_generation";

/// The fingerprint of the renewed hash, and the one that tokens carry in its place. SQLite adds and
/// drops one column at a time.
const COLUMNS: [&str; 2] = ["renewed_hash", "token_fingerprint"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let alter = Table::alter()
                .table(TABLE)
                .add_column(string_len_null(column, 16))
                .take();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let alter = Table::alter().table(TABLE).drop_column(column).take();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
