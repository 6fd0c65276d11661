//! DynamoDB: keys and attributes, the calls that everything else is made of, and how they fail.

mod attributes;
mod backoff;
mod calls;
mod entity;
mod error;
mod handle;
mod key;
mod pages;
mod whole;

pub(crate) use attributes::{Item, number, text, value};
pub(crate) use backoff::Backoff;
pub(crate) use calls::{ABSENT, Read, Written, put, refused};
pub(crate) use entity::{Entity, read};
pub use error::{Error, Result};
pub(crate) use error::{broken, failed, lost};
pub use handle::{Table, random};
pub(crate) use key::Key;
pub use pages::ListPosition;
pub(crate) use pages::{List, Span};
