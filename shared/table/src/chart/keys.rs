//! The keys that more than an id makes, and those of items that are no entities: carts, sessions, counters,
//! unique names.

use std::fmt::{self, Display};
use std::str::FromStr;

use domain::Invalid;
use domain::catalogue::Movement;
use domain::catalogue::image::Subject;
use domain::ids::{Id as _, MovementId, ProductId, ReviewId, UserId, VariantId};

use crate::dynamo::{Entity, Key};

/// The owner of a cart: a signed-in user, or the holder of a secret token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartKey {
    /// A signed-in user.
    User(UserId),
    /// The holder of the token with this hash. Only the hash is stored, so a reader of the table gets no
    /// cart.
    Anonymous(String),
}

impl Key {
    /// An item that reserves a unique name.
    pub(crate) fn unique(kind: &str, name: impl Display) -> Self {
        Self::new(format_args!("UNIQUE#{kind}#{name}"), "UNIQUE")
    }

    pub(crate) fn cart(key: &CartKey) -> Self {
        match key {
            CartKey::User(user) => Self::new(format_args!("CART#{user}"), "CART"),
            CartKey::Anonymous(hash) => Self::new(format_args!("CART#{hash}"), "CART"),
        }
    }

    /// The counter of a rate limit. The policies that let an endpoint count name this prefix.
    pub(crate) fn limit(key: &str, sk: impl Display) -> Self {
        Self::new(format_args!("LIMIT#{key}"), sk)
    }

    /// All sessions of a user.
    pub(crate) fn sessions(user: UserId) -> Self {
        Self::new(format_args!("USER#{user}"), "SESSIONS")
    }

    /// The counter of administrators.
    pub(crate) fn admins() -> Self {
        Self::new("ADMINS", "COUNT")
    }

    /// An entry of a sandbox provider.
    pub(crate) fn sandbox(kind: &str, name: &str) -> Self {
        Self::new(format_args!("SANDBOX#{kind}#{name}"), "ENTRY")
    }
}

/// A variant in keys and names of attributes. The first place has the product's id, as before there were
/// variants, so an older release can read what plain products write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VariantName(pub(crate) VariantId);

impl Display for VariantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(id) = self;
        if id.place.is_first() { Display::fmt(&id.product, f) } else { Display::fmt(id, f) }
    }
}

impl FromStr for VariantName {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        name.parse().map(VariantId::first_of).or_else(|_| name.parse()).map(Self)
    }
}

/// The key of a movement.
#[derive(Clone, Debug)]
pub(crate) struct MovementKey {
    pub(crate) variant: VariantName,
    pub(crate) at: domain::Timestamp,
    pub(crate) id: MovementId,
}

impl MovementKey {
    pub(crate) fn of(movement: &Movement) -> Self {
        Self { variant: VariantName(movement.variant_id()), at: movement.at, id: movement.id }
    }

    /// The partition of all movements of a stock.
    pub(crate) fn partition(variant: VariantId) -> String {
        let (at, id) = (domain::Timestamp::MAX, MovementId::from_bits(0));
        Movement::key(&Self { variant: VariantName(variant), at, id }).pk
    }
}

/// The key of an album: in the partition of its product or store.
#[derive(Clone, Debug)]
pub(crate) struct AlbumKey {
    pub(crate) kind: &'static str,
    pub(crate) id: Subject,
}

impl AlbumKey {
    pub(crate) fn of(subject: Subject) -> Self {
        let kind = match subject {
            Subject::Product(_) => "PRODUCT",
            Subject::Store(_) => "STORE",
        };
        Self { kind, id: subject }
    }
}

/// The key of a review.
#[derive(Clone, Debug)]
pub(crate) struct ReviewKey {
    pub(crate) product: ProductId,
    pub(crate) id: ReviewId,
}

impl ReviewKey {
    pub(crate) fn partition(product: ProductId) -> String {
        format!("REVIEWS#{product}")
    }
}

/// The key of the note that a user has reviewed a product.
#[derive(Clone, Debug)]
pub(crate) struct ReviewedKey {
    pub(crate) user: UserId,
    pub(crate) product: ProductId,
}

impl ReviewedKey {
    pub(crate) fn partition(user: UserId) -> String {
        format!("REVIEWER#{user}")
    }
}

/// The key of a row of a list.
#[derive(Clone, Debug)]
pub(crate) struct RowKey {
    pub(crate) shelf: String,
    pub(crate) product: ProductId,
}

/// How the sort key of every stock begins.
pub(crate) const STOCK: &str = "STOCK";

/// The sort key of an album.
pub(crate) const PICTURES: &str = "PICTURES";

/// Sorts behind the pointers of a store, which begin with `ORDER#`, and before the store itself, `STORE`.
pub(crate) const BEHIND_POINTERS: &str = "ORDER$";
