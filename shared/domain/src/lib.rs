//! The rules of the shop: no I/O, no clock of its own, no AWS.
//!
//! Everything here is a value or a pure function, so every rule can be read, and tested, by itself.

pub mod account;
pub mod address;
pub mod cart;
pub mod catalogue;
pub mod clock;
pub mod country;
pub mod debt;
pub mod email;
pub mod ids;
pub mod image;
pub mod invalid;
pub mod messages;
pub mod money;
pub mod order;
pub mod quantity;
pub mod review;
pub mod text;
pub mod window;

#[cfg(not(feature = "openapi"))]
pub use schema_off::Schema;
/// Describes a type in the OpenAPI document; derives nothing in a shipped binary.
#[cfg(feature = "openapi")]
pub use schemars::JsonSchema as Schema;

pub use clock::{Clock, Timestamp};
pub use invalid::Invalid;
