//! Orders, and the checkout that makes them.

pub(crate) mod checkout;
pub(crate) mod order;
