//! What a shop needs beside its functions: its first administrator, a demo catalogue, and a check of its
//! data.
//!
//! All of it works on any table, through `table` alone; pictures also need their bucket.

#![warn(missing_docs)]

mod admin;
mod catalogue;
mod doctor;
mod pictures;
mod publish;
mod seed;

pub use admin::{Made, make_admin, random_password};
pub use doctor::{Finding, Report, Rule, examine, repair};
pub use seed::{Seeded, seed};

use domain::ids::ProductId;
use domain::text::Email;

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address belongs to an account without administrator rights. Nobody gets these rights unnoticed.
    #[error("{0} has an account that administers nothing: choose another address")]
    NoAdmin(Email),
    /// The owner of the demo store has no account.
    #[error("{0} has no account: make it first, with `cargo shop admin --email {0}`")]
    NoOwner(Email),
    /// The demo store, a category or a product cannot be made.
    #[error("{what} cannot be made: {why}")]
    Refused {
        /// What cannot be made.
        what: String,
        /// The reason.
        why: String,
    },
    /// A picture cannot be drawn.
    #[error("the picture of {0} cannot be drawn")]
    Undrawn(ProductId),
    /// A text breaks a rule of the shop.
    #[error(transparent)]
    Invalid(#[from] domain::Invalid),
    /// A password cannot be hashed.
    #[error("{}", .0.cause.as_deref().unwrap_or("the password cannot be hashed"))]
    Hash(api::Problem),
    /// The bucket did not answer.
    #[error(transparent)]
    Bucket(#[from] providers::Unavailable),
    /// The table did not answer.
    #[error(transparent)]
    Table(#[from] table::Error),
}
