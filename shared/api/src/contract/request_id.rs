//! The request id, which is in every log line and answer.

use std::fmt;

/// The id of a request: the caller's own `x-request-id` if it is valid, or else the gateway's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Takes the first valid candidate: 1 to 64 letters, digits, `-`, `_`, `.`, `=`.
    pub fn first_sane<'a>(candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let sane = |id: &&str| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte))
        };
        Self(candidates.into_iter().find(sane).unwrap_or("unknown").to_owned())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
