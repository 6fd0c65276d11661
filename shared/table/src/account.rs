//! Accounts: users and how they sign in, their addresses and sessions, and what is left when they go.

pub(crate) mod accounts;
pub(crate) mod addresses;
pub(crate) mod erasures;
pub(crate) mod sessions;
