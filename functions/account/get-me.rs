//! `GET /users/me`: the signed-in user.

use api::code::UNAUTHENTICATED;
use api::view::UserBody;
use api::{Endpoint, Reply, Request, Result, Who};
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/users/me").who(Who::Buyer).answers::<UserBody>(200).refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, get_me);
}

/// The answer shows the latest state.
pub async fn get_me(table: &Table, request: Request) -> Result {
    let user = request.user(table).await?;
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
