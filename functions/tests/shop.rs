//! The in-process shop, in parts.

pub mod boutique;
pub mod goods;
pub mod outside;
pub mod people;
pub mod placed;
pub mod world;
