//! The error that every provider has.

/// Somebody outside did not answer, or not in time. What they did is not known, so the same call is made
/// again later; every call here carries an identity by which the other side does it once.
#[derive(Debug, thiserror::Error)]
#[error("{who}: {cause}")]
pub struct Unavailable {
    /// Who did not answer.
    pub who: &'static str,
    /// What is known about it.
    pub cause: String,
}

impl Unavailable {
    /// `who` did not answer because of `cause`.
    pub fn new(who: &'static str, cause: impl ToString) -> Self {
        Self { who, cause: cause.to_string() }
    }
}
