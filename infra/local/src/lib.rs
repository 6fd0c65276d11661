//! The local stack: the real `template.yaml` on an emulated AWS, on this machine's loopback only.
//!
//! [`Stack`] is one running stack: the emulator, the deployed template and a proxy in front of the API.
//! `cargo dev` is a thin program around it, and tests over HTTP start their own stacks on free ports.
//! Everything here blocks: an asynchronous test calls it from `spawn_blocking`, or simply waits.
//!
//! ```ignore
//! let options = Options::for_test("checkout", build::program(Progress::Silent)?);
//! let stack = Stack::start(options.parameter("Delay", 0))?;
//! let answer = stack.agent().get(format!("{}/health", stack.url())).call()?;
//! stack.kill_functions()?; // a crash, at any time
//! assert!(stack.queue_depths()?.values().all(|depth| depth.total() == 0));
//! ```

#![warn(missing_docs)]

mod aws;
mod bridge;
pub mod build;
mod deploy;
mod emulator;
mod error;
pub mod events;
mod logs;
mod mailbox;
pub mod parameters;
pub mod paths;
mod progress;
mod proxy;
pub mod sam;
mod saved;
mod shop;
mod stack;
pub mod status;
mod stripe;
mod upload;
mod variables;
pub mod venv;
mod wait;

pub use aws::{Aws, Depth, Queue};
pub use deploy::{Deployed, Function};
pub use emulator::listen;
pub use error::Error;
pub use logs::LogLine;
pub use progress::{Progress, Step};
pub use saved::Saved;
pub use shop::{Shop, index};
pub use stack::{Options, ROOMY_LIMITS, Running, Stack, is_alive, terminate};
pub use stripe::LocalStripe;
pub use upload::upload;
pub use wait::until as wait_until;

/// The region of every local stack.
pub const REGION: &str = "us-east-1";
