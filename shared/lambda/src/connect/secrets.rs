//! The signing secret, and the signer that is made from it.

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

    /// Reads the signing secrets, and makes the current one's public key known to every verifier before the
    /// first token.
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let unreachable = |error: table::Error| StartError::Unreachable(format!("the key set: {error}"));
        let (vault, table) = (Vault::connect(config).await?, Table::connect(config).await?);
        // In this order, whatever a rotation does meanwhile: a key that it lets expire is seen here only when
        // its secret is no longer the current one, and beside a new current secret stands the one that it
        // replaced.
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
