//! The messages of the queues. They say which order, part or mail to look at. They carry no state and no
//! secret.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::Notice;
use crate::catalogue::image::{Subject, incoming_key};
use crate::clock::Timestamp;
use crate::ids::{Id, ImageId, OrderId, ProductId, StoreId, UserId};
use crate::orders::Mail;

/// A message of one queue.
pub trait Message: Serialize + DeserializeOwned {
    /// The queue's name in the template and in the variable `<QUEUE>_QUEUE_URL`.
    const QUEUE: &'static str;
    /// Whether another program writes the message in its own form, without our version.
    const IS_FOREIGN: bool = false;

    /// The message in the sample event of its worker. It names what does not exist. No shipped binary calls
    /// this.
    fn sample() -> Self;
}

/// A type of a message's field, with its value in a sample.
trait Field {
    fn sample() -> Self;
}

impl<T: Id> Field for T {
    fn sample() -> Self {
        Self::from_bits(0)
    }
}

impl<T> Field for Option<T> {
    fn sample() -> Self {
        None
    }
}

impl Field for bool {
    fn sample() -> Self {
        false
    }
}

impl Field for Subject {
    fn sample() -> Self {
        Self::Product(Field::sample())
    }
}

/// All queues: those of the chain in its order, then the others. The template names a queue and its
/// dead-letter queue after these.
pub const QUEUES: [&str; 10] = [
    "payments",
    "warehouse",
    "shipping",
    "delivery",
    "notifications",
    "erasures",
    "uploads",
    "rows",
    "pictures",
    "search",
];

/// The version of the messages' form. A reader refuses other versions.
pub const VERSION: u32 = 1;

/// How often a queue shows a message before it is dead-lettered: `maxReceiveCount` in the template.
pub const MOST_RECEIVES: u32 = 5;
/// How long dead letters are kept: the longest time that SQS allows.
pub const DEAD_LETTERS_LIVE: Duration = Duration::from_hours(14 * 24);
/// Messages hold ids, so they are shorter than this many bytes. A longer message is not ours.
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

            fn sample() -> Self {
                Self { $($field: Field::sample(),)* }
            }
        }
    )*};
}

messages! {
    /// Takes the money for an order, or settles the payment of a cancelled one.
    TakePayment "payments" {
        /// The order.
        order: OrderId,
    }
    /// Packs one store's part of an order.
    PackOrder "warehouse" {
        /// The order.
        order: OrderId,
        /// The part's store.
        store: StoreId,
    }
    /// Buys the label for one store's part and hands the parcel to the carrier.
    ShipParcel "shipping" {
        /// The order.
        order: OrderId,
        /// The part's store.
        store: StoreId,
    }
    /// Moves a parcel on: to shipped, and later to delivered.
    DeliverParcel "delivery" {
        /// The order.
        order: OrderId,
        /// The part's store.
        store: StoreId,
    }
    /// Erases what is left of a deleted user, one page of their orders at a time.
    EraseUser "erasures" {
        /// The deleted user.
        user: UserId,
        /// The last order that is done; the walk goes on after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// Whether the walk has seen an order that is still on its way.
        #[serde(default)]
        open: bool,
        /// When the walk began; absent before its first page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        began: Option<Timestamp>,
    }
    /// Shows in the lists whether a product is in stock, and its cover.
    RefreshRows "rows" {
        /// The product.
        product: ProductId,
    }
    /// Deletes the objects of removed images.
    DeletePictures "pictures" {
        /// The owner of the album.
        subject: Subject,
        /// Whether all images go, because the product is deleted or the store closed. Both are final.
        all: bool,
    }
}

impl EraseUser {
    /// The message that begins a walk through all data.
    pub fn all_of(user: UserId) -> Self {
        Self { user, after: None, open: false, began: None }
    }
}

/// Sends an owed mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SendMail {
    /// A mail about an order.
    Order {
        /// The order.
        order: OrderId,
        /// The mail.
        mail: Mail,
    },
    /// A mail about an account.
    User {
        /// The user.
        user: UserId,
        /// The mail.
        mail: Notice,
    },
}

impl Message for SendMail {
    const QUEUE: &'static str = "notifications";

    fn sample() -> Self {
        Self::Order { order: Field::sample(), mail: Mail::Confirmed }
    }
}

/// Changes the index of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IndexProducts {
    /// Reads a product again and indexes it as it is.
    Product {
        /// The product.
        product: ProductId,
    },
    /// Indexes one page of all products. A message for a step that is done, or of a rebuild that has ended,
    /// changes nothing.
    Rebuild {
        /// The rebuild; 0 asks for an index where there is none.
        rebuild: u64,
        /// The number of pages that were done before.
        step: u64,
    },
}

impl IndexProducts {
    /// Asks for an index where there is none.
    pub const BUILD: Self = Self::Rebuild { rebuild: 0, step: 0 };
}

impl Message for IndexProducts {
    const QUEUE: &'static str = "search";

    fn sample() -> Self {
        Self::Product { product: Field::sample() }
    }
}

/// S3's message about uploaded objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// The objects. S3's test message, which checks that it may write to the queue, has none.
    #[serde(rename = "Records", default)]
    pub objects: Vec<ObjectCreated>,
}

impl Message for Uploaded {
    const QUEUE: &'static str = "uploads";
    const IS_FOREIGN: bool = true;

    fn sample() -> Self {
        let key = incoming_key(Field::sample(), ImageId::sample());
        let object = Object { key, e_tag: "d41d8cd98f00b204e9800998ecf8427e".to_owned() };
        Self { objects: vec![ObjectCreated { s3: Entry { object } }] }
    }
}

/// An uploaded object.
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
    /// The object's key. S3 escapes it as in a form, which changes nothing in our keys.
    pub fn key(&self) -> &str {
        &self.s3.object.key
    }

    /// The `ETag` of its bytes, without quotation marks.
    pub fn etag(&self) -> &str {
        self.s3.object.e_tag.trim_matches('"')
    }
}
