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

/// The most sessions of one user; the one that began first makes room for another.
pub const MOST_SESSIONS: u32 = 10;
/// How long the token before the current one still gets the same successor: an answer was lost, or two tabs
/// asked at once.
pub const REPEAT_WITHIN: Duration = Duration::from_secs(10);
/// How long a link that sets a new password can be used.
pub const RESET_WITHIN: Duration = Duration::from_mins(30);
/// How long a link that proves an address can be used.
pub const VERIFY_WITHIN: Duration = Duration::from_hours(24);

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// What to call them.
    pub name: Name,
    /// Where to write to them, and how they sign in.
    pub email: Email,
    /// Whether they have followed a link that was sent there.
    #[serde(default)]
    pub email_verified: bool,
    /// The address that takes over once they have followed a link that was sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<Email>,
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
    /// Counts every write of this item, whose condition it is.
    #[serde(default)]
    pub version: u64,
    /// The link that was sent last to prove an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Link>,
    /// The address that it was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_email: Option<Email>,
    /// The link that was sent last to set a new password; gone once used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Link>,
    /// Mails that the shop owes them.
    #[serde(default)]
    pub owed: BTreeMap<Notice, OwedNotice>,
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

    /// The same user, to whom a mail is owed since `now`, at their own address or at another.
    #[must_use]
    pub fn owing(mut self, notice: Notice, to: Option<Email>, now: Timestamp) -> Self {
        self.owed.insert(notice, OwedNotice { since: now, claimed: None, to });
        self.due_at = Some(self.due_at.map_or(now + RETRY_SPAN, |due_at| due_at.min(now + RETRY_SPAN)));
        self.attempts = 0;
        self
    }

    /// The same user after a change that they can see.
    #[must_use]
    pub fn changed(mut self, now: Timestamp, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.updated_at = now;
        self
    }

    /// The same user, who has another password from now on and is told so. What was asked for under the one
    /// before is revoked, for it may have been a thief who asked: a link that sets a password, an address
    /// that is to take over.
    #[must_use]
    pub fn with_another_password(self, now: Timestamp) -> Self {
        let changed = self.changed(now, |user| {
            user.reset = None;
            user.keep_email();
        });
        changed.owing(Notice::PasswordChanged, None, now)
    }

    /// Calls off the address that was to take over: no link goes there any more.
    pub fn keep_email(&mut self) {
        self.pending_email = None;
        self.owed.retain(|notice, owed| *notice != Notice::Verify || owed.to.is_none());
    }

    /// The same user, once they have followed the link to another address. The one before is told; a link
    /// that was sent to it sets no password any more.
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

/// What the shop writes to a user about their account; its text form names the template, and the mail in the
/// table and in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// The account is open; with a link that proves the address.
    Welcome,
    /// A link that proves an address: the user's, or the one that is to take over.
    Verify,
    /// A link that sets a new password.
    Reset,
    /// The password was changed.
    PasswordChanged,
    /// The address was changed: told to the one before.
    EmailChanged,
    /// A refresh token came back that had been exchanged long before: somebody else may have it.
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

    /// What the link in it does, and for how long; none in most.
    pub fn link(self) -> Option<(Purpose, Duration)> {
        match self {
            Self::Welcome | Self::Verify => Some((Purpose::Verify, VERIFY_WITHIN)),
            Self::Reset => Some((Purpose::Reset, RESET_WITHIN)),
            Self::PasswordChanged | Self::EmailChanged | Self::SessionRevoked => None,
        }
    }
}

/// What a link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To prove that an address is the user's.
    Verify,
    /// To set a new password.
    Reset,
}

/// A link that was sent by mail. Who has the token can use it; the shop keeps only what recognises it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of the token, in base64.
    pub hash: String,
    /// From when on it is of no use.
    #[serde(with = "crate::clock::millis")]
    pub expires_at: Timestamp,
}

impl Link {
    /// Whether a token with this hash can still be used.
    pub fn fits(&self, hash: &str, now: Timestamp) -> bool {
        self.hash == hash && now < self.expires_at
    }
}

/// A mail to a user that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedNotice {
    /// Since when.
    #[serde(with = "crate::clock::millis")]
    pub since: Timestamp,
    /// Until when a worker has it in hand.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub claimed: Option<Timestamp>,
    /// Where it goes, when that is not the user's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Email>,
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
    /// Counts the changes of any of this. The user's sessions know it too, so that a login which has read an
    /// older one cannot begin a session after its change.
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

/// A login that lives as long as its refresh token is used. Its fields have short names in the table: all of
/// a user's sessions are one item, and each refresh pays for the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How often the token was exchanged.
    #[serde(rename = "g")]
    pub generation: u32,
    /// What recognises the current refresh token.
    #[serde(rename = "h")]
    pub token: String,
    /// What recognises the one before.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When it began.
    #[serde(rename = "c", with = "crate::clock::millis")]
    pub created_at: Timestamp,
    /// When its token was last exchanged.
    #[serde(rename = "r", with = "crate::clock::millis")]
    pub refreshed_at: Timestamp,
    /// When it ends unless it is refreshed before.
    #[serde(rename = "e", with = "crate::clock::millis")]
    pub expires_at: Timestamp,
    /// What the user agent says of the device, shortened.
    #[serde(rename = "d")]
    pub device: String,
}

/// What is left to erase of a user who is gone. It names nobody: the account itself goes with the request,
/// and a worker erases what is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Who is gone.
    pub user_id: UserId,
    /// The store that has closed with it: its products are not shown any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// Since when.
    pub since: Timestamp,
    /// When a worker has to look again.
    #[serde(with = "crate::clock::millis")]
    pub due_at: Timestamp,
    /// How often the sweeper has reminded since the last progress.
    #[serde(default)]
    pub attempts: u32,
}

impl Erasure {
    /// An erasure of a user with that store, if they had one, that begins now.
    pub fn new(user_id: UserId, store_id: Option<StoreId>, now: Timestamp) -> Self {
        Self { user_id, store_id, since: now, due_at: now + RETRY_SPAN, attempts: 0 }
    }

    /// When to look again after a walk through everything that `began` then; none when it was the last.
    /// `open` says that an order is still on its way, and needs its address.
    pub fn next(&self, open: bool, began: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let last_word = self.since + LAST_WORD;
        match open {
            true => Some(now + OPEN_ORDERS_AGAIN),
            false => (began < last_word).then_some(last_word),
        }
    }
}

/// An access token outlives its user by up to 15 minutes and may write an address or an order meanwhile; 5
/// are margin.
const LAST_WORD: Duration = Duration::from_mins(20);
/// How long an order that is on its way is left alone.
const OPEN_ORDERS_AGAIN: Duration = Duration::from_hours(24);
