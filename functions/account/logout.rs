//! `POST /auth/logout`: end the session of a refresh token.

use api::code::VALIDATION_ERROR;
use api::session::{Delivery, RefreshBody, Shown, fingerprint, signed_out};
use api::{Endpoint, Request, Result};
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::post("/api/v1/auth/logout").takes::<RefreshBody>().refuses(&[VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, logout);
}

/// The sessions of the cookies end too, even if the body is refused. A token that is not valid is answered
/// with 204.
pub async fn logout(table: &Table, request: Request) -> Result {
    let body = request.refresh_body();
    let of_body = body.iter().flatten().filter_map(|text| Shown::read(text, Delivery::Body));
    for Shown { text, token, .. } in request.refresh_cookies().into_iter().chain(of_body) {
        table.end_session(token.user, token.session, Some(&fingerprint(&text))).await?;
    }
    body?;
    signed_out()
}
