//! The rotation of a secret, as Secrets Manager asks for it: one call for each step.

use lambda_http::lambda_runtime::LambdaEvent;
use serde::Deserialize;
use tokio::time::Instant;

use crate::{Config, Connect, Function, Retry, Rotator, Source, StartError, Trigger};

/// One step, for one version. Secrets Manager may ask for any of them again.
///
/// It names the secret too, which nobody has to be told: a function may rotate one secret only, and a version
/// of another one is no version of that.
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

    /// Does one step. A failure is Secrets Manager's to see: it tries again, and at last gives this version
    /// up.
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
