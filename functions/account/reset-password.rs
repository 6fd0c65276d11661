//! `POST /auth/password/reset`: set a new password with the token of a mailed link.

use api::account::{credential, link_owner, until_written};
use api::code::VALIDATION_ERROR;
use api::session::signed_out;
use api::{Endpoint, Request, Result, Schema, password};
use domain::account::{Notice, User};
use domain::messages::SendMail;
use domain::text::Password;
use providers::Queue;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/password/reset")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .takes::<Reset>()
    .refuses(&[VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, reset_password);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    token: String,
    new_password: Password,
}

/// The token works once, and also proves the address. All sessions end.
pub async fn reset_password((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let reset: Reset = request.json()?;
    let user = link_owner(table, &reset.token, |user| user.reset.as_ref()).await?;
    let credential = credential(table, &user).await?;
    let hash = password::hash(reset.new_password).await?;
    until_written(table, &user, async |seen| {
        // The token was used or replaced meanwhile: a repeat of the request is refused.
        if seen.reset != user.reset {
            return Ok(false);
        }
        let after = User { email_verified: true, ..seen.clone() }.with_another_password(table.now());
        Ok(table.change_password(seen, &credential, after, hash.clone()).await?)
    })
    .await?;
    mails.try_send(SendMail::User { user: user.id, mail: Notice::PasswordChanged }).await;
    signed_out()
}
