//! The HTTP contract, and the only crate that says a status code.
//!
//! An endpoint is a [`Endpoint`] constant and a function from a [`Request`] to a [`Result`]; everything that goes wrong
//! is a [`Problem`]. Nothing here knows Lambda: `lambda` turns gateway events into requests, and replies into answers.

pub mod account;
mod body;
mod caller;
pub mod catalogue;
pub mod code;
pub mod cursor;
mod endpoint;
pub mod image;
pub mod limit;
mod named;
pub mod order;
mod pages;
pub mod password;
mod problem;
mod reply;
mod request;
pub mod review;
pub mod session;
pub mod token;
pub mod view;

pub use caller::{Admin, Buyer, Merchant, Seller, SharedSite, Site, new_cart};
pub use code::Code;
pub use cursor::{Cursor, ListPage, Paging};
pub use domain::Schema;
pub use endpoint::{Described, Endpoint, Who};
pub use limit::Limits;
pub use named::Named;
pub use problem::{Fault, Problem};
pub use reply::{Answer, Page, Reply};
pub use request::{MAX_BODY, Request, RequestId};

/// What an endpoint's function gives back.
pub type Result<T = Reply, E = Problem> = std::result::Result<T, E>;
