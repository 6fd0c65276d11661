//! Rate limits: how often somebody may ask, and what they are told when that was too often.
//!
//! *Attempts* at what a password or a mail stands before are counted in the table before anything else is done: exactly,
//! and a table that does not answer lets nobody through. All other requests are counted by each instance for itself, and
//! told to the table ten at a time once they are answered; it says in return how often all instances together have let
//! the same caller in. That is cheap and may let ten more through for each instance, and a table that does not answer
//! stops nobody.
//!
//! The address is the one that the gateway saw. No count is of an account alone: nobody can lock its owner out from
//! elsewhere.

mod tally;

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use domain::Timestamp;
use domain::ids::UserId;
use domain::text::Email;
use http::{HeaderName, header};
use store::{Attempt, Store};

use crate::{Problem, Request, Result, Site, code, token};
pub(crate) use tally::Tally;

/// How much of everything a minute has room for; each at least 1.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts from one address, at one account from one network, or by one user.
    pub attempts: u32,
    /// Requests from one address by callers who do not show who they are.
    pub public: u32,
    /// Requests by one user.
    pub signed_in: u32,
}

/// What is limited, by the name that answers give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Policy {
    Attempts,
    Public,
    SignedIn,
}

/// Who is counted, and as what.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    policy: Policy,
    who: String,
}

/// As what a request is counted so far.
#[derive(Debug, Default)]
pub struct Standing(Cell<Option<Policy>>);

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Public => "public",
            Self::SignedIn => "signed-in",
        }
    }
}

impl Limits {
    fn of(self, policy: Policy) -> u32 {
        match policy {
            Policy::Attempts => self.attempts,
            Policy::Public => self.public,
            Policy::SignedIn => self.signed_in,
        }
    }

    /// 429, with the header fields of draft-ietf-httpapi-ratelimit-headers-10.
    fn refusal(self, policy: Policy, wait: Duration) -> Problem {
        let (name, most) = (policy.name(), self.of(policy));
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        Problem::new(code::RATE_LIMITED, "These are too many requests. Please wait before the next one.")
            .header(header::RETRY_AFTER, seconds.to_string())
            .header(HeaderName::from_static("ratelimit-policy"), format!("\"{name}\";q={most};w=60"))
            .header(HeaderName::from_static("ratelimit"), format!("\"{name}\";r=0;t={seconds}"))
    }
}

impl Key {
    fn new(policy: Policy, who: impl Into<String>) -> Self {
        Self { policy, who: who.into() }
    }

    /// What the table knows of it: no address and no e-mail stands there in the clear.
    fn stored(&self) -> String {
        format!("{}#{}", self.policy.name(), token::hash(&self.who))
    }
}

impl Request {
    /// Counts an attempt, before anything is done for it: by address, and by account and network when it is at an
    /// account. 429 when it is one too many, 503 when that cannot be known.
    ///
    /// Both counters are written at the same time. Attempts that run together may so each take the last place of the one
    /// and find the other full: then fewer get through than have room, and never more.
    pub async fn attempt(&self, store: &Store, account: Option<&Email>) -> Result<()> {
        let at_account = async {
            let Some(account) = account else { return Ok(()) };
            self.count_attempt(store, format!("account {account} from {}", prefix(&self.source, 24, 56)))
                .await
        };
        let from_address = self.count_attempt(store, format!("address {}", self.address()));
        let (from_address, at_account) = tokio::join!(from_address, at_account);
        from_address.and(at_account)
    }

    /// Counts an attempt by somebody who is signed in, from wherever: what asks for the password again or sends a mail.
    pub async fn attempt_as(&self, store: &Store, user: UserId) -> Result<()> {
        self.count_attempt(store, format!("user {user}")).await
    }

    async fn count_attempt(&self, store: &Store, who: String) -> Result<()> {
        let limits = self.site.limits;
        match store.count_attempt(&Key::new(Policy::Attempts, who).stored(), limits.attempts).await? {
            Attempt::Admitted => Ok(()),
            Attempt::TooMany(until) => {
                Err(limits.refusal(Policy::Attempts, until.since(self.site.clock.now())))
            }
        }
    }

    /// Lets the request in, before its handler sees it, or refuses it with 429. It counts for its address until a token
    /// is verified; where the address is over its limit, that is done here, and the user's own limit holds.
    pub async fn enter(&self, store: &Store) -> Result<()> {
        let Err(refused) = self.count(Policy::Public, self.address()) else { return Ok(()) };
        if !self.headers.contains_key(header::AUTHORIZATION) {
            return Err(refused);
        }
        match self.buyer(store).await {
            Err(problem) if problem.code != code::RATE_LIMITED => Err(refused),
            known => known.map(drop),
        }
    }

    /// Counts the request for a user whose token is verified, once, and no more for its address. 429 when it is one too
    /// many.
    pub(crate) fn count_for(&self, user: UserId) -> Result<()> {
        match self.standing.0.get() {
            Some(Policy::SignedIn) => return Ok(()),
            Some(_) => self.site.tally.give_back(&Key::new(Policy::Public, self.address())),
            None => {}
        }
        self.standing.0.set(None);
        self.count(Policy::SignedIn, user.to_string())
    }

    fn count(&self, policy: Policy, who: String) -> Result<()> {
        let now = self.site.clock.now();
        let refuse = |until: Timestamp| self.site.limits.refusal(policy, until.since(now));
        self.site.tally.admit(Key::new(policy, who), now).map_err(refuse)?;
        self.standing.0.set(Some(policy));
        Ok(())
    }

    /// The source address. Of IPv6 it is the /64: whoever has one address of that has all of them.
    fn address(&self) -> String {
        prefix(&self.source, 32, 64)
    }
}

impl Site {
    /// Tells the table what is due, and learns who is over a limit. A report that fails is forgotten.
    pub async fn report(&self, store: &Store) {
        while let Some(due) = self.tally.take_due() {
            match store.count_requests(&due.key.stored(), due.minute, due.requests).await {
                Ok(counts) => {
                    let limit = self.limits.of(due.key.policy);
                    self.tally.close(&due.key, counts.free_at(due.minute, limit));
                }
                Err(error) => tracing::warn!(%error, "requests were not counted"),
            }
        }
    }
}

/// The network of an address: its first `v4` or `v6` bits. What is no IP address stands for itself.
fn prefix(source: &str, v4: u32, v6: u32) -> String {
    match source.parse().map(|ip: IpAddr| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => {
            let rest = u32::MAX.checked_shr(v4).unwrap_or(0);
            Ipv4Addr::from_bits(ip.to_bits() & !rest).to_string()
        }
        Ok(IpAddr::V6(ip)) => {
            let rest = u128::MAX.checked_shr(v6).unwrap_or(0);
            Ipv6Addr::from_bits(ip.to_bits() & !rest).to_string()
        }
        Err(_) => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_the_first_bits_of_an_address() {
        for (source, v4, v6, network) in [
            ("192.0.2.77", 32, 64, "192.0.2.77"),
            ("192.0.2.77", 24, 56, "192.0.2.0"),
            ("::ffff:192.0.2.77", 24, 56, "192.0.2.0"),
            ("2001:db8:1:2345:6:7:8:9", 32, 64, "2001:db8:1:2345::"),
            ("2001:db8:1:2345:6:7:8:9", 24, 56, "2001:db8:1:2300::"),
            ("test-invoke-source-ip", 24, 56, "test-invoke-source-ip"),
            ("", 24, 56, ""),
        ] {
            assert_eq!(prefix(source, v4, v6), network, "{source}");
        }
    }

    #[test]
    fn nobody_reads_an_address_or_an_account_from_a_key() {
        let stored = Key::new(Policy::Attempts, "account ann@example.com from 192.0.2.0").stored();
        assert_eq!(stored.split_once('#').unwrap().0, "attempts");
        assert_eq!(stored.len(), "attempts#".len() + 43);
        assert!(!stored.contains("ann") && !stored.contains("192"));
    }

    #[test]
    fn a_refusal_says_when_to_come_again_in_whole_seconds() {
        let limits = Limits { attempts: 10, public: 60, signed_in: 120 };
        for (millis, seconds) in [(23_000, "23"), (22_001, "23"), (1, "1"), (0, "1"), (60_000, "60")] {
            let problem = limits.refusal(Policy::SignedIn, Duration::from_millis(millis));
            let headers: Vec<_> = problem.headers.iter().map(|(_, value)| value.to_str().unwrap()).collect();
            let reset = format!("\"signed-in\";r=0;t={seconds}");
            assert_eq!(headers, [seconds, "\"signed-in\";q=120;w=60", &reset]);
        }
    }
}
