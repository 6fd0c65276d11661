//! Queue functions: from a batch of messages to the list of failed ones.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::Clock;
use domain::messages::{MOST_BODY, MOST_RECEIVES, Message, VERSION};
use futures_util::FutureExt;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use providers::queue::Envelope;
use providers::trace::Trace;
use serde::{Deserialize, Serialize};
use table::Table;
use tokio::time::Instant;

use crate::config::OPERATION;
use crate::deadline::{LAST_WORDS, time_left};
use crate::{Config, Connect, Function, Schedule, Source, StartError, Trigger, Worker};

/// Why a message has to be shown again, or a step of a rotation retried. `Ok` means that the work is done, or
/// that there is none.
#[derive(Debug, thiserror::Error)]
pub enum Retry {
    /// The message names something that does not exist, or not yet.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// Another worker has a claim on it.
    #[error("another worker is at work on it")]
    Busy,
    /// The table did not answer in time.
    #[error(transparent)]
    Table(#[from] table::Error),
    /// A provider did not answer.
    #[error(transparent)]
    Provider(#[from] providers::Unavailable),
    /// A new secret is not usable.
    #[error(transparent)]
    Secret(#[from] api::token::WeakSecret),
    /// A mail cannot be written.
    #[error(transparent)]
    Unwritable(#[from] providers::mail::Unwritable),
    /// The index of products cannot be read or written.
    #[error(transparent)]
    Index(#[from] search::Failed),
}

/// How the work on one message of a batch ended. The error is the cause, for the log.
pub type Outcome = Result<(), String>;

/// The most bytes of a message in the log. Our own messages are shorter.
const LOGGED_BODY: usize = 256;

/// How long a worker waits for its notes about dead letters, so that it still has time to return the failed
/// records.
const NOTE_WITHIN: Duration = Duration::from_secs(1);

/// A batch from SQS.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Batch {
    pub(crate) records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    message_id: String,
    pub(crate) body: String,
    #[serde(default)]
    message_attributes: MessageAttributes,
    #[serde(default)]
    attributes: Attributes,
}

impl Record {
    /// The id of the request that led to the message, or else the message's own id.
    pub(crate) fn request_id(&self) -> String {
        let known = self.message_attributes.request_id.as_ref();
        known.and_then(|attribute| attribute.string_value.as_ref()).unwrap_or(&self.message_id).clone()
    }

    /// The trace that the work on this record continues.
    pub(crate) fn trace(&self, context: &Context) -> Trace {
        let header = self.attributes.trace_header.clone().or_else(|| context.xray_trace_id.clone());
        Trace { request_id: self.request_id(), header }
    }
}

#[derive(Debug, Default, Deserialize)]
struct MessageAttributes {
    request_id: Option<Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    string_value: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: Option<String>,
    #[serde(rename = "AWSTraceHeader")]
    trace_header: Option<String>,
}

/// The records that SQS shows again. It deletes the others.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    /// One entry for each failed record.
    pub batch_item_failures: Vec<Failure>,
}

/// One failed record.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The record's message id.
    pub item_identifier: String,
}

/// A worker, connected and ready for batches.
pub struct QueueFunction<S, M, H> {
    handler: H,
    reach: S,
    clock: Clock,
    message: PhantomData<fn(M)>,
}

impl<S: Connect, M: Message, H: AsyncFn(&S, M) -> Result<(), Retry>> Trigger<S, M, H> for Worker {
    type Function = QueueFunction<S, M, H>;

    fn source(self) -> Source {
        Source::Queue(M::QUEUE, self)
    }

    fn sample(self) -> Option<String> {
        sample::<M>()
    }

    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError> {
        let (reach, clock) = (S::connect(&config).await?, config.clock.clone());
        Ok(QueueFunction { handler, reach, clock, message: PhantomData })
    }
}

impl<S: Connect, M: Message, H: AsyncFn(&S, M) -> Result<(), Retry>> Function for QueueFunction<S, M, H> {
    type Event = Batch;
    type Answer = Failures;

    /// Works through a batch. The records are independent: one that is malformed, fails or panics is shown
    /// again and is dead-lettered in the end, without the others. The reason is noted for operators. Records
    /// for which no time is left are shown again, too; if the function were cut off instead, every record of
    /// the batch would count as failed.
    async fn answer(&self, event: LambdaEvent<Batch>) -> Result<Failures, String> {
        let mut settled = Settled::of(M::QUEUE);
        let ends = Instant::now() + work_time(&event.context, &self.clock);
        for record in event.payload.records {
            let began = Instant::now();
            let trace = record.trace(&event.context);
            let outcome = trace.follow(self.work_until(ends, &record.body)).await;
            settled.add(record, outcome, began.elapsed());
        }
        Ok(settled.end(self.reach.table()).await)
    }
}

/// The time for the work on a batch.
pub(crate) fn work_time(context: &Context, clock: &Clock) -> Duration {
    time_left(context, clock).saturating_sub(LAST_WORDS + NOTE_WITHIN)
}

/// The outcomes of the records of a batch.
pub(crate) struct Settled {
    queue: &'static str,
    failures: Failures,
    /// The records that are dead-lettered now, each with its reason.
    given_up: Vec<(String, String)>,
}

impl Settled {
    pub(crate) fn of(queue: &'static str) -> Self {
        Self { queue, failures: Failures::default(), given_up: Vec::new() }
    }

    /// Logs how the work on a record ended.
    pub(crate) fn add(&mut self, record: Record, outcome: Result<(), String>, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let request_id = record.request_id();
        let receives = record.attributes.approximate_receive_count;
        let (queue, body) = (self.queue, to_log(&record.body));
        let is_last = receives.as_ref().and_then(|count| count.parse().ok()) >= Some(MOST_RECEIVES);
        let Err(cause) = outcome else {
            return tracing::info!(queue, body, receives, request_id, micros, "message");
        };
        if is_last {
            tracing::error!(queue, body, receives, request_id, micros, cause, "message given up");
            self.given_up.push((record.message_id.clone(), cause));
        } else {
            tracing::warn!(queue, body, receives, request_id, micros, cause, "message failed");
        }
        self.failures.batch_item_failures.push(Failure { item_identifier: record.message_id });
    }

    /// Notes why messages are dead-lettered. If this fails, SQS still moves them, and only the reason is
    /// missing.
    pub(crate) async fn end(self, table: Option<&Table>) -> Failures {
        let Some(table) = table.filter(|_| !self.given_up.is_empty()) else { return self.failures };
        let noted = tokio::time::timeout(NOTE_WITHIN, table.note_dead_letters(&self.given_up)).await;
        if let Err(cause) = noted
            .map_err(|_| "no answer".to_owned())
            .and_then(|noted| noted.map_err(|error| error.to_string()))
        {
            tracing::warn!(cause, "the reason of dead letters was not noted");
        }
        self.failures
    }
}

impl<S: Connect, M: Message, H: AsyncFn(&S, M) -> Result<(), Retry>> QueueFunction<S, M, H> {
    async fn work_until(&self, ends: Instant, body: &str) -> Result<(), String> {
        if ends.saturating_duration_since(Instant::now()) < OPERATION {
            return Err("no time was left for this message in its batch".to_owned());
        }
        let outcome = tokio::time::timeout_at(ends, self.work(body)).await;
        outcome.unwrap_or_else(|_| Err("the worker's time is up".to_owned()))
    }

    async fn work(&self, body: &str) -> Result<(), String> {
        outcome((self.handler)(&self.reach, read(body)?)).await
    }
}

/// Runs a handler. A panic is a failure of this one record.
pub(crate) async fn outcome(work: impl Future<Output = Result<(), Retry>>) -> Result<(), String> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome.map_err(|retry| retry.to_string()),
        Err(_) => Err("the handler panicked".to_owned()),
    }
}

/// Reads the message in a body.
pub(crate) fn read<M: Message>(body: &str) -> Result<M, String> {
    if body.len() > MOST_BODY {
        return Err(format!("too long: {} bytes", body.len()));
    }
    let malformed = |error| format!("malformed: {error}");
    if M::IS_FOREIGN {
        return serde_json::from_str(body).map_err(malformed);
    }
    let Envelope { v, message } = serde_json::from_str(body).map_err(malformed)?;
    if v == VERSION { Ok(message) } else { Err(format!("version {v} is not known")) }
}

/// The body of a sample message.
pub(crate) fn sample<M: Message>() -> Option<String> {
    let message = M::sample();
    let body = match M::IS_FOREIGN {
        true => serde_json::to_string(&message),
        false => serde_json::to_string(&Envelope { v: VERSION, message }),
    };
    body.ok()
}

/// The beginning of a message, for the log.
fn to_log(body: &str) -> &str {
    body.get(..body.floor_char_boundary(LOGGED_BODY)).unwrap_or_default()
}

/// A function of the schedule, connected and ready.
pub struct TickFunction<S, H> {
    handler: H,
    reach: S,
}

impl<S: Connect, H: AsyncFn(&S) -> Result<(), Retry>> Trigger<S, (), H> for Schedule {
    type Function = TickFunction<S, H>;

    fn source(self) -> Source {
        Source::Schedule(self)
    }

    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError> {
        Ok(TickFunction { handler, reach: S::connect(&config).await? })
    }
}

impl<S: Connect, H: AsyncFn(&S) -> Result<(), Retry>> Function for TickFunction<S, H> {
    type Event = serde_json::Value;
    type Answer = ();

    /// Does its work once. A failure counts as a failed invocation: an alarm goes off, and the next tick
    /// tries again.
    async fn answer(&self, _: LambdaEvent<serde_json::Value>) -> Result<(), String> {
        let began = Instant::now();
        let outcome = (self.handler)(&self.reach).await;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(()) => tracing::info!(micros, "tick"),
            Err(cause) => tracing::error!(micros, %cause, "tick failed"),
        }
        outcome.map_err(|cause| cause.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_message_is_logged() {
        assert_eq!(to_log("{}"), "{}");
        // The limit falls into the middle of a character.
        assert_eq!(to_log(&format!("a{}", "é".repeat(100_000))).len(), LOGGED_BODY - 1);
    }
}
