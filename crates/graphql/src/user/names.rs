//! What people sign in with: usernames and email addresses.

use crate::{
    user_error::{UserError, UserErrorCode},
    write::{Limit, check_text},
};

/// A username as it is stored: of at most 64 characters, with neither white space nor `@`, so that
/// nobody can take the address of somebody else as their name.
///
/// # Errors
///
/// Says what is wrong and what is allowed. The error has no path yet.
pub fn check_username(text: &str) -> Result<String, UserError> {
    let name = check_text(text, Limit::name(64))?;
    if name.contains(|letter: char| letter == '@' || letter.is_whitespace() || letter.is_control())
    {
        let message = "It must have neither white space nor `@` in it.";
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
    let is_bad = |letter: char| letter.is_whitespace() || letter.is_control();
    match address.rsplit_once('@') {
        Some((name, host))
            if !name.is_empty()
                && !host.is_empty()
                && !name.contains('@')
                && !address.contains(is_bad) =>
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_cannot_be_mistaken_for_each_other() {
        assert_eq!(check_username(" ada ").unwrap(), "ada");
        assert_eq!(check_email(" Ada@Example.com ").unwrap(), "ada@example.com");
        for name in ["ada@example.com", "ada b", "a\u{7}", "", &"a".repeat(65)] {
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
