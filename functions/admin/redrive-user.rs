//! `POST /admin/users/{id}/redrive`: retry the mails that a user is owed.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::UserId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/users/{id}/redrive")
    .who(Who::Admin)
    .accepts()
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, redrive_user);
}

/// Within a minute the sweeper retries all mails that the user is owed.
pub async fn redrive_user(table: &Table, request: Request) -> Result {
    let admin = request.admin(table).await?;
    let id: UserId = request.param("id", "user")?;
    table.redrive_user(id).await?.ok_or_else(|| Problem::missing("user"))?;
    tracing::info!(user = %id, by = %admin.user.id, "redriven");
    Ok(Reply::accepted())
}
