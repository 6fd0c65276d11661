//! The storage of the sandbox providers.

use async_trait::async_trait;
use providers::Unavailable;
use providers::sandbox::Ledger;
use table::{Sandbox, Table};

use crate::{Config, StartError};

/// The sandbox stores its records in the shop's own table, through a client of its own.
pub(super) struct SandboxLedger(Sandbox);

#[async_trait(?Send)]
impl Ledger for SandboxLedger {
    async fn once(&self, kind: &str, name: &str, entry: &str) -> Result<String, Unavailable> {
        self.0.once(kind, name, entry).await.map_err(|error| Unavailable::new("sandbox", error))
    }

    async fn count(&self, kind: &str, name: &str) -> Result<u64, Unavailable> {
        self.0.count(kind, name).await.map_err(|error| Unavailable::new("sandbox", error))
    }
}

impl SandboxLedger {
    pub(super) fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_dynamodb::Client::new(&config.sandbox_aws()?);
        Ok(Self(Sandbox::new(Table::new(client, &config.required("TABLE_NAME")?, config.clock.clone()))))
    }
}
