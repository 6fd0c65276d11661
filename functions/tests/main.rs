//! The one test program of the functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how a test fails")]
#![allow(clippy::print_stdout, reason = "a failing test shows its seed")]

#[path = "../lib.rs"]
#[allow(dead_code, reason = "each `main` belongs to its binary")]
mod functions;

mod areas;
mod browser;
mod contract;
mod promises;
mod shop;
mod stack;
mod tidy;
mod tree;
