//! Carts.

pub(crate) mod carts;
pub(crate) mod item;
