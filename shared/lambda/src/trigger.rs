//! What starts a function: a request, a message, a change of the table, the schedule, or the rotation of a
//! secret.
//!
//! A trigger states how an event becomes a call of the handler, and what the deployment gives the function.
//! The latter is data: the template's block of the function is written from it, and a shipped binary does not
//! read it.

use std::future::Future;
use std::time::Duration;

use api::Endpoint;
use lambda_http::lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Config, StartError, telemetry};

/// A trigger with a handler that fits it. `S` is the handler's reach, and `I` its input.
#[expect(async_fn_in_trait, reason = "functions run on one thread, so no future needs to be Send")]
pub trait Trigger<S, I, H>: Copy {
    /// The connected function.
    type Function: Function;

    /// The trigger as data.
    fn source(self) -> Source;

    /// The body of the message in a worker's sample event. No shipped binary calls this.
    fn sample(self) -> Option<String> {
        None
    }

    /// Connects the function (cold start).
    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError>;
}

/// A function that is connected and ready for events.
#[expect(async_fn_in_trait, reason = "functions run on one thread, so no future needs to be Send")]
pub trait Function {
    /// The event from Lambda.
    type Event: DeserializeOwned;
    /// The answer to Lambda.
    type Answer: Serialize;

    /// Answers one event. An error counts as a failed invocation.
    async fn answer(&self, event: LambdaEvent<Self::Event>) -> Result<Self::Answer, String>;
}

/// Runs a function for the life of the process: one cold start, then one event after another.
pub fn run<S, I, H>(trigger: impl Trigger<S, I, H>, handler: H) {
    run_on_one_thread(async {
        let function = trigger.start(handler, Config::from_process()?).await?;
        let function = &function;
        lambda_runtime::run(lambda_runtime::service_fn(async move |event| function.answer(event).await)).await
    });
}

/// Runs a function on one thread: an environment handles one event at a time, so more threads would only slow
/// the cold start.
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

/// A trigger as data.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A request.
    Http(Endpoint),
    /// Messages of the queue of this name.
    Queue(&'static str, Worker),
    /// Changes of the table.
    Stream(StreamConsumer),
    /// The schedule.
    Schedule(Schedule),
    /// Secrets Manager, when a secret is due for a new value.
    Rotation(Rotator),
}

/// How the messages of a queue are consumed. The message type of the handler names the queue.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// The most messages of an invocation.
    pub batch: u32,
    /// How many seconds messages are gathered for a batch; SQS wants at least 1 for more than 10 messages.
    pub gather: u32,
    /// Another batch size, where a condition of the template holds.
    pub batch_when: Option<(&'static str, u32)>,
    /// The most invocations at the same time. It is set on the event source, because reserved concurrency
    /// would use up receives.
    pub concurrency: u32,
    /// The condition of the template under which messages are consumed; `None` means always.
    pub enabled_when: Option<&'static str>,
    /// Memory in MB; `None` for the template's default.
    pub memory: Option<u32>,
    /// The function's timeout; `None` for the template's default. The queue hides a message six times as
    /// long.
    pub timeout: Option<Duration>,
}

impl Worker {
    /// Ten messages for each invocation, ten invocations at a time.
    pub const fn new() -> Self {
        Self {
            batch: 10,
            gather: 0,
            batch_when: None,
            concurrency: 10,
            enabled_when: None,
            memory: None,
            timeout: None,
        }
    }

    /// Sets the most messages of an invocation.
    pub const fn batch(self, batch: u32) -> Self {
        Self { batch, ..self }
    }

    /// Gathers messages for so many seconds before an invocation.
    pub const fn gather(self, seconds: u32) -> Self {
        Self { gather: seconds, ..self }
    }

    /// Sets the most invocations at the same time; SQS wants at least 2.
    pub const fn concurrency(self, concurrency: u32) -> Self {
        Self { concurrency, ..self }
    }

    /// Hands all messages of an invocation to the handler together.
    pub const fn together(self) -> BatchWorker {
        BatchWorker(self)
    }

    /// Sets the most messages of an invocation where a condition of the template holds.
    pub const fn batch_when(self, condition: &'static str, batch: u32) -> Self {
        Self { batch_when: Some((condition, batch)), ..self }
    }

    /// Consumes messages only where a condition of the template holds. Messages wait meanwhile.
    pub const fn enabled_when(self, condition: &'static str) -> Self {
        Self { enabled_when: Some(condition), ..self }
    }

    /// Sets the memory in MB. A function's share of a CPU grows with its memory, up to a whole one at 1,769
    /// MB.
    pub const fn memory(self, megabytes: u32) -> Self {
        Self { memory: Some(megabytes), ..self }
    }

    /// Sets the timeout in seconds.
    pub const fn timeout(self, seconds: u64) -> Self {
        Self { timeout: Some(Duration::from_secs(seconds)), ..self }
    }
}

/// A worker whose handler gets all messages of an invocation at once, because together they cost less.
#[derive(Clone, Copy, Debug)]
pub struct BatchWorker(pub(crate) Worker);

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

/// How the table's stream is consumed.
#[derive(Clone, Copy, Debug)]
pub struct StreamConsumer {
    /// Lambda sends only records that match one of these patterns of its event filtering, in JSON.
    pub filters: &'static [&'static str],
}

/// A function of the schedule.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The interval, as in `rate(…)`.
    pub every: &'static str,
    /// The function's timeout.
    pub timeout: Duration,
}

/// A function that gives a secret its new values.
#[derive(Clone, Copy, Debug)]
pub struct Rotator {
    /// The secret's logical id in the template.
    pub secret: &'static str,
    /// The days between two new values.
    pub days: u32,
    /// The function's timeout.
    pub timeout: Duration,
}
