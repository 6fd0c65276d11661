//! The limits, and the answer to requests beyond them.

use std::cell::Cell;
use std::time::Duration;

use http::{HeaderName, header};

use crate::contract::{Problem, code};
use crate::token;

/// The limits for each minute; each is at least 1.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts from one address, at one account from one network, or by one user.
    pub attempts: u32,
    /// Requests from one address by callers who are not signed in.
    pub public: u32,
    /// Requests by one user.
    pub signed_in: u32,
    /// Requests for suggestions from one address.
    pub suggestions: u32,
}

/// A limit, by its name in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Policy {
    Attempts,
    Public,
    SignedIn,
    Suggestions,
}

/// A limit and the caller whom it counts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) policy: Policy,
    who: String,
}

/// The limit under which a request was counted so far.
#[derive(Debug, Default)]
pub struct Standing(pub(crate) Cell<Option<Policy>>);

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Public => "public",
            Self::SignedIn => "signed-in",
            Self::Suggestions => "suggestions",
        }
    }
}

impl Limits {
    pub(crate) fn of(self, policy: Policy) -> u32 {
        match policy {
            Policy::Attempts => self.attempts,
            Policy::Public => self.public,
            Policy::SignedIn => self.signed_in,
            Policy::Suggestions => self.suggestions,
        }
    }

    /// 429, with the header fields of draft-ietf-httpapi-ratelimit-headers-10.
    pub(crate) fn refusal(self, policy: Policy, wait: Duration) -> Problem {
        let (name, most) = (policy.name(), self.of(policy));
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        Problem::new(code::RATE_LIMITED, "Too many requests. Please wait before the next one.")
            .header(header::RETRY_AFTER, seconds.to_string())
            .header(HeaderName::from_static("ratelimit-policy"), format!("\"{name}\";q={most};w=60"))
            .header(HeaderName::from_static("ratelimit"), format!("\"{name}\";r=0;t={seconds}"))
    }
}

impl Key {
    pub(crate) fn new(policy: Policy, who: impl Into<String>) -> Self {
        Self { policy, who: who.into() }
    }

    /// The key in the table. It is hashed, so that the table holds no IP or e-mail address in the clear.
    pub(crate) fn stored(&self) -> String {
        format!("{}#{}", self.policy.name(), token::hash(&self.who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_key_shows_no_address_and_no_account() {
        let stored = Key::new(Policy::Attempts, "account ann@example.com from 192.0.2.0").stored();
        assert_eq!(stored.split_once('#').unwrap().0, "attempts");
        assert_eq!(stored.len(), "attempts#".len() + 43);
        assert!(!stored.contains("ann") && !stored.contains("192"));
    }

    #[test]
    fn a_refusal_says_when_to_come_again_in_whole_seconds() {
        let limits = Limits { attempts: 10, public: 60, signed_in: 120, suggestions: 600 };
        for (millis, seconds) in [(23_000, "23"), (22_001, "23"), (1, "1"), (0, "1"), (60_000, "60")] {
            let problem = limits.refusal(Policy::SignedIn, Duration::from_millis(millis));
            let headers: Vec<_> = problem.headers.iter().map(|(_, value)| value.to_str().unwrap()).collect();
            let reset = format!("\"signed-in\";r=0;t={seconds}");
            assert_eq!(headers, [seconds, "\"signed-in\";q=120;w=60", &reset]);
        }
    }
}
