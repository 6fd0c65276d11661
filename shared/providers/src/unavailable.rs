//! The error that all providers share.

/// A provider did not answer in time. The outcome is unknown, so the same call is made again later. Every
/// call has an identity by which the provider does it once.
#[derive(Debug, thiserror::Error)]
#[error("{who}: {cause}")]
pub struct Unavailable {
    /// The provider.
    pub who: &'static str,
    /// The cause, for the log.
    pub cause: String,
}

impl Unavailable {
    /// `who` did not answer because of `cause`.
    pub fn new(who: &'static str, cause: impl ToString) -> Self {
        Self { who, cause: cause.to_string() }
    }
}
