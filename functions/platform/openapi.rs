//! `GET /openapi.json`: the contract of every endpoint, as an OpenAPI 3.1 document.

use api::{Endpoint, Reply, Request, Result};
use serde_json::{Map, Value};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/openapi.json").answers::<Map<String, Value>>(200).bare();

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, openapi);
}

/// A test makes the file from every `ENDPOINT`, so what is served cannot drift from what is done.
pub async fn openapi((): &(), _: Request) -> Result {
    Reply::document(include_str!("openapi.json"))
}
