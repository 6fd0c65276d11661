//! Rate limits.
//!
//! *Attempts* are requests that check a password or send a mail. The table counts each one exactly, before
//! any other work; if the table does not answer, the attempt is refused. Other requests are counted by each
//! instance, which reports them to the table in tens after answering. The table's answer to a report says how
//! many requests of this caller all instances have admitted. This is cheap and may admit ten more for each
//! instance; if the table does not answer, the requests are admitted.
//!
//! The address is the one that the gateway saw. No count is for an account alone, so nobody can lock its
//! owner out from elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::Timestamp;
use domain::ids::UserId;
use domain::text::Email;
use table::{Attempt, Table};

use crate::contract::Result;
use crate::deployment::limits::{Key, Policy};
use crate::request::Request;

impl Request {
    /// Counts an attempt before any other work: for the address and, for an attempt at an account, for the
    /// account and the caller's network. 429 over the limit, 503 if the count fails.
    ///
    /// Both counters are written at the same time. Concurrent attempts may each take the last place of one
    /// counter and find the other one full. Then fewer attempts pass than the limits allow, and never more.
    pub async fn attempt(&self, table: &Table, account: Option<&Email>) -> Result<()> {
        let at_account = async {
            let Some(account) = account else { return Ok(()) };
            self.count_attempt(table, format!("account {account} from {}", prefix(&self.source, 24, 56)))
                .await
        };
        let from_address = self.count_attempt(table, format!("address {}", self.address()));
        let (from_address, at_account) = tokio::join!(from_address, at_account);
        from_address.and(at_account)
    }

    /// Counts an attempt by a signed-in user from any address: one that asks for the password again, or sends
    /// a mail.
    pub async fn attempt_as(&self, table: &Table, user: UserId) -> Result<()> {
        self.count_attempt(table, format!("user {user}")).await
    }

    async fn count_attempt(&self, table: &Table, who: String) -> Result<()> {
        let limits = self.deployment.limits;
        match table.count_attempt(&Key::new(Policy::Attempts, who).stored(), limits.attempts).await? {
            Attempt::Admitted => Ok(()),
            Attempt::TooMany(until) => {
                Err(limits.refusal(Policy::Attempts, until.since(self.deployment.clock.now())))
            }
        }
    }

    /// Counts the request once for the user of its verified token, and no longer for its address. 429 over
    /// the limit.
    pub(crate) fn count_for(&self, user: UserId) -> Result<()> {
        match self.standing.0.get() {
            Some(Policy::SignedIn) => return Ok(()),
            Some(_) => self.deployment.tally.give_back(&Key::new(Policy::Public, self.address())),
            None => {}
        }
        self.standing.0.set(None);
        self.count(Policy::SignedIn, user.to_string())
    }

    pub(super) fn count(&self, policy: Policy, who: String) -> Result<()> {
        let now = self.deployment.clock.now();
        let refuse = |until: Timestamp| self.deployment.limits.refusal(policy, until.since(now));
        self.deployment.tally.admit(Key::new(policy, who), now).map_err(refuse)?;
        self.standing.0.set(Some(policy));
        Ok(())
    }

    /// The source address. For IPv6 it is the /64 network, because one subscriber has all addresses of it.
    pub(super) fn address(&self) -> String {
        prefix(&self.source, 32, 64)
    }
}

/// The network of an address: its first `v4` or `v6` bits. A text that is not an IP address is returned
/// unchanged.
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
}
