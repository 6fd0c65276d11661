//! People and their logins.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{SessionId, StoreId, UserId};
use crate::order::Owed;
use crate::text::{Email, Name};

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// What to call them.
    pub name: Name,
    /// Where to write to them.
    pub email: Email,
    /// Whether they administer the shop.
    #[serde(default)]
    pub is_admin: bool,
    /// The store they own: having one is what makes a seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Mails that the shop owes them, by kind.
    #[serde(default)]
    pub owed: BTreeMap<String, Owed>,
    /// When the sweeper looks at what is owed; none when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub due_at: Option<Timestamp>,
    /// How often the sweeper has reminded since the last progress.
    #[serde(default)]
    pub attempts: u32,
}

impl User {
    /// A new account: no administrator, no store, and nothing is owed to it.
    pub fn new(id: UserId, name: Name, email: Email, now: Timestamp) -> Self {
        Self {
            id,
            name,
            email,
            is_admin: false,
            store_id: None,
            created_at: now,
            updated_at: now,
            owed: BTreeMap::new(),
            due_at: None,
            attempts: 0,
        }
    }
}

/// How an address signs in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credential {
    /// The address.
    pub email: Email,
    /// Whose it is.
    pub user_id: UserId,
    /// The password's Argon2id hash, as a PHC string.
    pub password_hash: String,
    /// Whether the user administers the shop: here too, so that a login need not wait for the user.
    #[serde(default)]
    pub is_admin: bool,
}

/// A login that lives as long as its refresh token is used.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// Names the session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// How often the token was exchanged.
    pub generation: u32,
    /// SHA-256 of the current refresh token, in base64.
    pub token_hash: String,
    /// When it began.
    pub created_at: Timestamp,
    /// Whether its owner may administer the shop, as of the last login or refresh.
    pub is_admin: bool,
    /// When it ends if not refreshed, in seconds since 1970: the table's TTL.
    pub expires_at: i64,
}
