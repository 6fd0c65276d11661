//! The rotation of a secret as Secrets Manager asks for it: one call for each step.

use lambda_http::lambda_runtime::LambdaEvent;
use serde::Deserialize;
use tokio::time::Instant;

use crate::{Config, Connect, Function, Retry, Rotator, Source, StartError, Trigger};

/// One step of a rotation, for one version. Secrets Manager may repeat any step.
///
/// The event also names the secret. It is not read: a function may rotate one secret only, and a version of
/// another secret is not found there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotation {
    /// The step.
    pub step: Step,
    /// The version that becomes current.
    #[serde(rename = "ClientRequestToken")]
    pub version: String,
}

/// The four steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Step {
    /// Makes the new value.
    #[serde(rename = "createSecret")]
    Create,
    /// Gives the new value to the services that need it.
    #[serde(rename = "setSecret")]
    Set,
    /// Checks that the new value works.
    #[serde(rename = "testSecret")]
    Test,
    /// Makes the new value current.
    #[serde(rename = "finishSecret")]
    Finish,
}

/// The rotation of a secret, connected and ready.
pub struct RotationFunction<S, H> {
    handler: H,
    reach: S,
}

impl<S: Connect, H: AsyncFn(&S, Rotation) -> Result<(), Retry>> Trigger<S, Rotation, H> for Rotator {
    type Function = RotationFunction<S, H>;

    fn source(self) -> Source {
        Source::Rotation(self)
    }

    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError> {
        Ok(RotationFunction { handler, reach: S::connect(&config).await? })
    }
}

impl<S: Connect, H: AsyncFn(&S, Rotation) -> Result<(), Retry>> Function for RotationFunction<S, H> {
    type Event = Rotation;
    type Answer = ();

    /// Does one step. A failure counts as a failed invocation: Secrets Manager retries it, and gives the
    /// version up in the end.
    async fn answer(&self, event: LambdaEvent<Rotation>) -> Result<(), String> {
        let began = Instant::now();
        let (step, version) = (event.payload.step, event.payload.version.clone());
        let outcome = (self.handler)(&self.reach, event.payload).await;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(()) => tracing::info!(?step, version, micros, "rotation"),
            Err(cause) => tracing::error!(?step, version, micros, %cause, "rotation failed"),
        }
        outcome.map_err(|cause| cause.to_string())
    }
}
