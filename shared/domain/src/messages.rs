//! What the queues carry: which order, which fulfilment, which step. Never state, and never a secret.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::Notice;
use crate::clock::Timestamp;
use crate::ids::{OrderId, StoreId, UserId};
use crate::orders::Mail;

/// A message of one queue.
pub trait Message: Serialize + DeserializeOwned {
    /// The queue's name, as in the template and in the variable `<QUEUE>_QUEUE_URL`.
    const QUEUE: &'static str;
    /// Whether somebody else writes it, in a form of their own: then the version of ours is not on it.
    const IS_FOREIGN: bool = false;
}

/// Every queue, in the order of the chain. A queue has dead letters, and both are named after it in the
/// template.
pub const QUEUES: [&str; 7] =
    ["payments", "warehouse", "shipping", "delivery", "notifications", "erasures", "uploads"];

/// The version of every message's form. A reader refuses a version that it does not know.
pub const VERSION: u32 = 1;

/// How often a queue shows a message before it goes to the dead letters: `maxReceiveCount` in the template.
pub const MOST_RECEIVES: u32 = 5;
/// How long the dead letters are kept: SQS's most.
pub const DEAD_LETTERS_LIVE: Duration = Duration::from_hours(14 * 24);
/// A message is shorter than this, in bytes: it holds ids. What is longer is none of ours.
pub const MOST_BODY: usize = 4096;

macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $name:ident $queue:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Message for $name {
            const QUEUE: &'static str = $queue;
        }
    )*};
}

messages! {
    /// Take the money for an order, or settle it if the order was cancelled.
    TakePayment "payments" {
        /// Which order.
        order: OrderId,
    }
    /// Pack one store's part of an order.
    PackOrder "warehouse" {
        /// Which order.
        order: OrderId,
        /// Whose part.
        store: StoreId,
    }
    /// Buy the label for one store's part and hand it to the carrier.
    ShipParcel "shipping" {
        /// Which order.
        order: OrderId,
        /// Whose part.
        store: StoreId,
    }
    /// Move a parcel on: to shipped, and later to delivered.
    DeliverParcel "delivery" {
        /// Which order.
        order: OrderId,
        /// Whose part.
        store: StoreId,
    }
}

/// Erase what is left of a user who is gone, a page of their orders at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseUser {
    /// Who is gone.
    pub user: UserId,
    /// After which of their orders to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether an order before that is still on its way.
    #[serde(default)]
    pub open: bool,
    /// When the walk began; none before its first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
}

impl EraseUser {
    /// The message that begins a walk through all that is left.
    pub fn all_of(user: UserId) -> Self {
        Self { user, after: None, open: false, began: None }
    }
}

impl Message for EraseUser {
    const QUEUE: &'static str = "erasures";
}

/// Send a mail that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SendMail {
    /// About an order.
    Order {
        /// Which order.
        order: OrderId,
        /// Which mail.
        mail: Mail,
    },
    /// To a user, about their account.
    User {
        /// To whom.
        user: UserId,
        /// Which mail.
        mail: Notice,
    },
}

impl Message for SendMail {
    const QUEUE: &'static str = "notifications";
}

/// Objects that were uploaded, as S3 tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// One each. None are in the message by which S3 tries whether it may write to the queue.
    #[serde(rename = "Records", default)]
    pub objects: Vec<ObjectCreated>,
}

impl Message for Uploaded {
    const QUEUE: &'static str = "uploads";
    const IS_FOREIGN: bool = true;
}

/// One object that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectCreated {
    s3: Entry,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    object: Object,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    e_tag: String,
}

impl ObjectCreated {
    /// Where it is: escaped as in a form, which changes nothing in the keys that we offer.
    pub fn key(&self) -> &str {
        &self.s3.object.key
    }

    /// What names its bytes, without quotation marks.
    pub fn etag(&self) -> &str {
        self.s3.object.e_tag.trim_matches('"')
    }
}
