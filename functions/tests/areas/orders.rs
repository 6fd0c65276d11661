//! The area orders.

pub mod checkout;
pub mod life;
