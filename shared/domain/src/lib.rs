//! The rules of the shop: no I/O, no clock of its own, no AWS.
//!
//! Everything here is a value or a pure function, so each rule can be read and tested by itself.

#![warn(missing_docs)]

pub mod account;
mod basis;
pub mod cart;
pub mod catalogue;
pub mod messages;
pub mod orders;
pub mod platform;
pub mod search;
pub mod stores;

pub use basis::{clock, ids, invalid, money, quantity, text};

#[cfg(not(feature = "openapi"))]
pub use schema_off::Schema;
/// Describes a type in the OpenAPI document. A shipped binary derives nothing from it.
#[cfg(feature = "openapi")]
pub use schemars::JsonSchema as Schema;

pub use basis::Looks;
pub use basis::clock::{Clock, Timestamp};
pub use basis::invalid::Invalid;
