//! Tests of the embedded AWS: the shop's tests rely on it, so its behaviour is shown here through the real
//! SDK clients.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod faults;
mod lag;
mod races;
mod services;
mod template;
mod units;
mod world;
