//! The basic types of every area: ids, money, text, time, quantities and refused values.

pub mod clock;
pub mod ids;
pub mod invalid;
mod look;
pub mod money;
pub mod quantity;
pub mod text;

pub use look::Looks;
