//! The id of an order, which every repeat of an attempt to buy leads to.

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::ids::{CartId, Id, OrderId, UserId};
use crate::text::IdempotencyKey;

/// What makes two attempts to buy the same attempt.
#[derive(Clone, Debug)]
pub enum Attempt<'a> {
    /// The caller's own name for it.
    Key(&'a IdempotencyKey),
    /// This cart, as it stood.
    Cart(CartId, u64),
}

impl OrderId {
    /// The id of the order that `shopper` gets for `attempt`: the same for every repeat, and nobody else's.
    pub fn of(shopper: UserId, attempt: &Attempt<'_>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"order\0");
        hash.update(shopper.bits().to_be_bytes());
        match attempt {
            Attempt::Key(key) => {
                hash.update(b"key\0");
                hash.update(key.as_str());
            }
            Attempt::Cart(cart, version) => {
                hash.update(b"cart\0");
                hash.update(cart.bits().to_be_bytes());
                hash.update(version.to_be_bytes());
            }
        }
        Self::from_bits(hash.finalize().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }

    /// `ORD-YYYYMMDD-XXXXXX`: the day, and the last six characters of the id.
    pub fn number(self, placed_at: Timestamp) -> String {
        let id = self.to_string().to_ascii_uppercase();
        format!("ORD-{}-{}", placed_at.day(), id.split_at(id.len() - 6).1)
    }
}
