//! What administrators look at: the whole shop, and messages that were given up.

pub(crate) mod audit;
pub(crate) mod dead_letters;
