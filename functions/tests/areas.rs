//! Behaviour by area: what the handlers do.

pub mod account;
pub mod admin;
pub mod cart;
pub mod catalogue;
pub mod face;
pub mod fulfilment;
pub mod orders;
pub mod platform;
pub mod search;
pub mod stores;
