//! What people sign in with: usernames and email addresses.

use crate::{
    error::user_error::{UserError, UserErrorCode},
    write::text::{Limit, check_text, is_invisible},
};

/// A username as it is stored: of at most 64 characters, without `@`, so that nobody can take the
/// address of somebody else as their name, and without anything that does not show, so that
/// nobody can have a name that looks like that of somebody else.
///
/// # Errors
///
/// Says what is wrong and what is allowed. The error has no path yet.
pub fn check_username(text: &str) -> Result<String, UserError> {
    let name = check_text(text, Limit::name(64))?;
    if name.contains(|letter: char| letter == '@' || is_hidden(letter)) {
        let message = "It must have neither white space nor `@` nor invisible characters in it.";
        return Err(UserError::new(UserErrorCode::Invalid, [], message));
    }
    Ok(name)
}

/// An email address as it is stored: of at most 120 characters, in lower case, because that is how
/// mail servers take it.
///
/// # Errors
///
/// Says what is wrong and what is allowed. The error has no path yet.
pub fn check_email(text: &str) -> Result<String, UserError> {
    let address = check_text(text, Limit::name(120))?.to_lowercase();
    match address.rsplit_once('@') {
        Some((name, host))
            if !name.is_empty()
                && !host.is_empty()
                && !name.contains('@')
                && !address.contains(is_hidden) =>
        {
            // A letter in lower case can be longer than in upper case.
            check_text(&address, Limit::name(120))
        }
        _ => {
            let message = "It must be an address such as ada@example.com.";
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
