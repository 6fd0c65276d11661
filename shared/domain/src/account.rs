//! People, their logins and their sessions.

pub mod address;
pub mod country;
pub mod email;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{StoreId, UserId};
use crate::orders::debt::RETRY_SPAN;
use crate::text::{Email, Name};

/// The most sessions of one user. One more login ends the oldest session.
pub const MOST_SESSIONS: u32 = 10;
/// For this long, the previous refresh token still gets the same successor: the first answer may be lost, or
/// two browser tabs may refresh at once.
pub const REPEAT_WITHIN: Duration = Duration::from_secs(10);
/// How long a link that sets a new password is valid.
pub const RESET_WITHIN: Duration = Duration::from_mins(30);
/// How long a link that proves an address is valid.
pub const VERIFY_WITHIN: Duration = Duration::from_hours(24);

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// Their name.
    pub name: Name,
    /// The address for mails and for signing in.
    pub email: Email,
    /// Whether they have followed a link that was sent to `email`.
    #[serde(default)]
    pub email_verified: bool,
    /// The address that replaces `email` once they have followed a link that was sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<Email>,
    /// Whether they administer the shop.
    #[serde(default)]
    pub is_admin: bool,
    /// The store they own. A user with a store is a seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts the writes of this item. Each write has the version as its condition.
    #[serde(default)]
    pub version: u64,
    /// The latest link that proves an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Link>,
    /// The address that `verify` was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_email: Option<Email>,
    /// The latest link that sets a new password; absent once it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Link>,
    /// The mails that the shop owes them.
    #[serde(default)]
    pub owed: BTreeMap<Notice, OwedNotice>,
    /// When the sweeper looks at the owed mails; absent when no mail is owed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub due_at: Option<Timestamp>,
    /// How often the sweeper has reminded since the last progress.
    #[serde(default)]
    pub attempts: u32,
}

impl User {
    /// A new account without administrator rights, store or owed mails.
    pub fn new(id: UserId, name: Name, email: Email, now: Timestamp) -> Self {
        Self {
            id,
            name,
            email,
            email_verified: false,
            pending_email: None,
            is_admin: false,
            store_id: None,
            created_at: now,
            updated_at: now,
            version: 1,
            verify: None,
            verify_email: None,
            reset: None,
            owed: BTreeMap::new(),
            due_at: None,
            attempts: 0,
        }
    }

    /// Adds a mail that is owed since `now`. It goes to `to`, or else to the user's own address.
    #[must_use]
    pub fn owing(mut self, notice: Notice, to: Option<Email>, now: Timestamp) -> Self {
        self.owed.insert(notice, OwedNotice { since: now, claimed: None, to });
        self.due_at = Some(self.due_at.map_or(now + RETRY_SPAN, |due_at| due_at.min(now + RETRY_SPAN)));
        self.attempts = 0;
        self
    }

    /// Applies a change that the user can see: it sets `updated_at`.
    #[must_use]
    pub fn changed(mut self, now: Timestamp, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.updated_at = now;
        self
    }

    /// The user after a change of the password; a mail tells them. Links that set a password and a pending
    /// change of address are revoked, because a thief of the old password may have asked for them.
    #[must_use]
    pub fn with_another_password(self, now: Timestamp) -> Self {
        let changed = self.changed(now, |user| {
            user.reset = None;
            user.keep_email();
        });
        changed.owing(Notice::PasswordChanged, None, now)
    }

    /// Cancels the pending change of address. Links to that address stop working.
    pub fn keep_email(&mut self) {
        self.pending_email = None;
        self.owed.retain(|notice, owed| *notice != Notice::Verify || owed.to.is_none());
    }

    /// The user after following the link to a new address. A mail tells the old address. A link that was sent
    /// there no longer sets a password.
    #[must_use]
    pub fn moved_to(self, email: Email, now: Timestamp) -> Self {
        let before = self.email.clone();
        let moved = self.changed(now, |user| {
            user.email = email;
            user.email_verified = true;
            user.pending_email = None;
            user.reset = None;
        });
        moved.owing(Notice::EmailChanged, Some(before), now)
    }
}

/// A mail about a user's account. Its text form names the template, and the mail in the table and in
/// messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Says that the account is open. It holds a link that proves the address.
    Welcome,
    /// Holds a link that proves the user's address or the pending one.
    Verify,
    /// Holds a link that sets a new password.
    Reset,
    /// Says that the password was changed.
    PasswordChanged,
    /// Says that the address was changed; goes to the old address.
    EmailChanged,
    /// Says that an old refresh token was used again, so somebody else may have it.
    SessionRevoked,
}

impl Notice {
    /// The template's name.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::PasswordChanged => "password-changed",
            Self::EmailChanged => "email-changed",
            Self::SessionRevoked => "session-revoked",
        }
    }

    /// The purpose and lifetime of the link in the mail; most mails have no link.
    pub fn link(self) -> Option<(Purpose, Duration)> {
        match self {
            Self::Welcome | Self::Verify => Some((Purpose::Verify, VERIFY_WITHIN)),
            Self::Reset => Some((Purpose::Reset, RESET_WITHIN)),
            Self::PasswordChanged | Self::EmailChanged | Self::SessionRevoked => None,
        }
    }
}

/// The purpose of a link in a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proves that an address is the user's.
    Verify,
    /// Sets a new password.
    Reset,
}

/// A link that was sent by mail. Anybody with the token can use it. The shop stores only the token's hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of the token, in base64.
    pub hash: String,
    /// The link is valid until then.
    #[serde(with = "crate::clock::millis")]
    pub expires_at: Timestamp,
}

impl Link {
    /// Whether a token with this hash can still be used.
    pub fn fits(&self, hash: &str, now: Timestamp) -> bool {
        self.hash == hash && now < self.expires_at
    }
}

/// An owed mail to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedNotice {
    /// When the mail became owed.
    #[serde(with = "crate::clock::millis")]
    pub since: Timestamp,
    /// A worker has the mail to itself until then.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub claimed: Option<Timestamp>,
    /// The receiver, unless it is the user's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Email>,
}

/// What a login needs: the address, the user and the password's hash.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credential {
    /// The address.
    pub email: Email,
    /// The user.
    pub user_id: UserId,
    /// The password's Argon2id hash, as a PHC string.
    pub password_hash: String,
    /// Whether the user administers the shop. It repeats [`User::is_admin`], so that a login need not read
    /// the user.
    #[serde(default)]
    pub is_admin: bool,
    /// Counts the changes of this item. The user's sessions repeat it, so that a login that has read an older
    /// version cannot begin a session after a change.
    #[serde(default)]
    pub version: u64,
}

impl Credential {
    /// The credential of a new account.
    pub fn new(user: &User, password_hash: String) -> Self {
        let (email, is_admin) = (user.email.clone(), user.is_admin);
        Self { email, user_id: user.id, password_hash, is_admin, version: 1 }
    }
}

/// A login that lives as long as its refresh token is used. Its fields have short names in the table, because
/// all sessions of a user are one item and each refresh pays for all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How often the refresh token was exchanged.
    #[serde(rename = "g")]
    pub generation: u32,
    /// The hash of the current refresh token.
    #[serde(rename = "h")]
    pub token: String,
    /// The hash of the previous refresh token.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When it began.
    #[serde(rename = "c", with = "crate::clock::millis")]
    pub created_at: Timestamp,
    /// When its token was last exchanged.
    #[serde(rename = "r", with = "crate::clock::millis")]
    pub refreshed_at: Timestamp,
    /// When it ends, unless it is refreshed before.
    #[serde(rename = "e", with = "crate::clock::millis")]
    pub expires_at: Timestamp,
    /// The device as the `User-Agent` header names it, shortened.
    #[serde(rename = "d")]
    pub device: String,
}

/// What is left to erase of a deleted user. It holds no personal data: the request deletes the account
/// itself, and a worker erases the data elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The deleted user.
    pub user_id: UserId,
    /// Their store, which is closed: its products are no longer shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// When the account was deleted.
    pub since: Timestamp,
    /// When a worker has to look again.
    #[serde(with = "crate::clock::millis")]
    pub due_at: Timestamp,
    /// How often the sweeper has reminded since the last progress.
    #[serde(default)]
    pub attempts: u32,
}

impl Erasure {
    /// An erasure that begins now.
    pub fn new(user_id: UserId, store_id: Option<StoreId>, now: Timestamp) -> Self {
        Self { user_id, store_id, since: now, due_at: now + RETRY_SPAN, attempts: 0 }
    }

    /// When to look again after a walk through all data that began at `began`; `None` after the last walk.
    /// `open` says that an order is still on its way and needs its address.
    pub fn next(&self, open: bool, began: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let last_word = self.since + LAST_WORD;
        match open {
            true => Some(now + OPEN_ORDERS_AGAIN),
            false => (began < last_word).then_some(last_word),
        }
    }
}

/// An access token outlives its user by up to 15 minutes and may write an address or an order meanwhile; 5
/// minutes are margin.
const LAST_WORD: Duration = Duration::from_mins(20);
/// When to look again while an order is still on its way.
const OPEN_ORDERS_AGAIN: Duration = Duration::from_hours(24);
