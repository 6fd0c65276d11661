//! The index of products.

pub(crate) mod indexes;
