//! `GET /openapi.json`: the contract of every endpoint, as an OpenAPI 3.1 document.

use api::{Endpoint, Reply, Request, Result};
use serde_json::{Map, Value};

pub const ENDPOINT: Endpoint = Endpoint::get("/openapi.json").answers::<Map<String, Value>>(200).bare();

pub fn main() {
    lambda::run(ENDPOINT, openapi);
}

/// The document is made from the code of the endpoints, so it always matches them.
pub async fn openapi((): &(), _: Request) -> Result {
    Reply::document(include_str!("openapi.json"))
}
