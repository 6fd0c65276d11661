//! `PUT /users/me/password`: change the password.

use api::account::{confirm, until_written};
use api::code::{UNAUTHENTICATED, VALIDATION_ERROR};
use api::session::signed_out;
use api::{Endpoint, Request, Result, Schema, Who, password};
use domain::account::Notice;
use domain::messages::SendMail;
use domain::text::Password;
use providers::Queue;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::put("/api/v1/users/me/password")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .who(Who::Buyer)
    .takes::<Passwords>()
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, change_password);
}

/// The current and the new password.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    current_password: Password,
    new_password: Password,
}

/// All sessions end, including that of this request.
pub async fn change_password((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let user = request.user(table).await?;
    let passwords: Passwords = request.json()?;
    request.attempt_as(table, user.id).await?;
    let credential = confirm(table, &user, passwords.current_password, "current_password").await?;
    let hash = password::hash(passwords.new_password).await?;
    until_written(table, &user, async |user| {
        let after = user.clone().with_another_password(table.now());
        Ok(table.change_password(user, &credential, after, hash.clone()).await?)
    })
    .await?;
    mails.try_send(SendMail::User { user: user.id, mail: Notice::PasswordChanged }).await;
    signed_out()
}
