//! Password hashes: Argon2id with 19 MiB, two passes and one lane, as in OWASP's password storage cheat
//! sheet. One hash takes about 15 ms of a whole core and 19 MiB, which sets the memory size of the functions
//! that sign in. It runs on a thread of its own, so that the handler's other work goes on.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, CustomizedPasswordHasher, PasswordVerifier, try_generate_salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::text::Password;

use crate::contract::{Problem, Result};

/// A hash that no password has. Checking an unknown address against it takes as long as checking a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash to store, as a PHC string.
pub async fn hash(password: Password) -> Result<String> {
    let work = move || {
        let salt = try_generate_salt().map_err(|_| password_hash::Error::Crypto)?;
        Hasher.hash_password_with_params(password.as_bytes(), &salt, Params::default())
    };
    aside(work).await?.map(|hash| hash.to_string()).map_err(Problem::internal)
}

/// Whether the password has this hash. Without a hash it does the same work.
pub async fn matches(password: Password, hash: Option<&str>) -> Result<bool> {
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY)).map_err(Problem::internal)?;
    let work = move || Hasher.verify_password(password.as_bytes(), &parsed).is_ok();
    Ok(aside(work).await? && hash.is_some())
}

/// Runs work on another thread. Logs that it ran, so that a test can count hashes.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tracing::trace!("argon2");
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}

/// The memory of the last hash, kept for the next one. The allocator gives each block of 19 MiB another place
/// among smaller blocks and keeps the old places: a login held 436 MB after 100 hashes. With this it holds 22
/// MB after the first and after the thousandth, besides the pages of its program; `cargo memory` measures it.
/// A hash that finds no kept memory allocates its own. The memory of the first hash that ends is freed if
/// another one is kept.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

fn memory() -> std::sync::MutexGuard<'static, Vec<Block>> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Argon2 in [`MEMORY`]. The crate's own hasher allocates memory for each password.
struct Hasher;

impl CustomizedPasswordHasher<PasswordHash> for Hasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map_or(Ok(Algorithm::default()), Algorithm::try_from)?;
        let version = version.map_or(Ok(Version::default()), Version::try_from)?;
        let mut blocks = std::mem::take(&mut *memory());
        blocks.resize(params.block_count(), Block::new());
        let mut hash = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let hashed = Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
            password,
            salt,
            &mut hash,
            &mut blocks,
        );
        // Anybody who could read these blocks could try passwords against the first ones, for a fraction of
        // the work. Clearing them takes less than a hundredth of the time of a hash.
        blocks.fill(Block::new());
        *memory() = blocks;
        hashed?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(&hash)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    fn password(text: &str) -> Password {
        Password::try_from(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let stored = hash(password("correct horse")).await.unwrap();
        assert!(matches(password("correct horse"), Some(&stored)).await.unwrap());
        assert!(!matches(password("battery staple"), Some(&stored)).await.unwrap());
        assert!(!matches(password("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_equal_those_of_the_crate_in_used_memory() {
        for text in ["correct horse", "battery staple"] {
            let theirs: PasswordHash = Argon2::default().hash_password(text.as_bytes()).unwrap();
            assert!(matches(password(text), Some(&theirs.to_string())).await.unwrap());
            let ours = hash(password(text)).await.unwrap();
            assert!(ours.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{ours}");
            let ours = PasswordHash::new(&ours).unwrap();
            Argon2::default().verify_password(text.as_bytes(), &ours).unwrap();
        }
    }

    #[tokio::test]
    async fn concurrent_hashes_keep_one_cleared_memory() {
        let stored = hash(password("correct horse")).await.unwrap();
        let (a, b, c) = tokio::join!(
            matches(password("correct horse"), Some(&stored)),
            matches(password("battery staple"), Some(&stored)),
            matches(password("correct horse"), Some(&stored)),
        );
        assert_eq!((a.unwrap(), b.unwrap(), c.unwrap()), (true, false, true));
        let blocks = memory();
        assert!(blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
    }
}
