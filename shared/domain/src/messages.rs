//! What the queues carry: which order, which fulfilment, which step. Never state, and never a secret.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, StoreId, UserId};
use crate::order::Mail;

/// A message of one queue.
pub trait Message: Serialize + DeserializeOwned {
    /// The queue's name, as in the template and in the variable `<QUEUE>_QUEUE_URL`.
    const QUEUE: &'static str;
}

/// The version of every message's form. A reader refuses a version that it does not know.
pub const VERSION: u32 = 1;

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident $queue:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
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
        /// Which mail: a key of the user's `owed`.
        mail: String,
    },
}

impl Message for SendMail {
    const QUEUE: &'static str = "notifications";
}
