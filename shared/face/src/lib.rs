//! The pages for people: their templates, and the files that they load.
//!
//! A page is rendered from the same bodies that the API answers, so a page and the API cannot differ.

#![warn(missing_docs)]

mod embedded;
mod files;
mod filters;
pub mod picker;
mod render;
pub mod shell;

pub use embedded::VERSION;
pub use files::{file, file_in};
pub use filters::json_in_script;
pub use render::{page, problem};
