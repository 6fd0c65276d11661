//! The area cart.

pub mod carts;
