//! Rules that hold for the whole shop.

pub mod window;
