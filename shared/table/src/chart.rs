//! The entity chart: every item of the table, with its key, and the question that each key answers.

mod index;
mod items;
mod keys;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::account::address::AddressBook;
use domain::account::{Credential, Erasure, User};
use domain::catalogue::image::Album;
use domain::catalogue::review::{Rating, Review, Reviewed};
use domain::catalogue::{Category, Movement, Product, Stock};
use domain::ids::{CategoryId, MovementId, OrderId, ProductId, StoreId, UserId, VariantId};
use domain::orders::{OrderContact, OrderHead, OrderSnapshot};
use domain::search::SearchIndex;
use domain::stores::Store;
use domain::text::Email;

pub use self::index::{DUE_SHARDS, Due};
pub(crate) use self::index::{ORDER_SHARDS, USER_SHARDS, indexed, shard, who};
pub use self::items::PublicKey;
pub(crate) use self::items::{Applied, DeadLetter, ListRow, Overdue, Pointer};
pub use self::keys::CartKey;
pub(crate) use self::keys::{
    AlbumKey, BEHIND_POINTERS, MovementKey, PICTURES, ReviewKey, ReviewedKey, RowKey, STOCK, VariantName,
};
use crate::dynamo::{Entity, Key, text};

macro_rules! entities {
    ($(
        $(#[doc = $question:literal])*
        $type:ident($id:pat => $id_type:ty, $own:expr) = $pk:literal / $sk:literal
            $({ $indexed:expr })? $(, shape 2 if { $is_new:expr })?
    )*) => {
        $(
            $(#[doc = $question])*
            impl Entity for $type {
                type Id = $id_type;
                const NAME: &'static str = stringify!($type);

                fn key(id: &Self::Id) -> Key {
                    let $id = id;
                    Key::new(format_args!($pk), format_args!($sk))
                }

                fn own_key(&self) -> Key {
                    let own: fn(&Self) -> Self::Id = $own;
                    Self::key(&own(self))
                }

                $(fn shape(&self) -> u32 {
                    let is_new: fn(&Self) -> bool = $is_new;
                    if is_new(self) { 2 } else { 1 }
                })?

                $(fn indexed(&self) -> Vec<(&'static str, AttributeValue)> {
                    let indexed: fn(&Self) -> Vec<(&'static str, AttributeValue)> = $indexed;
                    indexed(self)
                })?
            }
        )*

        /// The chart as text, for a test that holds it still.
        #[cfg(test)]
        pub(crate) const CHART: &[(&str, &str, &str)] = &[$((stringify!($type), $pk, $sk)),*];
    };
}

entities! {
    /// Who is this? gsi1: which users are there, newest first? `due`: which mails are owed to them?
    User(id => UserId, |user| user.id) = "USER#{id}" / "USER" { |user| {
        let mut indexed = indexed(Due::User(user.id), user.due_at);
        indexed.push(("gsi1pk", text(format_args!("USERS#{}", user.id.bits() % USER_SHARDS))));
        indexed.push(("gsi1sk", text(format_args!("{}#{}", user.created_at, user.id))));
        indexed
    } }
    /// What is left of a user who is gone? `due`: when is somebody to look again?
    Erasure(id => UserId, |erasure| erasure.user_id) = "ERASURE#{id}" / "ERASURE" { |erasure| {
        indexed(Due::Erasure(erasure.user_id), Some(erasure.due_at))
    } }
    /// Which addresses does this user keep? All in one item, so that one condition holds their number and
    /// their defaults.
    AddressBook(user => UserId, |book| book.user_id) = "USER#{user}" / "ADDRESSES"
    /// How does this address sign in? Being one item per address is what keeps addresses unique.
    Credential(email => Email, |credential| credential.email.clone()) = "EMAIL#{email}" / "LOGIN"
    /// Which keys verify our tokens?
    PublicKey(kid => String, |key| key.kid.clone()) = "KEYS" / "KEY#{kid}"
    /// What is this store?
    Store(id => StoreId, |store| store.id) = "STORE#{id}" / "STORE"
    /// Which categories are there? All of them in one partition: an admin writes some dozens, ever.
    Category(id => CategoryId, |category| category.id) = "CATEGORIES" / "{id}"
    /// What is this product? One Query brings it with the stock of its variants and its rating.
    Product(id => ProductId, |product| product.id) = "PRODUCT#{id}" / "PRODUCT",
        shape 2 if { |product| !product.options.is_empty() }
    /// Can this much be sold at this price? The hot item of a checkout, so it is small.
    Stock(VariantId { product, place } => VariantId, |stock| stock.variant_id())
        = "PRODUCT#{product}" / "STOCK{place}",
        shape 2 if { |stock| !stock.place.is_first() || stock.sku.is_some() }
    /// Which images has this product, or which logo this store? All in one item, so that one condition holds
    /// their number. In a store's partition it stands behind the pointers, as the store does. Beside it, for
    /// [`crate::TableChange`]: its cover, and whether images wait to be deleted.
    Album(AlbumKey { kind, id } => AlbumKey, |album| AlbumKey::of(album.subject))
        = "{kind}#{id}" / "PICTURES" { |album| {
        let cover = album.cover().map(|cover| ("cover", text(cover)));
        let removed = album.removed().first().map(|_| ("removed", AttributeValue::Bool(true)));
        cover.into_iter().chain(removed).collect()
    } }
    /// What do its reviews come to? Counted up by each.
    Rating(id => ProductId, |rating| rating.product_id) = "PRODUCT#{id}" / "RATING"
    /// What do buyers say of this product, newest first?
    Review(
        ReviewKey { product, id } => ReviewKey,
        |review| ReviewKey { product: review.product_id, id: review.id }
    ) = "REVIEWS#{product}" / "{id}"
    /// Has this user reviewed this product, and which others? What makes a review one a user and product.
    Reviewed(
        ReviewedKey { user, product } => ReviewedKey,
        |by| ReviewedKey { user: by.user_id, product: by.product_id }
    ) = "REVIEWER#{user}" / "{product}"
    /// Which movements has this stock had, newest first? A partition of their own, so that the product's page
    /// stays small.
    Movement(MovementKey { variant, at, id } => MovementKey, MovementKey::of)
        = "STOCK#{variant}" / "{at}#{id}",
        shape 2 if { |movement| !movement.place.is_first() }
    /// Was this movement made before? Its being there is what makes a repeat none.
    Applied(id => MovementId, |applied| applied.id) = "MOVEMENT#{id}" / "MOVEMENT"
    /// Which products are in this list, newest first? gsi2: and by their price?
    ListRow(RowKey { shelf, product } => RowKey, ListRow::own) = "LIST#{shelf}" / "{product}"
    /// What was bought? Never changes, and its being there is what makes a checkout happen once. gsi1: which
    /// orders are there, newest first? Not by the head, which is in gsi1 already, and moves.
    OrderSnapshot(id => OrderId, |order| order.id) = "ORDER#{id}" / "SNAPSHOT" { |order| {
        vec![
            ("gsi1pk", text(format_args!("ORDERS#{}", order.id.bits() % ORDER_SHARDS))),
            ("gsi1sk", text(format_args!("{}#{}", order.placed_at, order.id))),
        ]
    } }, shape 2 if { |order| order.lines.iter().any(|line| line.variant.is_some()) }
    /// Where does it go, and who is told? Erasable.
    OrderContact(id => OrderId, |contact| contact.id) = "ORDER#{id}" / "CONTACT"
    /// Where does it stand? gsi1: which orders has this shopper, newest first? `due`: which orders owe
    /// something?
    OrderHead(id => OrderId, |head| head.id) = "ORDER#{id}" / "HEAD" { |head| {
        let mut indexed = indexed(Due::Order(head.id), head.due_at);
        indexed.push(("gsi1pk", text(format_args!("SHOPPER#{}", head.shopper))));
        indexed.push(("gsi1sk", text(format_args!("{}#{}", head.placed_at, head.id))));
        indexed
    } }
    /// Has somebody to look at this order? gsi1: at which orders, newest first? In one partition: the sweeper
    /// writes at most 200 a minute.
    Overdue(id => OrderId, |row| row.order) = "ORDER#{id}" / "OVERDUE" { |row| {
        vec![("gsi1pk", text("OVERDUE")), ("gsi1sk", text(format_args!("{}#{}", row.placed_at, row.order)))]
    } }
    /// Why was this message given up? Expires with the dead letters.
    DeadLetter(message => String, |note| note.message.clone()) = "DEADLETTER#{message}" / "REASON"
    /// Which orders has this store a part in, newest first?
    Pointer(Pointer { store, order, placed_at } => Pointer, Pointer::clone)
        = "STORE#{store}" / "ORDER#{placed_at}#{order}"
    /// Which snapshot of the index do searches read, and how far is a rebuild? One item for each form of the
    /// index's files.
    SearchIndex(form => u32, |index| index.form) = "SEARCH#{form}" / "INDEX"
}

#[cfg(test)]
mod tests {
    use domain::ids::Id;

    use super::*;

    #[test]
    fn the_entity_chart() {
        let mut chart = String::from("\n");
        for (name, pk, sk) in CHART {
            chart.push_str(&format!("{name:14} {pk:24} {sk}\n"));
        }
        assert_eq!(
            chart,
            "
User           USER#{id}                USER
Erasure        ERASURE#{id}             ERASURE
AddressBook    USER#{user}              ADDRESSES
Credential     EMAIL#{email}            LOGIN
PublicKey      KEYS                     KEY#{kid}
Store          STORE#{id}               STORE
Category       CATEGORIES               {id}
Product        PRODUCT#{id}             PRODUCT
Stock          PRODUCT#{product}        STOCK{place}
Album          {kind}#{id}              PICTURES
Rating         PRODUCT#{id}             RATING
Review         REVIEWS#{product}        {id}
Reviewed       REVIEWER#{user}          {product}
Movement       STOCK#{variant}          {at}#{id}
Applied        MOVEMENT#{id}            MOVEMENT
ListRow        LIST#{shelf}             {product}
OrderSnapshot  ORDER#{id}               SNAPSHOT
OrderContact   ORDER#{id}               CONTACT
OrderHead      ORDER#{id}               HEAD
Overdue        ORDER#{id}               OVERDUE
DeadLetter     DEADLETTER#{message}     REASON
Pointer        STORE#{store}            ORDER#{placed_at}#{order}
SearchIndex    SEARCH#{form}            INDEX
"
        );
    }

    #[test]
    fn keys_are_written_as_the_chart_says() {
        let id = OrderId::from_bits(1);
        let key = OrderHead::key(&id);
        assert_eq!((key.pk.as_str(), key.sk.as_str()), ("ORDER#ord_00000000000000000000000001", "HEAD"));
    }
}
