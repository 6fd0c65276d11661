//! `DELETE /auth/sessions`: end all sessions.

use api::code::UNAUTHENTICATED;
use api::session::signed_out;
use api::{Endpoint, Request, Result, Who};
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::delete("/api/v1/auth/sessions").who(Who::Buyer).refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, end_sessions);
}

/// The session of this request ends, too. Access tokens stay valid for at most 15 minutes.
pub async fn end_sessions(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    table.end_sessions(buyer.id).await?;
    signed_out()
}
