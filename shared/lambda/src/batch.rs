//! Queue functions that work on all messages of an invocation together.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::Clock;
use domain::messages::Message;
use futures_util::FutureExt;
use lambda_http::lambda_runtime::LambdaEvent;
use tokio::time::Instant;

use crate::queue::{Batch, Failures, Settled, read, sample, work_time};
use crate::trigger::BatchWorker;
use crate::{Config, Connect, Function, Outcome, Source, StartError, Trigger};

/// A worker on batches, connected and ready.
pub struct BatchFunction<S, M, H> {
    handler: H,
    reach: S,
    clock: Clock,
    message: PhantomData<fn(M)>,
}

impl<S: Connect, M: Message, H: AsyncFn(&S, &[M]) -> Vec<Outcome>> Trigger<S, M, H> for BatchWorker {
    type Function = BatchFunction<S, M, H>;

    fn source(self) -> Source {
        Source::Queue(M::QUEUE, self.0)
    }

    fn sample(self) -> Option<String> {
        sample::<M>()
    }

    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError> {
        let (reach, clock) = (S::connect(&config).await?, config.clock.clone());
        Ok(BatchFunction { handler, reach, clock, message: PhantomData })
    }
}

impl<S: Connect, M: Message, H: AsyncFn(&S, &[M]) -> Vec<Outcome>> Function for BatchFunction<S, M, H> {
    type Event = Batch;
    type Answer = Failures;

    /// Hands all well-formed messages to the handler, which returns an outcome for each, in their order.
    async fn answer(&self, event: LambdaEvent<Batch>) -> Result<Failures, String> {
        let (began, records) = (Instant::now(), event.payload.records);
        let mut messages = Vec::new();
        let faults: Vec<Option<String>> = records
            .iter()
            .map(|record| read(&record.body).map(|message| messages.push(message)).err())
            .collect();
        let left = work_time(&event.context, &self.clock);
        let outcomes = match records.first() {
            Some(first) => first.trace(&event.context).follow(self.work(left, &messages)).await,
            None => Vec::new(),
        };
        let (mut outcomes, mut settled) = (outcomes.into_iter(), Settled::of(M::QUEUE));
        for (record, fault) in records.into_iter().zip(faults) {
            let outcome = match fault {
                Some(fault) => Err(fault),
                None => outcomes.next().unwrap_or_else(|| Err("without an outcome".to_owned())),
            };
            settled.add(record, outcome, began.elapsed());
        }
        Ok(settled.end(self.reach.table()).await)
    }
}

impl<S: Connect, M: Message, H: AsyncFn(&S, &[M]) -> Vec<Outcome>> BatchFunction<S, M, H> {
    /// An outcome for each message. After a panic or a timeout, all have failed.
    async fn work(&self, left: Duration, messages: &[M]) -> Vec<Outcome> {
        let work = AssertUnwindSafe((self.handler)(&self.reach, messages)).catch_unwind();
        let failed = |cause: &str| vec![Err(cause.to_owned()); messages.len()];
        match tokio::time::timeout(left, work).await {
            Ok(Ok(outcomes)) => outcomes,
            Ok(Err(_)) => failed("the handler panicked"),
            Err(_) => failed("the worker's time is up"),
        }
    }
}
