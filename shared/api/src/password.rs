//! Passwords: Argon2id with 19 MiB, two passes, one lane, as OWASP's password storage cheat sheet has it. One hash takes
//! some 15 ms of a whole core and those 19 MiB: it is the size of the functions that sign in. It runs on a thread of its
//! own, so that what a handler does beside it goes on.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::text::Password;

use crate::{Problem, Result};

/// What an unknown address is checked against, so that it costs what a known one does. No password has this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash to store, as a PHC string.
pub async fn hash(password: Password) -> Result<String> {
    let work = move || {
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string())
    };
    aside(work).await?.map_err(Problem::internal)
}

/// Whether the password is the one with this hash; the same work when there is none.
pub async fn matches(password: Password, hash: Option<&str>) -> Result<bool> {
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY)).map_err(Problem::internal)?;
    let work = move || Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    Ok(aside(work).await? && hash.is_some())
}

/// Says that it ran, so that a test can count.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tracing::trace!("argon2");
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let password = |text: &str| Password::try_from(text.to_owned()).unwrap();
        let stored = hash(password("correct horse")).await.unwrap();
        assert!(matches(password("correct horse"), Some(&stored)).await.unwrap());
        assert!(!matches(password("battery staple"), Some(&stored)).await.unwrap());
        assert!(!matches(password("correct horse"), None).await.unwrap());
    }
}
