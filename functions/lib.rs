//! Every function as a module: the test program calls each handler in process, the development program is any function.
//!
//! Cargo builds no library from this file. The binaries would all depend on it, and an edit of one function would build
//! them all again. The two programs include it.

use api::{Endpoint, Request};
use domain::messages::Message;
use lambda::{Connect, Retry, Rotation};
use store::TableChange;

/// Sees every function once, in the manifest's order.
pub trait Visitor {
    /// An HTTP endpoint.
    fn http<S, H>(&mut self, name: &'static str, endpoint: Endpoint, handler: H)
    where
        S: Connect + 'static,
        H: AsyncFn(&S, Request) -> api::Result + Copy + 'static;

    /// A worker of a queue.
    fn queue<S, M, H>(&mut self, name: &'static str, handler: H)
    where
        S: Connect + 'static,
        M: Message + 'static,
        H: AsyncFn(&S, M) -> Result<(), Retry> + Copy + 'static;

    /// A follower of the table's stream.
    fn stream<S, H>(&mut self, name: &'static str, handler: H)
    where
        S: Connect + 'static,
        H: AsyncFn(&S, TableChange) -> Result<(), Retry> + Copy + 'static;

    /// A function of the schedule.
    fn tick<S, H>(&mut self, name: &'static str, handler: H)
    where
        S: Connect + 'static,
        H: AsyncFn(&S) -> Result<(), Retry> + Copy + 'static;

    /// The rotation of a secret.
    fn rotation<S, H>(&mut self, name: &'static str, handler: H)
    where
        S: Connect + 'static,
        H: AsyncFn(&S, Rotation) -> Result<(), Retry> + Copy + 'static;
}

include!(concat!(env!("OUT_DIR"), "/functions.rs"));
