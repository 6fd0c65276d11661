//! `PATCH /users/me`: change one's name, or begin to change one's address.

use api::account::confirm;
use api::code::{EMAIL_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::UserBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::Invalid;
use domain::account::{Notice, User};
use domain::invalid::REQUIRED;
use domain::messages::SendMail;
use domain::text::{Email, Name, Password};
use providers::Queue;
use serde::Deserialize;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/users/me")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .who(Who::Buyer)
    .takes::<Profile>()
    .answers::<UserBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, EMAIL_TAKEN, VERSION_MISMATCH]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, update_me);
}

/// What is to change; the rest stays.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    name: Option<Name>,
    email: Option<Email>,
    /// Needed with another address.
    current_password: Option<Password>,
}

/// Another address takes over once the link in the mail that goes to it was followed; the present one calls that off.
pub async fn update_me((store, mails): &(Store, Queue<SendMail>), request: Request) -> Result {
    let user = request.user(store).await?;
    let Profile { name, email, current_password } = request.json()?;
    let moves = email.as_ref().is_some_and(|email| *email != user.email);
    if let Some(email) = email.as_ref().filter(|_| moves) {
        let missing = || {
            Problem::invalid("current_password", &Invalid::new(REQUIRED, "is needed with another address"))
        };
        request.attempt_as(store, user.id).await?;
        confirm(store, &user, current_password.ok_or_else(missing)?, "current_password").await?;
        if store.credential_now(email).await?.is_some() {
            return Err(Problem::taken(EMAIL_TAKEN, "email"));
        }
    }

    let now = store.now();
    let change = |user: User| -> Result<User> {
        request.if_match(user.version)?;
        let user = user.changed(now, |user| {
            user.name = name.clone().unwrap_or_else(|| user.name.clone());
            match &email {
                Some(email) if moves => user.pending_email = Some(email.clone()),
                Some(_) => user.keep_email(),
                None => {}
            }
        });
        let to = user.pending_email.clone();
        Ok(if moves { user.owing(Notice::Verify, to, now) } else { user })
    };
    let changed = store.change_user(user.id, change).await?;
    let user = changed.ok_or_else(|| Problem::unauthenticated("no such user"))??;
    if moves {
        mails.try_send(SendMail::User { user: user.id, mail: Notice::Verify }).await;
    }
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}
