//! Stores, and the names that only one may have.

pub(crate) mod names;
pub(crate) mod store;
