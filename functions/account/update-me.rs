//! `PATCH /users/me`: change the name, or begin to change the e-mail address.

use api::account::confirm;
use api::code::{EMAIL_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::UserBody;
use api::{Endpoint, Named, Problem, Reply, Request, Result, Schema, Who};
use domain::Invalid;
use domain::account::email::{NewEmail, TypedEmail};
use domain::account::{Notice, User};
use domain::invalid::REQUIRED;
use domain::messages::SendMail;
use domain::text::{Name, Password};
use providers::Queue;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/users/me")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .who(Who::Buyer)
    .takes::<Profile>()
    .answers::<UserBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, EMAIL_TAKEN, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, update_me);
}

/// The changes. A field that is left out stays as it is.
#[derive(Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    name: Named<Name>,
    email: Named<TypedEmail>,
    /// Required with a new e-mail address.
    current_password: Option<Password>,
}

/// A new address replaces the present one once the user has followed the link in the mail to it. Sending the
/// present address cancels a pending change.
pub async fn update_me((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let user = request.user(table).await?;
    let Profile { name, email, current_password } = request.json()?;
    // The present address may be older than the rules for new ones. Sending it again is not a change.
    let moves_to = match email.get().filter(|email| !email.is(&user.email)) {
        Some(email) => Some(new_email(email)?),
        None => None,
    };
    if let Some(new) = &moves_to {
        let missing = || {
            Problem::invalid("current_password", &Invalid::new(REQUIRED, "is needed with another address"))
        };
        request.attempt_as(table, user.id).await?;
        confirm(table, &user, current_password.ok_or_else(missing)?, "current_password").await?;
        let other = table.owner_of_other_form(new).await?.filter(|owner| *owner != user.id);
        if other.is_some() || table.credential_now(new.email()).await?.is_some() {
            return Err(Problem::taken(EMAIL_TAKEN, "email"));
        }
    }

    let now = table.now();
    let change = |user: User| -> Result<User> {
        request.if_match(user.version)?;
        let user = user.changed(now, |user| {
            user.name = name.or(user.name.clone());
            match (email.get(), &moves_to) {
                (_, Some(new)) => user.pending_email = Some(new.email().clone()),
                (Some(_), None) => user.keep_email(),
                (None, None) => {}
            }
        });
        let to = user.pending_email.clone();
        Ok(if moves_to.is_some() { user.owing(Notice::Verify, to, now) } else { user })
    };
    let changed = table.change_user(user.id, change).await?;
    let user = changed.ok_or_else(|| Problem::unauthenticated("no such user"))??;
    if moves_to.is_some() {
        mails.try_send(SendMail::User { user: user.id, mail: Notice::Verify }).await;
    }
    Reply::ok(&UserBody::of(&user))?.etag(user.version)
}

fn new_email(typed: &TypedEmail) -> Result<NewEmail> {
    typed.typed().as_str().parse().map_err(|invalid| Problem::invalid("email", &invalid))
}
