//! `GET /health`: say that the API answers, and which version it is.

use api::{Endpoint, Reply, Request, Result, Schema};
use serde::Serialize;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/health").answers::<Health>(200);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, health);
}

/// What a load balancer or a person wants to know.
#[derive(Serialize, Schema)]
pub struct Health {
    status: &'static str,
    version: &'static str,
}

/// Touches nothing: it must answer while the database does not.
pub async fn health((): &(), _: Request) -> Result {
    Reply::ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
