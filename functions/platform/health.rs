//! `GET /health`: whether the API answers, and its version.

use api::{Endpoint, Reply, Request, Result, Schema};
use serde::Serialize;

pub const ENDPOINT: Endpoint = Endpoint::get("/health").answers::<Health>(200);

pub fn main() {
    lambda::run(ENDPOINT, health);
}

/// The API's state, for load balancers and people.
#[derive(Serialize, Schema)]
pub struct Health {
    status: &'static str,
    version: &'static str,
}

/// It calls no other service, so that it answers while the database does not.
pub async fn health((): &(), _: Request) -> Result {
    Reply::ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
