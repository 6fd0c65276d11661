//! The in-process shop, in parts.

pub mod people;
pub mod placed;
pub mod world;
