//! `DELETE /auth/sessions`: be signed in nowhere any more.

use api::code::UNAUTHENTICATED;
use api::session::signed_out;
use api::{Endpoint, Request, Result, Who};
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint =
    Endpoint::delete("/api/v1/auth/sessions").who(Who::Buyer).refuses(&[UNAUTHENTICATED]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, end_sessions);
}

/// The session of this very request ends too. Access tokens that are out live on for at most 15 minutes.
pub async fn end_sessions(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    table.end_sessions(buyer.id).await?;
    signed_out()
}
