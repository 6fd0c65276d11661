//! `GET /docs`: the contract as a page to read and to try.

use api::{Endpoint, Request, Result};
use serde::Serialize;

pub const ENDPOINT: Endpoint = Endpoint::page("/docs", face::problem);

pub fn main() {
    lambda::run(ENDPOINT, docs);
}

/// The page has no values of its own.
#[derive(Serialize)]
struct Docs {}

/// What the browser may do there: other than on the shop's pages, scripts make elements from text, and styles
/// have pictures in them, as Swagger UI needs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The page loads `/openapi.json`, and calls the endpoints as a reader would.
/// See `docs/decisions/2026-11-28-swagger-ui-shows-the-contract.md`.
pub async fn docs((): &(), request: Request) -> Result {
    Ok(face::page(&request, "docs", Docs {})?.policy(POLICY))
}
