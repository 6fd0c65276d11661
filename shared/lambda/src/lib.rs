//! The process edge: the only crate that reads the environment or the machine's clock.
//!
//! [`serve`] runs one HTTP endpoint for the life of an environment, [`consume`] one queue, [`follow`] the table's stream,
//! [`tick`] one schedule, [`rotate`] the rotation of one secret: cold start once, then a loop of events.

mod config;
mod connect;
mod deadline;
mod http;
mod queue;
mod rotation;
mod stream;
mod telemetry;

pub use config::{Config, StartError};
pub use connect::{ChainSwitches, CheckoutSwitch, Connect, DeliveryDelay, Switch, Visibility};
pub use http::{HttpFunction, serve};
pub use queue::{Batch, Failure, Failures, QueueFunction, Retry, TickFunction, consume, tick};
pub use rotation::{Rotation, RotationFunction, Step, rotate};
pub use stream::{Changes, StreamFunction, follow};

use std::future::Future;

/// Runs a function's life on one thread: an environment handles one event at a time, so more would only cost start-up.
fn run(life: impl Future<Output = Result<(), lambda_runtime::Error>>) {
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
