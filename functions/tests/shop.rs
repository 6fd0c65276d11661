//! The world of an in-process test, in parts.

pub mod people;
pub mod placed;
pub mod world;
