//! `PATCH /admin/users/{id}`: give or take administrator rights.

use api::account::{credential, unless_last_admin, until_written};
use api::code::{FORBIDDEN, LAST_ADMIN, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::UserBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::ids::UserId;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/admin/users/{id}")
    .who(Who::Admin)
    .takes::<RoleChange>()
    .answers::<UserBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, LAST_ADMIN, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, update_user);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    is_admin: bool,
}

/// The change shows in a user's access tokens after their next refresh. Every request of an administrator
/// also checks the table.
pub async fn update_user(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let id: UserId = request.param("id", "user")?;
    let RoleChange { is_admin } = request.json()?;
    let mut user = table.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    request.if_match(user.version)?;
    if user.is_admin != is_admin {
        until_written(table, &user, async |user| {
            request.if_match(user.version)?;
            if user.is_admin == is_admin {
                return Ok(true);
            }
            let credential = credential(table, user).await?;
            let after = user.clone().changed(table.now(), |user| user.is_admin = is_admin);
            unless_last_admin(table.change_role(user, &credential, after).await?)
        })
        .await?;
        user = table.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    }
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
