//! `DELETE /users/me`: delete the caller's account.

use api::account::{confirm, delete};
use api::code::{LAST_ADMIN, OPEN_ORDERS, UNAUTHENTICATED, VALIDATION_ERROR};
use api::session::signed_out;
use api::{Endpoint, Request, Result, Schema, Who};
use domain::messages::EraseUser;
use domain::text::Password;
use providers::Queue;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/users/me")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .who(Who::Buyer)
    .takes::<Farewell>()
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, LAST_ADMIN, OPEN_ORDERS]);

pub fn main() {
    lambda::run(ENDPOINT, delete_me);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Farewell {
    password: Password,
}

/// Nobody can sign in to the account any more. Orders are kept for accounting. A worker erases their
/// addresses and contacts.
pub async fn delete_me((table, erasures): &(Table, Queue<EraseUser>), request: Request) -> Result {
    let user = request.user(table).await?;
    let farewell: Farewell = request.json()?;
    request.attempt_as(table, user.id).await?;
    let credential = confirm(table, &user, farewell.password, "password").await?;
    delete(table, &user, &credential).await?;
    erasures.try_send(EraseUser::all_of(user.id)).await;
    signed_out()
}
