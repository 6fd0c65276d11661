//! `GET /admin/users/{id}`: one user.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::UserBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::UserId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/users/{id}")
    .who(Who::Admin)
    .answers::<UserBody>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_user);
}

/// The answer shows the latest state.
pub async fn get_user(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let id: UserId = request.param("id", "user")?;
    let user = table.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
