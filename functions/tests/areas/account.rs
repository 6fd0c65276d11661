//! The area account.

pub mod accounts;
pub mod addresses;
pub mod stored;
