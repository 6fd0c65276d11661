//! Typed ids: a prefix that names the type, then 128 bits in lowercase base32.
//!
//! The first 48 bits are milliseconds, so later ids sort later. Orders derive their ids instead (see
//! [`crate::orders`]). The alphabet is Crockford's: it sorts like the bits, and no two characters look alike.

mod base32;
mod plain;
mod variant;

pub use plain::{
    AddressId, CartId, CategoryId, Id, ImageId, MovementId, OrderId, ProductId, ReviewId, SessionId, StoreId,
    UserId,
};
pub use variant::{Place, VariantId};
