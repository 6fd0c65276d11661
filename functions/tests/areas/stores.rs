//! The area stores.

pub mod edits;
pub mod names;
pub mod shopping;
