//! The names that users sign in with: usernames and email addresses.

use entity::user;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    write::limit::Limit,
    write::text::{check_text, is_invisible},
    write::transaction::Transaction,
};

/// The maximum length of what somebody signs in with, in characters. No name is longer.
pub(super) const MAX_LOGIN_CHARACTERS: usize = 256;

/// A name to sign in with, unique across all workspaces.
pub(super) struct Name {
    field: &'static str,
    column: user::Column,
    check: fn(&str) -> Result<String, UserError>,
}

pub(super) const USERNAME: Name = Name {
    field: "username",
    column: user::Column::Username,
    check: check_username,
};

pub(super) const EMAIL: Name = Name {
    field: "email",
    column: user::Column::Email,
    check: check_email,
};

impl Name {
    /// The name as it is stored. Adds a problem if the name is invalid, or taken by a user other
    /// than its owner.
    pub(super) async fn check(
        &self,
        tx: &mut Transaction,
        text: &str,
        owner: Option<&user::Model>,
    ) -> Result<String, Error> {
        let name = match (self.check)(text) {
            Ok(name) => name,
            Err(problem) => {
                tx.add_problem(problem.at([self.field]));
                return Ok(String::new());
            }
        };
        let others = user::Entity::find()
            .filter(self.column.eq(&name))
            .filter(user::Column::Id.ne(owner.map_or(0, |user| user.id)))
            .count(tx.connection())
            .await?;
        if others > 0 {
            let message = format!("This {} is already taken.", self.field);
            tx.add_problem(UserError::new(UserErrorCode::Taken, [self.field], message));
        }
        Ok(name)
    }
}

/// A username as it is stored: at most 64 characters, without `@`, so that nobody can use another
/// user's email address as a username, and without invisible characters, so that no two usernames
/// look the same.
///
/// # Errors
///
/// If the username is invalid. The message says what is wrong and what is allowed. The error has no
/// path yet.
pub fn check_username(text: &str) -> Result<String, UserError> {
    let name = check_text(text, Limit::USERNAME)?;
    if name.contains(|letter: char| letter == '@' || is_hidden(letter)) {
        let message = "A username must not contain whitespace, `@` or invisible characters.";
        return Err(UserError::new(UserErrorCode::Invalid, [], message));
    }
    Ok(name)
}

/// An email address as it is stored: at most 120 characters, in lowercase, since mail servers
/// ignore case.
///
/// # Errors
///
/// If the address is invalid. The message says what is wrong and what is allowed. The error has no
/// path yet.
pub fn check_email(text: &str) -> Result<String, UserError> {
    let address = check_text(text, Limit::EMAIL)?.to_lowercase();
    match address.rsplit_once('@') {
        Some((name, host))
            if !name.is_empty()
                && !host.is_empty()
                && !name.contains('@')
                && !address.contains(is_hidden) =>
        {
            // A letter can become longer in lowercase.
            check_text(&address, Limit::EMAIL)
        }
        _ => {
            let message = "An email address must have a form such as ada@example.com.";
            Err(UserError::new(UserErrorCode::Invalid, [], message))
        }
    }
}

fn is_hidden(letter: char) -> bool {
    is_invisible(letter) || letter.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_cannot_be_mistaken_for_each_other() {
        assert_eq!(check_username(" ada ").unwrap(), "ada");
        assert_eq!(check_email(" Ada@Example.com ").unwrap(), "ada@example.com");
        for name in [
            "ada@example.com",
            "ada b",
            "a\u{7}",
            "\u{202e}ada",
            "",
            &"a".repeat(65),
        ] {
            assert!(check_username(name).is_err(), "{name:?}");
        }
        let too_long = format!("{}@example.com", "a".repeat(109));
        for address in [
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a b@c",
            too_long.as_str(),
        ] {
            assert!(check_email(address).is_err(), "{address:?}");
        }
    }
}
