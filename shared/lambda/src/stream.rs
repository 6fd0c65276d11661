//! Functions that follow the table's stream: changes in, in their order.

use lambda_http::lambda_runtime::LambdaEvent;
use serde::Deserialize;
use store::TableChange;
use tokio::time::Instant;

use crate::queue::{Failure, outcome};
use crate::{Config, Connect, Failures, Retry, StartError};

/// A batch, as Lambda hands it over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Changes {
    records: Vec<TableChange>,
}

/// Follows the table for the life of the process.
pub fn follow<S: Connect>(handler: impl AsyncFn(&S, TableChange) -> Result<(), Retry>) {
    crate::run(async {
        let function = StreamFunction::start(handler, &Config::from_process()?).await?;
        let function = &function;
        lambda_runtime::run(lambda_runtime::service_fn(async move |event| {
            Ok::<_, std::convert::Infallible>(function.answer(event).await)
        }))
        .await
    });
}

/// A follower, connected and ready for batches.
pub struct StreamFunction<S, H> {
    handler: H,
    reach: S,
}

impl<S: Connect, H: AsyncFn(&S, TableChange) -> Result<(), Retry>> StreamFunction<S, H> {
    /// The cold start.
    pub async fn start(handler: H, config: &Config) -> Result<Self, StartError> {
        Ok(Self { handler, reach: S::connect(config).await? })
    }

    /// Works through a batch up to the first change that fails or panics: it comes again, with all that are behind it.
    pub async fn answer(&self, event: LambdaEvent<Changes>) -> Failures {
        for change in event.payload.records {
            let (began, place) = (Instant::now(), change.place().to_owned());
            let outcome = outcome((self.handler)(&self.reach, change)).await;
            let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            match outcome {
                Ok(()) => tracing::info!(place, micros, "change"),
                Err(cause) => {
                    tracing::error!(place, micros, cause, "change failed");
                    return Failures { batch_item_failures: vec![Failure { item_identifier: place }] };
                }
            }
        }
        Failures::default()
    }
}
