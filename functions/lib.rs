//! All functions as modules. The test program calls each handler in process, and the development program can
//! run any function.
//!
//! Cargo builds no library from this file: the binaries would all depend on it, and an edit of one function
//! would rebuild all of them. The two programs include the file instead.

use lambda::{Connect, Trigger};

/// Visits every function once, in the manifest's order.
pub trait Visitor {
    /// A function: its trigger and its handler. `S` is the handler's reach, `I` its input.
    fn function<S, I, H, T>(&mut self, name: &'static str, trigger: T, handler: H)
    where
        S: Connect + 'static,
        I: 'static,
        H: Copy + 'static,
        T: Trigger<S, I, H> + 'static;
}

include!(concat!(env!("OUT_DIR"), "/functions.rs"));
