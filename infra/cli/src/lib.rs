//! What a shop needs beside its functions: its first administrator, something to look at, and somebody who
//! checks now and then that everything adds up.
//!
//! All of it works on any table, through `table` alone.

mod admin;
mod catalogue;
mod doctor;
mod seed;

pub use admin::{Made, make_admin, random_password};
pub use doctor::{Finding, Report, Rule, examine, repair};
pub use seed::{Seeded, seed};

use domain::text::Email;
use table::Opened;

/// Why the shop cannot be furnished.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address belongs to an account without administrator rights. Nobody gets these rights unnoticed.
    #[error("{0} has an account that administers nothing: choose another address")]
    NoAdmin(Email),
    /// The demo store needs an owner.
    #[error("{0} has no account: make it first, with `cargo shop admin --email {0}`")]
    NoOwner(Email),
    /// The demo store, a category or a product cannot be made.
    #[error("{what} cannot be made: {why:?}")]
    Refused {
        /// What.
        what: String,
        /// Why.
        why: Opened,
    },
    /// A text breaks a rule of the shop.
    #[error(transparent)]
    Invalid(#[from] domain::Invalid),
    /// A password cannot be hashed.
    #[error("{}", .0.cause.as_deref().unwrap_or("the password cannot be hashed"))]
    Hash(api::Problem),
    /// The table did not answer.
    #[error(transparent)]
    Table(#[from] table::Error),
}
