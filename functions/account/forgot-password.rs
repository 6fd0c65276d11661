//! `POST /auth/password/forgot`: request a mail with a link that sets a new password.

use api::code::VALIDATION_ERROR;
use api::{Endpoint, Reply, Request, Result, Schema, token};
use domain::account::Notice;
use domain::account::email::TypedEmail;
use domain::ids::{Id, UserId};
use domain::messages::SendMail;
use providers::Queue;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/password/forgot")
    .takes::<Forgotten>()
    .accepts()
    .refuses(&[VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, forgot_password);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    email: TypedEmail,
}

/// The answer does not tell whether the account exists, and neither does its time: for an unknown address the
/// same calls are made for a user who does not exist.
pub async fn forgot_password((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let forgotten: Forgotten = request.json()?;
    let ((), credential) =
        tokio::try_join!(request.attempt(table, Some(forgotten.email.canonical())), async {
            Ok(table.typed_credential_now(&forgotten.email).await?)
        })?;
    let user = credential.map_or_else(|| nobody(&forgotten.email), |credential| credential.user_id);
    table.owe_notice(user, Notice::Reset).await?;
    mails.try_send(SendMail::User { user, mail: Notice::Reset }).await;
    Ok(Reply::accepted())
}

fn nobody(email: &TypedEmail) -> UserId {
    let hash = token::hash(email.canonical().as_str());
    UserId::from_bits(hash.bytes().fold(0, |bits: u128, byte| bits.rotate_left(5) ^ u128::from(byte)))
}
