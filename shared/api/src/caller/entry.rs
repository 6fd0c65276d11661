//! Admission of a request before its handler runs, and the report to the table afterwards.

use http::header;
use table::Table;

use crate::contract::{Result, code};
use crate::deployment::Deployment;
use crate::deployment::limits::Policy;
use crate::request::Request;

impl Request {
    /// Admits the request before its handler runs, or refuses it with 429. A request counts for its address
    /// until its token is verified. If the address is over its limit, the token is verified here, and the
    /// user's own limit counts instead.
    ///
    /// A request for suggestions has a limit of its own, by address only.
    pub async fn enter(&self, table: &Table, suggests: bool) -> Result<()> {
        if suggests {
            return self.count(Policy::Suggestions, self.address());
        }
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
    /// Adds the counts that are due to the table, and learns who is over a limit. A failed report is dropped.
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
