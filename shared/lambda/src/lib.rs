//! The process edge: the only crate that reads the environment or the machine's clock.
//!
//! [`run`] is a function's life: cold start once, then a loop of events. Its [`Trigger`] says what starts it.

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
pub use connect::{ChainSwitches, CheckoutSwitch, Connect, DeliveryDelay, Switch, Visibility};
pub use http::HttpFunction;
pub use queue::{Batch, Failure, Failures, QueueFunction, Retry, TickFunction};
pub use rotation::{Rotation, RotationFunction, Step};
pub use stream::{Changes, StreamFunction};
pub use trigger::{Function, Rotator, Schedule, Source, StreamConsumer, Trigger, Worker, run};

use std::future::Future;

/// Runs a function's life on one thread: an environment handles one event at a time, so more would only cost start-up.
fn run_on_one_thread(life: impl Future<Output = Result<(), lambda_runtime::Error>>) {
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(life),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = ended {
        tracing::error!(%error, "the function cannot start");
        std::process::exit(1);
    }
}
