//! The signing secret, and the signer made from it.

use std::time::Duration;

use api::token::{SIGNER_LIFE, Signer};
use providers::{Vault, vault};
use table::Table;

use super::reach::Connect;
use crate::{Config, StartError};

impl Connect for Vault {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_secretsmanager::Client::new(&config.aws()?);
        Ok(Self::new(client, config.required("SIGNING_SECRET_ARN")?))
    }
}

impl Connect for Signer {
    const STALE_AFTER: Option<Duration> = Some(SIGNER_LIFE);

    /// Reads the signing secrets, and publishes the current key before the first token is signed.
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let unreachable = |error: table::Error| StartError::Unreachable(format!("the key set: {error}"));
        let (vault, table) = (Vault::connect(config).await?, Table::connect(config).await?);
        // The key set is read before the secrets, so that a rotation in between does no harm: a key that is
        // seen to expire here belongs to a secret that is no longer current, and the secret that a new one
        // replaced is read as the previous one.
        let known = table.key_set().await.map_err(unreachable)?;
        let current = vault.labelled(vault::CURRENT).await?;
        let current =
            current.ok_or_else(|| StartError::Unreachable("the signing secret is missing".to_owned()))?;
        let previous = vault.labelled(vault::PREVIOUS).await?;

        let signer = Self::of(&current, previous.as_deref(), &known, config.clock.now())
            .map_err(|weak| StartError::Unreachable(weak.to_string()))?;
        signer.publish(&known, &table).await.map_err(unreachable)?;
        Ok(signer)
    }
}
