//! The keys that more than an id makes, and those of items that are no entities: carts, sessions, counters,
//! unique names.

use std::fmt::Display;

use domain::catalogue::Movement;
use domain::catalogue::image::Subject;
use domain::ids::{Id as _, MovementId, ProductId, ReviewId, UserId};

use crate::dynamo::{Entity, Key};

/// Whose cart: a signed-in user's, or that of whoever holds a secret token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartKey {
    /// A signed-in user's.
    User(UserId),
    /// An anonymous one, by the hash of its token: reading the table gives nobody a cart.
    Anonymous(String),
}

impl Key {
    /// An item that exists only so that nothing else has its name.
    pub(crate) fn unique(kind: &str, name: impl Display) -> Self {
        Self::new(format_args!("UNIQUE#{kind}#{name}"), "UNIQUE")
    }

    pub(crate) fn cart(key: &CartKey) -> Self {
        match key {
            CartKey::User(user) => Self::new(format_args!("CART#{user}"), "CART"),
            CartKey::Anonymous(hash) => Self::new(format_args!("CART#{hash}"), "CART"),
        }
    }

    /// What a rate limit counts. The policy that lets an endpoint count goes by this prefix.
    pub(crate) fn limit(key: &str, sk: impl Display) -> Self {
        Self::new(format_args!("LIMIT#{key}"), sk)
    }

    /// All sessions of a user.
    pub(crate) fn sessions(user: UserId) -> Self {
        Self::new(format_args!("USER#{user}"), "SESSIONS")
    }

    /// How many administrators there are.
    pub(crate) fn admins() -> Self {
        Self::new("ADMINS", "COUNT")
    }

    /// What a sandbox provider remembers.
    pub(crate) fn sandbox(kind: &str, name: &str) -> Self {
        Self::new(format_args!("SANDBOX#{kind}#{name}"), "ENTRY")
    }
}

/// Where a movement is.
#[derive(Clone, Debug)]
pub(crate) struct MovementKey {
    pub(crate) product: ProductId,
    pub(crate) at: domain::Timestamp,
    pub(crate) id: MovementId,
}

impl MovementKey {
    pub(crate) fn of(movement: &Movement) -> Self {
        Self { product: movement.product_id, at: movement.at, id: movement.id }
    }

    /// Where all movements of a stock are.
    pub(crate) fn partition(product: ProductId) -> String {
        Movement::key(&Self { product, at: domain::Timestamp::MAX, id: MovementId::from_bits(0) }).pk
    }
}

/// Where an album is: beside the product or the store whose it is.
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

/// Where a review is.
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

/// Where it stands that somebody has reviewed a product.
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

/// Where a row is.
#[derive(Clone, Debug)]
pub(crate) struct RowKey {
    pub(crate) shelf: String,
    pub(crate) product: ProductId,
}

/// The sort key of an album.
pub(crate) const PICTURES: &str = "PICTURES";

/// In a store's partition every pointer's sort key begins with `ORDER#`, and the store's own with `STORE`.
pub(crate) const BEHIND_POINTERS: &str = "ORDER$";
