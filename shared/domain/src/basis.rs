//! What every area is made of: ids, money, text, time, quantities, and what is wrong with a value.

pub mod clock;
pub mod ids;
pub mod invalid;
pub mod money;
pub mod quantity;
pub mod text;
