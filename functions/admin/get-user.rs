//! `GET /admin/users/{id}`: one user.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::UserBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::UserId;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/users/{id}")
    .who(Who::Admin)
    .answers::<UserBody>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, get_user);
}

/// As they are at this moment.
pub async fn get_user(store: &Store, request: Request) -> Result {
    request.admin(store).await?;
    let id: UserId = request.param("id", "user")?;
    let user = store.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
