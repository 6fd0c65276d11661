//! `POST /auth/login`: begin a session.

use api::code::{UNAUTHENTICATED, VALIDATION_ERROR};
use api::session::{Beginning, Delivery, SignedIn};
use api::token::Signer;
use api::{Endpoint, Problem, Request, Result, Schema, password};
use domain::text::{Email, Password};
use serde::Deserialize;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/login")
    .takes::<Login>()
    .answers::<SignedIn>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, login);
}

/// Who says they are whom.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: Email,
    password: Password,
    token_delivery: Option<Delivery>,
}

/// An unknown address and a wrong password look and cost the same.
pub async fn login((store, signer): &(Store, Signer), request: Request) -> Result {
    let login: Login = request.json()?;
    let refused = || Problem::new(UNAUTHENTICATED, "The e-mail address or the password is wrong.");

    // At the same time; a refusal does not wait for what the other finds, so it takes as long for every address.
    let ((), credential) = tokio::try_join!(request.attempt(store, Some(&login.email)), async {
        Ok(store.credential(&login.email).await?)
    })?;
    let hash = credential.as_ref().map(|credential| credential.password_hash.as_str());
    let known = password::matches(&login.password, hash)?;
    let credential = credential.filter(|_| known).ok_or_else(refused)?;

    let beginning = Beginning::of(&credential, store, signer, &request)?;
    let (user, begun) = tokio::join!(store.user(credential.user_id), store.begin_session(&beginning.session));
    begun?;
    let user = user?.ok_or_else(refused)?;
    beginning.reply(200, &user, login.token_delivery.unwrap_or_default())
}
