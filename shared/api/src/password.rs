//! Passwords: Argon2id with 19 MiB, two passes, one lane, as OWASP's password storage cheat sheet has it. One hash takes
//! some 15 ms and those 19 MiB: it is the size of the functions that sign in.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::text::Password;

use crate::{Problem, Result};

/// What an unknown address is checked against, so that it costs what a known one does. No password has this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash to store, as a PHC string.
pub fn hash(password: &Password) -> Result<String> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(Problem::internal)?;
    Ok(hash.to_string())
}

/// Whether the password is the one with this hash; the same work when there is none.
pub fn matches(password: &Password, hash: Option<&str>) -> Result<bool> {
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY)).map_err(Problem::internal)?;
    let matches = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    Ok(matches && hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_matches() {
        let password = |text: &str| Password::try_from(text.to_owned()).unwrap();
        let stored = hash(&password("correct horse")).unwrap();
        assert!(matches(&password("correct horse"), Some(&stored)).unwrap());
        assert!(!matches(&password("battery staple"), Some(&stored)).unwrap());
        assert!(!matches(&password("correct horse"), None).unwrap());
    }
}
