//! The area platform.

pub mod follow;
pub mod headers;
pub mod keys;
