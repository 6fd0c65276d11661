//! Search, suggestions, and the index of products.

pub mod finding;
pub mod indexing;
pub mod rebuilding;
