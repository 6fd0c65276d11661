//! `POST /auth/logout`: end the session of a refresh token.

use api::session::{RefreshBody, fingerprint, signed_out};
use api::{Endpoint, Request, Result};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/logout").takes::<RefreshBody>();

pub fn main() {
    lambda::run(ENDPOINT, logout);
}

/// The answer is always 204, also for a token that is not valid.
pub async fn logout(table: &Table, request: Request) -> Result {
    if let Ok(Some(shown)) = request.refresh_token() {
        table.end_session(shown.token.user, shown.token.session, Some(&fingerprint(&shown.text))).await?;
    }
    signed_out()
}
