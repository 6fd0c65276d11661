//! The id of an order. Every repeat of a checkout attempt gets the same id.

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::ids::{CartId, Id, OrderId, UserId};
use crate::text::IdempotencyKey;

impl OrderId {
    /// The id of the order that `shopper` places under an idempotency key. Every repeat has the same id.
    pub fn of_key(shopper: UserId, key: &IdempotencyKey) -> Self {
        Self::of(shopper, &[b"key\0", key.as_str().as_bytes()])
    }

    /// The id of the order that `shopper` places from this version of a cart. Every repeat has the same id.
    pub fn of_cart(shopper: UserId, cart: CartId, version: u64) -> Self {
        Self::of(shopper, &[b"cart\0", &cart.bits().to_be_bytes(), &version.to_be_bytes()])
    }

    fn of(shopper: UserId, attempt: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"order\0");
        hash.update(shopper.bits().to_be_bytes());
        for part in attempt {
            hash.update(part);
        }
        Self::from_bits(hash.finalize().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }

    /// `ORD-YYYYMMDD-XXXXXX`: the day, and the last six characters of the id.
    pub fn number(self, placed_at: Timestamp) -> String {
        let id = self.to_string().to_ascii_uppercase();
        format!("ORD-{}-{}", placed_at.day(), id.split_at(id.len() - 6).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_attempt_is_the_same_order() {
        let key = |text: &str| text.parse::<IdempotencyKey>().unwrap();
        let (ann, ben) = (UserId::from_bits(1), UserId::from_bits(2));
        let cart = CartId::from_bits(7);
        let ids = [
            OrderId::of_key(ann, &key("a")),
            OrderId::of_key(ann, &key("b")),
            OrderId::of_key(ben, &key("a")),
            OrderId::of_cart(ann, cart, 1),
            OrderId::of_cart(ann, cart, 2),
        ];
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
        assert_eq!(ids[0], OrderId::of_key(ann, &key("a")));
    }
}
