//! `GET /openapi.json`: the contract of every endpoint, as an OpenAPI 3.1 document.

use std::sync::LazyLock;

use api::{Encoding, Endpoint, Reply, Request, Result};
use serde_json::{Map, Value};

pub const ENDPOINT: Endpoint = Endpoint::get("/openapi.json").answers::<Map<String, Value>>(200).bare();

pub fn main() {
    lambda::run(ENDPOINT, openapi);
}

/// The document as it is reviewed, in lines.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document without white space: half of its size.
static COMPACT: LazyLock<String> = LazyLock::new(|| {
    let document = serde_json::from_str::<Value>(DOCUMENT);
    document.map_or_else(|_| DOCUMENT.to_owned(), |document| document.to_string())
});

/// The document is made from the code of the endpoints, so it always matches them.
pub async fn openapi((): &(), request: Request) -> Result {
    let encoded = Encoding::accepted(&request.headers).encode(COMPACT.clone());
    Reply::bytes("application/json", encoded)
}
