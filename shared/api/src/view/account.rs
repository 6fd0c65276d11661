//! Users, their addresses and their sessions.

use domain::account::address::{Address, SavedAddress};
use domain::account::{Session, User};
use domain::ids::{AddressId, SessionId, StoreId, UserId};
use domain::text::{Email, Name};
use domain::{Schema, Timestamp};
use serde::Serialize;

use crate::token::ACCESS_LIFE;

/// A user, as shown to themself.
#[derive(Serialize, Schema)]
pub struct UserBody {
    id: UserId,
    name: Name,
    email: Email,
    /// Whether the user has followed a link that was sent to `email`.
    email_verified: bool,
    /// Replaces `email` once the user has followed the link that was sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_email: Option<Email>,
    roles: Vec<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A right of a user. A user can have several.
#[derive(Serialize, Schema)]
#[serde(rename_all = "snake_case")]
enum Role {
    Buyer,
    Seller,
    Admin,
}

impl UserBody {
    /// The user's body.
    pub fn of(user: &User) -> Self {
        let roles =
            [Some(Role::Buyer), user.store_id.map(|_| Role::Seller), user.is_admin.then_some(Role::Admin)];
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            email_verified: user.email_verified,
            pending_email: user.pending_email.clone(),
            roles: roles.into_iter().flatten().collect(),
            store_id: user.store_id,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// An address of the user's address book.
#[derive(Serialize, Schema)]
pub struct AddressBody {
    id: AddressId,
    #[serde(flatten)]
    address: Address,
    is_default_shipping: bool,
    is_default_billing: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<SavedAddress> for AddressBody {
    fn from(saved: SavedAddress) -> Self {
        let SavedAddress {
            id,
            address,
            is_default_shipping,
            is_default_billing,
            created_at,
            updated_at,
            version: _,
        } = saved;
        Self { id, address, is_default_shipping, is_default_billing, created_at, updated_at }
    }
}

/// The answer to a login.
#[derive(Serialize, Schema)]
pub struct SignedIn {
    user: UserBody,
    #[serde(flatten)]
    tokens: Tokens,
}

impl SignedIn {
    /// The user with the tokens of their new session.
    pub fn of(user: &User, tokens: Tokens) -> Self {
        Self { user: UserBody::of(user), tokens }
    }
}

/// A pair of tokens.
#[derive(Serialize, Schema)]
pub struct Tokens {
    access_token: String,
    /// The life of the access token in seconds.
    expires_in: i64,
    /// Absent with `"token_delivery": "cookie"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

impl Tokens {
    /// The answer with new tokens.
    pub fn of(access_token: String, refresh_token: Option<String>) -> Self {
        Self { access_token, expires_in: ACCESS_LIFE, refresh_token }
    }
}

/// A session, as shown to its owner.
#[derive(Serialize, Schema)]
pub struct SessionBody {
    id: SessionId,
    /// The device as its `User-Agent` names it, shortened.
    device: String,
    /// Whether this request was made in the session.
    is_current: bool,
    created_at: Timestamp,
    /// When it was last refreshed.
    updated_at: Timestamp,
    expires_at: Timestamp,
}

impl SessionBody {
    /// The session's body. `current` is the caller's session.
    pub fn of(id: SessionId, session: Session, current: SessionId) -> Self {
        let Session { created_at, refreshed_at, expires_at, device, generation: _, token: _, previous: _ } =
            session;
        Self { id, device, is_current: id == current, created_at, updated_at: refreshed_at, expires_at }
    }
}
