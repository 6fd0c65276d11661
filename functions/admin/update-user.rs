//! `PATCH /admin/users/{id}`: make somebody an administrator, or make them none.

use api::account::{credential, written};
use api::code::{FORBIDDEN, LAST_ADMIN, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::UserBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::ids::UserId;
use serde::Deserialize;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/admin/users/{id}")
    .who(Who::Admin)
    .takes::<RoleChange>()
    .answers::<UserBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, LAST_ADMIN, VERSION_MISMATCH]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, update_user);
}

/// What they may do beside buying, and selling in a store of their own.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    is_admin: bool,
}

/// The next refresh of a session tells; what an administrator does is checked against the table each time.
pub async fn update_user(store: &Store, request: Request) -> Result {
    request.admin(store).await?;
    let id: UserId = request.param("id", "user")?;
    let RoleChange { is_admin } = request.json()?;
    let mut user = store.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    request.if_match(user.version)?;
    if user.is_admin != is_admin {
        let credential = credential(store, &user).await?;
        let after = user.clone().changed(store.now(), |user| user.is_admin = is_admin);
        written(store.change_role(&user, &credential, after).await?)?;
        user = store.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    }
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
