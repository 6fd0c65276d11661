//! The area stores.

pub mod names;
pub mod shopping;
