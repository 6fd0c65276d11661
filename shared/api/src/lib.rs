//! The HTTP contract, and the only crate that says a status code.
//!
//! An endpoint is a [`Endpoint`] constant and a function from a [`Request`] to a [`Result`]; everything that goes wrong
//! is a [`Problem`]. Nothing here knows Lambda: `lambda` turns gateway events into requests, and replies into answers.

pub mod account;
mod caller;
mod cart;
pub mod catalogue;
mod contract;
pub mod limit;
mod pages;
mod party;
pub mod password;
mod request;
pub mod session;
pub mod token;
pub mod view;

pub use caller::{Admin, Buyer, Merchant, Seller, SharedSite, Site};
pub use cart::new_cart;
pub use contract::{
    Answer, Code, Described, Endpoint, Fault, ListPage, Named, Page, Paging, Problem, Reply, RequestId,
    Result, Who, code, cursor,
};
pub use domain::Schema;
pub use limit::Limits;
pub use party::{Party, to_decide};
pub use request::{MAX_BODY, Request};
