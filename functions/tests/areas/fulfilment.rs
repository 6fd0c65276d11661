//! The area fulfilment.

pub mod story;
pub mod stripe;
pub mod switches;
