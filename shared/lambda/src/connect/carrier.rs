//! The carrier.

use providers::Carrier;
use providers::sandbox::Courier;

use super::reach::Connect;
use super::sandbox::SandboxLedger;
use crate::{Config, StartError};

impl Connect for Carrier {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Box::new(Courier::new(SandboxLedger::connect(config)?)))
    }
}
