//! How a request is let in before its handler sees it, and what the table is told of it afterwards.

use http::header;
use table::Table;

use crate::contract::{Result, code};
use crate::deployment::Deployment;
use crate::deployment::limits::Policy;
use crate::request::Request;

impl Request {
    /// Lets the request in, before its handler sees it, or refuses it with 429. It counts for its address
    /// until a token is verified; where the address is over its limit, that is done here, and the user's own
    /// limit holds.
    pub async fn enter(&self, table: &Table) -> Result<()> {
        let Err(refused) = self.count(Policy::Public, self.address()) else { return Ok(()) };
        if !self.headers.contains_key(header::AUTHORIZATION) {
            return Err(refused);
        }
        match self.buyer(table).await {
            Err(problem) if problem.code != code::RATE_LIMITED => Err(refused),
            known => known.map(drop),
        }
    }
}

impl Deployment {
    /// Tells the table what is due, and learns who is over a limit. A report that fails is forgotten.
    pub async fn report(&self, table: &Table) {
        while let Some(due) = self.tally.take_due() {
            match table.count_requests(&due.key.stored(), due.minute, due.requests).await {
                Ok(counts) => {
                    let limit = self.limits.of(due.key.policy);
                    self.tally.close(&due.key, counts.free_at(due.minute, limit));
                }
                Err(error) => tracing::warn!(%error, "requests were not counted"),
            }
        }
    }
}
