//! `POST /auth/email/verify`: prove an e-mail address with the token of a mailed link.

use api::account::{credential, link_owner, until_written};
use api::code::{EMAIL_TAKEN, VALIDATION_ERROR};
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::Invalid;
use domain::account::{Notice, User};
use domain::invalid::INVALID;
use domain::messages::SendMail;
use domain::text::Email;
use providers::Queue;
use serde::Deserialize;
use table::{EmailChanged, Table};

pub const ENDPOINT: Endpoint =
    Endpoint::post("/api/v1/auth/email/verify").takes::<Proof>().refuses(&[VALIDATION_ERROR, EMAIL_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, verify_email);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    token: String,
}

/// The token can be sent again. A pending address takes over once.
pub async fn verify_email((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let proof: Proof = request.json()?;
    let user = link_owner(table, &proof.token, |user| user.verify.as_ref()).await?;
    let now = table.now();
    match user.verify_email.clone() {
        Some(email) if email == user.email => {
            let verified = |user: User| match user.email == email {
                true => Ok(user.changed(now, |user| user.email_verified = true)),
                false => Err(superseded()),
            };
            if !user.email_verified {
                table.change_user(user.id, verified).await?.transpose()?;
            }
        }
        Some(email) if Some(&email) == user.pending_email.as_ref() => {
            change(table, &user, email).await?;
            mails.try_send(SendMail::User { user: user.id, mail: Notice::EmailChanged }).await;
        }
        _ => return Err(superseded()),
    }
    Ok(Reply::no_content())
}

async fn change(table: &Table, user: &User, email: Email) -> Result<()> {
    until_written(table, user, async |user| {
        if user.pending_email.as_ref() != Some(&email) {
            return Err(superseded());
        }
        let credential = credential(table, user).await?;
        let after = user.clone().moved_to(email.clone(), table.now());
        match table.change_email(user, &credential, after).await? {
            EmailChanged::Now => Ok(true),
            EmailChanged::Outdated => Ok(false),
            EmailChanged::EmailTaken => Err(Problem::taken(EMAIL_TAKEN, "email")),
        }
    })
    .await
}

/// The address is neither the user's present nor pending one.
fn superseded() -> Problem {
    Problem::invalid("token", &Invalid::new(INVALID, "is not valid, or has expired"))
}
