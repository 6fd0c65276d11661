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
mod write;

pub(crate) use attributes::{Item, number, text, value};
pub(crate) use backoff::{Backoff, until_won};
pub(crate) use calls::{MOST_IN_PARTITION, Read, Written, refused};
pub(crate) use entity::{Entity, read, readable, shape};
pub use error::{Error, Result};
pub(crate) use error::{broken, failed};
pub use handle::{Table, random};
pub(crate) use key::Key;
pub(crate) use pages::{List, Span};
pub use pages::{ListPosition, Page};
pub(crate) use write::{ABSENT, Updates, Write};
