//! The one test program of the functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how a test fails")]

#[path = "../lib.rs"]
#[allow(dead_code, reason = "each `main` belongs to its binary")]
mod functions;

mod http;
mod openapi;
mod tidy;
mod tree;
