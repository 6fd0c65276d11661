//! The HTTP contract. This is the only crate that sets status codes.
//!
//! An endpoint is an [`Endpoint`] constant and a function from a [`Request`] to a [`Result`]; every error is
//! a [`Problem`]. Nothing here knows Lambda: `lambda` turns gateway events into requests, and replies into
//! answers.

#![warn(missing_docs)]

mod caller;
pub mod cart;
pub mod catalogue;
mod contract;
mod deployment;
mod page_cache;
mod request;
pub mod token;
pub mod view;

pub use caller::{Admin, Buyer, Merchant, Party, Seller, account, new_cart, password, session, to_decide};
pub use contract::{
    Answer, Code, Cursor, Described, Encoded, Encoding, Endpoint, Fault, ListPage, Named, Page, Paging,
    Problem, ProblemPage, ProblemText, Reply, RequestId, Result, Serves, Who, code, cursor,
};
pub use deployment::limits::{Limits, Standing};
pub use deployment::{Deployment, SharedDeployment};
pub use domain::Schema;
pub use request::{MAX_BODY, Request};
