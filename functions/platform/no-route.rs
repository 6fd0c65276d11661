//! Everything that is no route: 404, or 405 where the path has other methods.

use api::{Endpoint, Problem, Request, Result};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::any("$default");

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, no_route);
}

/// Says so in the shape of every other error, where the gateway's own answer would differ.
pub async fn no_route((): &(), _: Request) -> Result {
    Err(Problem::missing("route"))
}
