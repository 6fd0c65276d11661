//! The AWS of in-process tests: one table, queues, buckets, secrets and a mailbox behind the real SDK
//! clients, without a socket, and with every fault of the real services. There is also a small Stripe.
//!
//! ```text
//! handler → SDK client → Connector → [log, rewrite, fault, delay, yield]
//!         → dynamo | sqs | s3 | secrets | mail | stripe
//! ```
//!
//! A test gets the configuration of a client from [`Aws::config_for`], reads the calls in [`Aws::calls`], and
//! plans faults by [`Aws::on`] and its neighbours. Nothing here knows a handler or the crate `table`.

#![warn(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "only tests link this crate, and a misuse must stop the test that commits it"
)]

mod answer;
mod aws;
mod call;
mod clock;
mod connector;
mod crash;
mod dynamo;
mod fault;
mod guards;
mod lag;
mod mail;
mod partial;
mod plan;
mod s3;
mod secrets;
mod service;
mod sqs;
mod stripe;
mod template;
mod touch;
mod units;
mod wire;

pub use aws::Aws;
pub use call::{Call, CallInfo, Outcome};
pub use clock::ManualClock;
pub use crash::Crashed;
pub use fault::{Fault, When};
pub use guards::{Guard, clauses, guards, strip_guards};
pub use lag::Lag;
pub use mail::Mail;
pub use s3::Object;
pub use service::Service;
pub use sqs::{Attribute, Message, Queue};
pub use stripe::Stripe;
pub use template::read_template;
pub use touch::Touch;
pub use units::Units;
