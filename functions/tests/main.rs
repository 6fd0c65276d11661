//! The one test program of the functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how a test fails")]
#![allow(clippy::print_stdout, reason = "a failing test shows its seed")]

#[path = "../lib.rs"]
#[allow(dead_code, reason = "each `main` belongs to its binary")]
mod functions;

mod accounts;
mod addresses;
mod admins;
mod albums;
#[allow(dead_code, reason = "`cargo soak` uses the rest")]
mod audit;
mod carts;
mod catalogue;
mod checkout;
mod costs;
mod doctor;
mod faults;
mod guards;
mod headers;
mod http;
mod images;
mod input;
mod keys;
mod limits;
mod listings;
mod matrix;
mod model;
mod names;
mod odd;
mod openapi;
mod orders;
mod people;
mod placed;
mod policies;
mod queues;
mod reviews;
mod samples;
mod secrets;
mod shopping;
mod stock;
mod stored;
mod story;
mod stripe;
mod switches;
mod template;
mod thumbnails;
mod tidy;
mod tree;
mod world;
