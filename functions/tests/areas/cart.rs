//! The area cart.

pub mod carts;
pub mod variants;
