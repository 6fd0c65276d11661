//! Orders, and the checkout that makes them.

pub(crate) mod checkout;
mod offers;
pub(crate) mod order;
