//! The rotation of a secret, as Secrets Manager asks for it: one call for each step.

use lambda_http::lambda_runtime::LambdaEvent;
use serde::Deserialize;
use tokio::time::Instant;

use crate::{Config, Connect, Retry, StartError};

/// One step, for one version. Secrets Manager may ask for any of them again.
///
/// It names the secret too, which nobody has to be told: a function may rotate one secret only, and a version of another
/// one is no version of that.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotation {
    /// What to do.
    pub step: Step,
    /// The version that is to take over.
    #[serde(rename = "ClientRequestToken")]
    pub version: String,
}

/// The four steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Step {
    /// Make the new value.
    #[serde(rename = "createSecret")]
    Create,
    /// Tell who has to know.
    #[serde(rename = "setSecret")]
    Set,
    /// See whether it works.
    #[serde(rename = "testSecret")]
    Test,
    /// Put it in force.
    #[serde(rename = "finishSecret")]
    Finish,
}

/// Rotates one secret for the life of the process.
pub fn rotate<S: Connect>(handler: impl AsyncFn(&S, Rotation) -> Result<(), Retry>) {
    crate::run(async {
        let function = RotationFunction::start(handler, &Config::from_process()?).await?;
        let function = &function;
        lambda_runtime::run(lambda_runtime::service_fn(async move |event| {
            function.answer(event).await.map_err(|cause| cause.to_string())
        }))
        .await
    });
}

/// The rotation of a secret, connected and ready.
pub struct RotationFunction<S, H> {
    handler: H,
    reach: S,
}

impl<S: Connect, H: AsyncFn(&S, Rotation) -> Result<(), Retry>> RotationFunction<S, H> {
    /// The cold start.
    pub async fn start(handler: H, config: &Config) -> Result<Self, StartError> {
        Ok(Self { handler, reach: S::connect(config).await? })
    }

    /// Does one step. A failure is Secrets Manager's to see: it tries again, and at last gives this version up.
    pub async fn answer(&self, event: LambdaEvent<Rotation>) -> Result<(), Retry> {
        let began = Instant::now();
        let (step, version) = (event.payload.step, event.payload.version.clone());
        let outcome = (self.handler)(&self.reach, event.payload).await;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(()) => tracing::info!(?step, version, micros, "rotation"),
            Err(cause) => tracing::error!(?step, version, micros, %cause, "rotation failed"),
        }
        outcome
    }
}
