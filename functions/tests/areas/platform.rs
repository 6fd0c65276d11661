//! The area platform.

pub mod headers;
pub mod keys;
