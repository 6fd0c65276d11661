//! `DELETE /auth/sessions/{id}`: end one session, such as that of a lost telephone.

use api::code::{NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::SessionId;
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::delete("/api/v1/auth/sessions/{id}").who(Who::Buyer).refuses(&[UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, end_session);
}

/// An access token of the session stays valid for at most 15 minutes.
pub async fn end_session(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: SessionId = request.param("id", "session")?;
    match table.end_session(buyer.id, id, None).await? {
        true => Ok(Reply::no_content()),
        false => Err(Problem::missing("session")),
    }
}
