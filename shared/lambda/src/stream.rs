//! Stream consumers: functions that receive the table's changes, those of one key in order.

use lambda_http::lambda_runtime::LambdaEvent;
use providers::trace::Trace;
use serde::Deserialize;
use table::TableChange;
use tokio::time::Instant;

use crate::queue::{Failure, Failures, outcome};
use crate::{Config, Connect, Function, Retry, Source, StartError, StreamConsumer, Trigger};

/// A batch from Lambda.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Changes {
    records: Vec<TableChange>,
}

/// A stream consumer, connected and ready for batches.
pub struct StreamFunction<S, H> {
    handler: H,
    reach: S,
}

impl<S: Connect, H: AsyncFn(&S, TableChange) -> Result<(), Retry>> Trigger<S, TableChange, H>
    for StreamConsumer
{
    type Function = StreamFunction<S, H>;

    fn source(self) -> Source {
        Source::Stream(self)
    }

    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError> {
        Ok(StreamFunction { handler, reach: S::connect(&config).await? })
    }
}

impl<S: Connect, H: AsyncFn(&S, TableChange) -> Result<(), Retry>> Function for StreamFunction<S, H> {
    type Event = Changes;
    type Answer = Failures;

    /// Works through a batch up to the first change that fails or panics. Lambda sends that change again,
    /// with all later ones. A record does not know its request, so messages carry the record's place instead,
    /// by which log lines are found.
    async fn answer(&self, event: LambdaEvent<Changes>) -> Result<Failures, String> {
        for change in event.payload.records {
            let (began, place) = (Instant::now(), change.place().to_owned());
            let trace = Trace { request_id: place.clone(), header: event.context.xray_trace_id.clone() };
            let outcome = trace.follow(outcome((self.handler)(&self.reach, change))).await;
            let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            match outcome {
                Ok(()) => tracing::info!(place, micros, "change"),
                Err(cause) => {
                    tracing::error!(place, micros, cause, "change failed");
                    return Ok(Failures { batch_item_failures: vec![Failure { item_identifier: place }] });
                }
            }
        }
        Ok(Failures::default())
    }
}
