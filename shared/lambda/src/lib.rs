//! The process edge: the only crate that reads the environment or the machine's clock.
//!
//! [`run`] is the life of a function: one cold start, then a loop of events. Its [`Trigger`] says what starts
//! it.

#![warn(missing_docs)]

mod batch;
mod config;
mod connect;
mod deadline;
mod http;
mod queue;
mod rotation;
mod stream;
mod telemetry;
mod trigger;

pub use config::{Config, StartError};
pub use connect::{ChainSwitches, CheckoutSwitch, Connect, DeliveryDelay, ProviderName, Switch, Visibility};
pub use queue::{Outcome, Retry};
pub use rotation::{Rotation, Step};
pub use trigger::{BatchWorker, Function, Rotator, Schedule, Source, StreamConsumer, Trigger, Worker, run};
