//! Every function as a module: the test program calls each handler in process, the development program is any
//! function.
//!
//! Cargo builds no library from this file. The binaries would all depend on it, and an edit of one function
//! would build them all again. The two programs include it.

use lambda::{Connect, Trigger};

/// Sees every function once, in the manifest's order.
pub trait Visitor {
    /// A function: what starts it, and what it does then. `S` is what the handler may touch, `I` what it is
    /// told.
    fn function<S, I, H, T>(&mut self, name: &'static str, trigger: T, handler: H)
    where
        S: Connect + 'static,
        I: 'static,
        H: Copy + 'static,
        T: Trigger<S, I, H> + 'static;
}

include!(concat!(env!("OUT_DIR"), "/functions.rs"));
