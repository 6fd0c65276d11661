//! `POST /auth/register`: open an account and sign in.

use api::code::{EMAIL_TAKEN, VALIDATION_ERROR};
use api::session::{Beginning, Delivery};
use api::token::Signer;
use api::view::SignedIn;
use api::{Endpoint, Problem, Request, Result, Schema, password};
use domain::account::email::NewEmail;
use domain::account::{Credential, Notice, User};
use domain::messages::SendMail;
use domain::text::{Name, Password};
use providers::Queue;
use serde::Deserialize;
use table::{NewUser, Registered, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/register")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .takes::<NewAccount>()
    .answers::<SignedIn>(201)
    .refuses(&[VALIDATION_ERROR, EMAIL_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, register);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: Name,
    email: NewEmail,
    password: Password,
    token_delivery: Option<Delivery>,
}

/// The account is opened first, and then its session. If only the account is opened, a login begins a
/// session. The welcome mail, with the link that proves the address, is owed from the beginning.
pub async fn register((table, signer, mails): &(Table, Signer, Queue<SendMail>), request: Request) -> Result {
    let new: NewAccount = request.json()?;
    // The hash below is the most expensive work of the shop, so attempts over the limit are refused before
    // it.
    request.attempt(table, Some(new.email.email())).await?;
    let taken = || Problem::taken(EMAIL_TAKEN, "email");
    if table.owner_of_other_form(&new.email).await?.is_some() {
        return Err(taken());
    }
    let now = table.now();
    let email = new.email.email().clone();
    let user = User::new(table.new_id()?, new.name, email, now).owing(Notice::Welcome, None, now);
    let credential = Credential::new(&user, password::hash(new.password).await?);

    let account = NewUser { user, credential };
    if table.register(&account).await? == Registered::EmailTaken {
        return Err(taken());
    }
    let NewUser { user, credential } = account;
    let beginning = Beginning::of(credential, table, signer, &request)?;
    let welcome = SendMail::User { user: user.id, mail: Notice::Welcome };
    let (begun, merged, ()) =
        tokio::join!(beginning.begin(table), request.merge_cart(table, user.id), mails.try_send(welcome));
    begun?;
    merged.told(beginning.reply(201, &user, new.token_delivery.unwrap_or_default())?)
}
