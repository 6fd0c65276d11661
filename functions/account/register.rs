//! `POST /auth/register`: open an account, and be signed in.

use api::code::{EMAIL_TAKEN, VALIDATION_ERROR};
use api::session::{Beginning, Delivery, SignedIn};
use api::token::Signer;
use api::{Endpoint, Problem, Request, Result, Schema, password};
use domain::account::{Credential, User};
use domain::debt::RETRY_SPAN;
use domain::messages::SendMail;
use domain::order::Owed;
use domain::text::{Email, Name, Password};
use providers::Queue;
use serde::Deserialize;
use store::{NewUser, Registered, Store};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/register")
    .takes::<NewAccount>()
    .answers::<SignedIn>(201)
    .refuses(&[VALIDATION_ERROR, EMAIL_TAKEN]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, register);
}

/// Who wants an account.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: Name,
    email: Email,
    password: Password,
    token_delivery: Option<Delivery>,
}

/// Opens the account and its first session in one transaction; the welcome is owed from then on.
pub async fn register((store, signer, mails): &(Store, Signer, Queue<SendMail>), request: Request) -> Result {
    let new: NewAccount = request.json()?;
    // The hash below is the dearest work of the shop, so whoever may not try does not make it do any.
    request.attempt(store, Some(&new.email)).await?;
    let now = store.now();
    let user = User {
        owed: [("welcome".to_owned(), Owed { since: now, claimed: None })].into(),
        due_at: Some(now + RETRY_SPAN),
        ..User::new(store.new_id()?, new.name, new.email.clone(), now)
    };
    let password_hash = password::hash(&new.password)?;
    let credential = Credential { email: new.email, user_id: user.id, password_hash, is_admin: false };
    let beginning = Beginning::of(&credential, store, signer, &request)?;

    let account = NewUser { user, credential, session: Some(beginning.session.clone()) };
    match store.register(&account).await? {
        Registered::EmailTaken => {
            return Err(Problem::new(EMAIL_TAKEN, "There is an account with this e-mail address."));
        }
        Registered::Now => {}
    }
    let welcome = SendMail::User { user: account.user.id, mail: "welcome".to_owned() };
    mails.try_send(welcome).await;
    beginning.reply(201, &account.user, new.token_delivery.unwrap_or_default())
}
