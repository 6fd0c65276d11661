//! The payment provider: the sandbox bank, or Stripe and its events.

use std::time::Duration;

use providers::sandbox::Bank;
use providers::stripe::{Keys, Stripe, Webhook};
use providers::{Payments, Vault, vault};

use super::reach::Connect;
use super::sandbox::SandboxLedger;
use crate::{Config, StartError};

impl Connect for Payments {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        match config.required("PAYMENT_PROVIDER")?.as_str() {
            "sandbox" => Ok(Box::new(Bank::new(SandboxLedger::connect(config)?, config.clock.clone()))),
            "stripe" => {
                let endpoint = config.optional("STRIPE_ENDPOINT_URL");
                let endpoint = endpoint.as_deref().unwrap_or("https://api.stripe.com");
                let (keys, shop) = (stripe_keys(config).await?, config.required("ISSUER")?);
                Ok(Box::new(Stripe::new(config.outside()?, endpoint, &keys, shop)))
            }
            other => {
                let known = format!("{other} is not known; use sandbox or stripe");
                Err(StartError::Wrong("PAYMENT_PROVIDER", known))
            }
        }
    }
}

/// The name of the payment provider: `sandbox` or `stripe`.
pub struct ProviderName(pub String);

impl Connect for ProviderName {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        config.required("PAYMENT_PROVIDER").map(Self)
    }
}

/// `None` without Stripe: there are no events to read.
impl Connect for Option<Webhook> {
    /// A changed secret is read after at most this time.
    const STALE_AFTER: Option<Duration> = Some(Duration::from_mins(5));

    async fn connect(config: &Config) -> Result<Self, StartError> {
        match config.required("PAYMENT_PROVIDER")?.as_str() {
            "stripe" => Ok(Some(Webhook::new(&stripe_keys(config).await?, config.required("ISSUER")?))),
            _ => Ok(None),
        }
    }
}

async fn stripe_keys(config: &Config) -> Result<Keys, StartError> {
    let client = aws_sdk_secretsmanager::Client::new(&config.aws()?);
    let vault = Vault::new(client, config.required("STRIPE_SECRET_ARN")?);
    let secret = vault.labelled(vault::CURRENT).await?;
    let secret = secret.ok_or_else(|| StartError::Unreachable("Stripe's secret has no value".to_owned()))?;
    Keys::read(&secret).map_err(|bad| StartError::Unreachable(bad.to_string()))
}
