//! Steps that several endpoints of the account share.

use domain::Invalid;
use domain::Timestamp;
use domain::account::{Credential, Link, User};
use domain::ids::UserId;
use domain::invalid::{INVALID, REQUIRED};
use domain::text::{Password, is_blank};
use table::{AccountChanged, Table};

use super::password;
use crate::contract::code::{LAST_ADMIN, OPEN_ORDERS};
use crate::contract::{Problem, Result};
use crate::request::Request;
use crate::token;

impl Request {
    /// The signed-in user, read consistently. 401 if the account was deleted, even while the token is valid.
    pub async fn user(&self, table: &Table) -> Result<User> {
        let buyer = self.buyer(table).await?;
        table.user_now(buyer.id).await?.ok_or_else(|| Problem::unauthenticated("no such user"))
    }
}

/// The credential of a user who has entered their password again; 422 on `field` if the password is wrong.
pub async fn confirm(table: &Table, user: &User, typed: Password, field: &str) -> Result<Credential> {
    let credential = credential(table, user).await?;
    match password::matches(typed, Some(&credential.password_hash)).await? {
        true => Ok(credential),
        false => Err(Problem::invalid(field, &Invalid::new(INVALID, "is not the password of this account"))),
    }
}

/// The user's credential, read consistently.
pub async fn credential(table: &Table, user: &User) -> Result<Credential> {
    let credential = table.credential_now(&user.email).await?.filter(|known| known.user_id == user.id);
    credential.ok_or_else(|| Problem::try_again("the address has just changed"))
}

/// Deletes an account. 409 if its store has open orders, or if it is the last administrator's.
pub async fn delete(table: &Table, user: &User, credential: &Credential) -> Result<()> {
    until_written(table, user, async |user| {
        if let Some(own) = user.store_id
            && table.has_open_orders(own).await?
        {
            return Err(Problem::new(OPEN_ORDERS, "The store has orders that are still on their way."));
        }
        unless_last_admin(table.delete_user(user, credential).await?)
    })
    .await
}

/// How often a change of an account is tried when other writes come first.
const MOST_TRIES: u32 = 5;

/// Makes a change of the user `seen`. While `change` gives false, because another write came first, reads the
/// user and makes the change again: for example, `send-mail` removes a mail that the user is owed. 503 when
/// other writes keep coming first, or the user was deleted.
pub async fn until_written(
    table: &Table,
    seen: &User,
    change: impl AsyncFn(&User) -> Result<bool>,
) -> Result<()> {
    let mut is_written = change(seen).await?;
    for _ in 1..MOST_TRIES {
        if is_written {
            break;
        }
        let Some(user) = table.user_now(seen.id).await? else { break };
        is_written = change(&user).await?;
    }
    if is_written { Ok(()) } else { Err(Problem::try_again("the account has just changed")) }
}

/// Whether a change is written, for [`until_written`]; 409 when it would leave no administrator.
pub fn unless_last_admin(changed: AccountChanged) -> Result<bool> {
    match changed {
        AccountChanged::Now => Ok(true),
        AccountChanged::Outdated => Ok(false),
        AccountChanged::LastAdmin => {
            Err(Problem::new(LAST_ADMIN, "The shop needs an administrator: this is the last one."))
        }
    }
}

/// A new link for a mail to `user`, and its token: their id and 256 random bits. Only the mail holds the
/// token. No queue carries it, and the table holds only its hash.
pub fn new_link(user: UserId, expires_at: Timestamp) -> Result<(String, Link), table::Error> {
    let text = format!("{user}.{}", token::base64(&table::random::<32>()?));
    let hash = token::hash(&text);
    Ok((text, Link { hash, expires_at }))
}

/// The user whom a valid link was sent to; 422 on `token` for any other link. `link` picks the user's link.
pub async fn link_owner(table: &Table, text: &str, link: impl Fn(&User) -> Option<&Link>) -> Result<User> {
    if is_blank(text) {
        return Err(Problem::invalid("token", &Invalid::new(REQUIRED, "must not be empty")));
    }
    let text = text.trim();
    let invalid = || Problem::invalid("token", &Invalid::new(INVALID, "is not valid, or has expired"));
    let id = text.split_once('.').and_then(|(id, _)| id.parse::<UserId>().ok()).ok_or_else(invalid)?;
    let user = table.user_now(id).await?;
    let (hash, now) = (token::hash(text), table.now());
    user.filter(|user| link(user).is_some_and(|link| link.fits(&hash, now))).ok_or_else(invalid)
}
