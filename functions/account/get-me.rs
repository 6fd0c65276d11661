//! `GET /users/me`: the user who is signed in.

use api::code::UNAUTHENTICATED;
use api::view::UserBody;
use api::{Endpoint, Reply, Request, Result, Who};
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/users/me").who(Who::Buyer).answers::<UserBody>(200).refuses(&[UNAUTHENTICATED]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, get_me);
}

/// As they are at this moment.
pub async fn get_me(table: &Table, request: Request) -> Result {
    let user = request.user(table).await?;
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
