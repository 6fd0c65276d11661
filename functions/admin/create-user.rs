//! `POST /admin/users`: open an account for somebody.

use api::code::{EMAIL_TAKEN, FORBIDDEN, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::UserBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who, password};
use domain::account::email::NewEmail;
use domain::account::{Credential, Notice, User};
use domain::messages::SendMail;
use domain::text::{Name, Password};
use providers::Queue;
use serde::Deserialize;
use table::{NewUser, Registered, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/users")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .who(Who::Admin)
    .takes::<NewAccount>()
    .answers::<UserBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, EMAIL_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, create_user);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: Name,
    email: NewEmail,
    password: Password,
    /// Whether the user administers the shop; false if left out.
    is_admin: Option<bool>,
}

/// The user gets the welcome mail. No session begins.
pub async fn create_user((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    request.admin(table).await?;
    let new: NewAccount = request.json()?;
    let taken = || Problem::taken(EMAIL_TAKEN, "email");
    if table.owner_of_other_form(&new.email).await?.is_some() {
        return Err(taken());
    }
    let (email, now) = (new.email.email().clone(), table.now());
    let user = User::new(table.new_id()?, new.name, email, now).owing(Notice::Welcome, None, now);
    let user = User { is_admin: new.is_admin.unwrap_or_default(), ..user };
    let credential = Credential::new(&user, password::hash(new.password).await?);
    let account = NewUser { user, credential };
    if table.register(&account).await? == Registered::EmailTaken {
        return Err(taken());
    }
    let NewUser { user, .. } = account;
    mails.try_send(SendMail::User { user: user.id, mail: Notice::Welcome }).await;
    Reply::created(&UserBody::of(&user), &format!("/api/v1/admin/users/{}", user.id))
}
