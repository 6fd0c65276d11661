//! `GET /admin/users`: all users, newest first.

use api::code::{FORBIDDEN, MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::UserBody;
use api::{Endpoint, Paging, Request, Result, Who};
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/users")
    .who(Who::Admin)
    .reads::<Paging>()
    .answers::<Vec<UserBody>>(200)
    .refuses(&[MALFORMED, UNAUTHENTICATED, FORBIDDEN, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_users);
}

/// A user who registered a moment ago may be missing.
pub async fn list_users(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let page = request.query::<Paging>()?.of(ENDPOINT.path)?;

    let Page { rows: users, next } = table.newest_users(page.after(), page.limit).await?;
    let users: Vec<_> = users.iter().map(UserBody::of).collect();
    page.reply(&users, next)
}
