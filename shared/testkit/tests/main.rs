//! R20: the test table can fail. What the shop's tests rely on is shown here, through the real SDK clients.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod faults;
mod lag;
mod races;
mod services;
mod template;
mod units;
mod world;
