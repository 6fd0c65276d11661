//! `GET /admin/users`: who has an account, newest first.

use api::code::{FORBIDDEN, MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::UserBody;
use api::{Endpoint, Page, Paging, Reply, Request, Result, Who, cursor};
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/users")
    .who(Who::Admin)
    .reads::<Paging>()
    .answers::<Vec<UserBody>>(200)
    .refuses(&[MALFORMED, UNAUTHENTICATED, FORBIDDEN, VALIDATION_ERROR]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, list_users);
}

/// Who registered a moment ago may not be in the list yet.
pub async fn list_users(store: &Store, request: Request) -> Result {
    request.admin(store).await?;
    let paging: Paging = request.query()?;
    let (limit, before) = (paging.limit(), paging.position(ENDPOINT.path)?);

    let (users, next) = store.newest_users(before.as_deref(), limit).await?;
    let next_cursor = next.map(|position| cursor::write(ENDPOINT.path, &position));
    let users: Vec<_> = users.iter().map(UserBody::of).collect();
    Reply::page(&users, Page { limit, next_cursor })
}
