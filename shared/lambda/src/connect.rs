//! What functions can be connected to, each from the variables that the template gives to those that need it.

use std::sync::Arc;
use std::time::Duration;

use api::token::Signer;
use api::{Limits, Site};
use async_trait::async_trait;
use domain::messages::Message;
use domain::money::{Currency, Fees};
use providers::sandbox::{Bank, Courier, Ledger};
use providers::{Carrier, Chain, Mailer, Payments, Queue, Unavailable};
use store::{Sandbox, Store};

use crate::{Config, StartError};

/// What a function may touch: its first parameter, connected once at cold start.
///
/// The type says the function's reach. A function that takes a `Store` builds no queue client and links none.
#[expect(async_fn_in_trait, reason = "functions run on one thread, so no future needs to be Send")]
pub trait Connect: Sized {
    /// Connects to what the configuration names.
    async fn connect(config: &Config) -> Result<Self, StartError>;

    /// The table, if that is within reach; then the function's requests are limited.
    fn store(&self) -> Option<&Store> {
        None
    }
}

impl Connect for () {
    async fn connect(_: &Config) -> Result<Self, StartError> {
        Ok(())
    }
}

macro_rules! connect_together {
    ($($part:ident)*) => {
        impl<$($part: Connect),*> Connect for ($($part,)*) {
            async fn connect(config: &Config) -> Result<Self, StartError> {
                Ok(($($part::connect(config).await?,)*))
            }

            #[allow(non_snake_case, reason = "a part is named by its type")]
            fn store(&self) -> Option<&Store> {
                let ($($part,)*) = self;
                None$(.or_else(|| $part.store()))*
            }
        }
    };
}

connect_together! { A B }
connect_together! { A B C }
connect_together! { A B C D }

impl Connect for Store {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_dynamodb::Client::new(&config.aws()?);
        let store = Self::new(client, &config.required("TABLE_NAME")?, config.clock.clone());
        if config.is_process {
            store.warm_up().await;
        }
        Ok(store)
    }

    fn store(&self) -> Option<&Store> {
        Some(self)
    }
}

impl<M: Message> Connect for Queue<M> {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let variable = match M::QUEUE {
            "payments" => "PAYMENTS_QUEUE_URL",
            "warehouse" => "WAREHOUSE_QUEUE_URL",
            "shipping" => "SHIPPING_QUEUE_URL",
            "delivery" => "DELIVERY_QUEUE_URL",
            _ => "NOTIFICATIONS_QUEUE_URL",
        };
        Ok(Self::new(aws_sdk_sqs::Client::new(&config.aws()?), config.required(variable)?))
    }
}

impl Connect for Chain {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self {
            payments: Queue::connect(config).await?,
            warehouse: Queue::connect(config).await?,
            shipping: Queue::connect(config).await?,
            delivery: Queue::connect(config).await?,
            notifications: Queue::connect(config).await?,
        })
    }
}

impl Connect for Mailer {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_sesv2::Client::new(&config.aws()?);
        Self::new(client, config.required("MAIL_SENDER")?, config.required("STOREFRONT_URL")?)
            .map_err(|error| StartError::Unreachable(error.to_string()))
    }
}

/// How long a parcel is on its way before it can be delivered.
pub struct DeliveryDelay(pub Duration);

impl Connect for DeliveryDelay {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(Duration::from_secs(config.parsed("DELIVERY_DELAY_SECONDS")?)))
    }
}

/// The sandbox remembers in the shop's own table, through a client of its own.
struct SandboxLedger(Sandbox);

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
    fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_dynamodb::Client::new(&config.sandbox_aws()?);
        Ok(Self(Sandbox::new(Store::new(client, &config.required("TABLE_NAME")?, config.clock.clone()))))
    }
}

impl Connect for Payments {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        match config.required("PAYMENT_PROVIDER")?.as_str() {
            "sandbox" => Ok(Box::new(Bank::new(SandboxLedger::connect(config)?, config.clock.clone()))),
            other => Err(StartError::Wrong("PAYMENT_PROVIDER", format!("{other} is not known; use sandbox"))),
        }
    }
}

impl Connect for Carrier {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Box::new(Courier::new(SandboxLedger::connect(config)?)))
    }
}

impl Connect for Signer {
    /// Reads the signing secret, and makes its public key known to every verifier before the first token.
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let unreachable =
            |what: &str, error: &dyn std::fmt::Display| StartError::Unreachable(format!("{what}: {error}"));
        let client = aws_sdk_secretsmanager::Client::new(&config.aws()?);
        let secret = client.get_secret_value().secret_id(config.required("SIGNING_SECRET_ARN")?).send().await;
        let secret = secret.map_err(|error| {
            unreachable("the signing secret", &aws_sdk_secretsmanager::error::DisplayErrorContext(error))
        })?;
        let secret = secret.secret_string.unwrap_or_default();

        let store = Store::connect(config).await?;
        let known = store.key_set().await.map_err(|error| unreachable("the key set", &error))?;
        // Verifiers hold a key set for 5 minutes, so a key that is not the first waits until all of them know it.
        let now = config.clock.now();
        let active_from = if known.is_empty() { now } else { now + Duration::from_mins(10) };
        let signer =
            Self::new(&secret, active_from).map_err(|error| unreachable("the signing secret", &error))?;
        if !known.iter().any(|key| key.kid == signer.public_key().kid) {
            store
                .publish_key(signer.public_key())
                .await
                .map_err(|error| unreachable("the key set", &error))?;
        }
        Ok(signer)
    }
}

/// What the deployment's endpoints share.
pub(crate) fn site(config: &Config) -> Result<Arc<Site>, StartError> {
    let fees = Fees {
        currency: Currency::try_from(config.required("CURRENCY")?)
            .map_err(|error| StartError::Wrong("CURRENCY", error.to_string()))?,
        tax_basis_points: config.parsed("TAX_BASIS_POINTS")?,
        shipping: config.parsed("SHIPPING_FEE")?,
        free_shipping_from: config.parsed("FREE_SHIPPING_FROM")?,
    };
    let limits = Limits {
        attempts: config.parsed("ATTEMPTS_PER_MINUTE")?,
        public: config.parsed("PUBLIC_PER_MINUTE")?,
        signed_in: config.parsed("SIGNED_IN_PER_MINUTE")?,
    };
    Ok(Arc::new(Site::new(config.required("ISSUER")?, fees, limits, config.clock.clone())))
}
