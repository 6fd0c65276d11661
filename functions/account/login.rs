//! `POST /auth/login`: sign in.

use api::code::{UNAUTHENTICATED, VALIDATION_ERROR};
use api::session::{Beginning, Delivery};
use api::token::Signer;
use api::view::SignedIn;
use api::{Endpoint, Problem, Request, Result, Schema, password};
use domain::account::Credential;
use domain::account::email::TypedEmail;
use domain::text::Password;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/login")
    // Room for the 19 MiB that Argon2 takes for a password, and twice the default share of a CPU.
    .memory(512)
    .takes::<Login>()
    .answers::<SignedIn>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, login);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: TypedEmail,
    password: Password,
    token_delivery: Option<Delivery>,
}

/// The lines of the caller's anonymous cart move into the user's own cart.
pub async fn login((table, signer): &(Table, Signer), request: Request) -> Result {
    let login: Login = request.json()?;
    // Both run at the same time. A refused attempt does not wait for the read, so it takes equally long for
    // every address.
    let ((), seen) = tokio::try_join!(request.attempt(table, Some(login.email.canonical())), async {
        Ok(table.typed_credential(&login.email).await?)
    })?;
    let credential = known(table, &login, seen).await?;
    let refused = || Problem::unauthenticated("the account was deleted");

    let user = credential.user_id;
    let beginning = Beginning::of(credential, table, signer, &request)?;
    let (user, begun, merged) =
        tokio::join!(table.user(user), beginning.begin(table), request.merge_cart(table, user));
    begun?;
    let user = user?.ok_or_else(refused)?;
    merged.told(beginning.reply(200, &user, login.token_delivery.unwrap_or_default())?)
}

/// The credential, if the password is right. An unknown address and a wrong password look the same and take
/// the same time: two reads and one hash. The second read is consistent, so a recent change counts.
async fn known(table: &Table, login: &Login, mut seen: Option<Credential>) -> Result<Credential> {
    let mut right = is_right(&login.password, seen.as_ref()).await?;
    if !right {
        let now = table.typed_credential_now(&login.email).await?;
        let version = |credential: &Option<Credential>| credential.as_ref().map(|known| known.version);
        if version(&now) != version(&seen) {
            right = is_right(&login.password, now.as_ref()).await?;
            seen = now;
        }
    }
    seen.filter(|_| right)
        .ok_or_else(|| Problem::new(UNAUTHENTICATED, "The e-mail address or the password is wrong."))
}

async fn is_right(password: &Password, credential: Option<&Credential>) -> Result<bool> {
    password::matches(password.clone(), credential.map(|known| known.password_hash.as_str())).await
}
