//! `GET /auth/sessions`: the caller's sessions.

use api::code::UNAUTHENTICATED;
use api::view::SessionBody;
use api::{Endpoint, Page, Reply, Request, Result, Who};
use domain::account::MOST_SESSIONS;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/auth/sessions")
    .who(Who::Buyer)
    .answers::<Vec<SessionBody>>(200)
    .refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, list_sessions);
}

/// All sessions, the oldest first: there are at most 10.
pub async fn list_sessions(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let sessions = table.sessions(buyer.id).await?.into_iter();
    let sessions: Vec<_> =
        sessions.map(|(id, session)| SessionBody::of(id, session, buyer.session)).collect();
    Reply::page(&sessions, Page { limit: MOST_SESSIONS, next_cursor: None, total: None })
}
