//! What functions can be connected to, each from the variables that the template gives to those that need it.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use api::token::{SIGNER_LIFE, Signer};
use api::{Deployment, Limits};
use async_trait::async_trait;
use domain::messages::{Message, QUEUES};
use domain::money::{Currency, Fees};
use providers::dead_letters::Place;
use providers::sandbox::{Bank, Courier, Ledger};
use providers::stripe::{Keys, Stripe, Webhook};
use providers::{
    Bucket, Carrier, Chain, Mailer, Payments, Queue, Queues, Unavailable, Uploads, Vault, upload, vault,
};
use store::{Sandbox, Store};

use crate::{Config, StartError};

/// What a function may touch: its first parameter, connected once at cold start.
///
/// The type says the function's reach. A function that takes a `Store` builds no queue client and links none.
#[expect(async_fn_in_trait, reason = "functions run on one thread, so no future needs to be Send")]
pub trait Connect: Sized {
    /// What is older than this is connected anew before the next request: it holds what may change in the hours that an
    /// environment lives.
    const STALE_AFTER: Option<Duration> = None;

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

/// The shortest of these times.
const fn sooner(mut times: &[Option<Duration>]) -> Option<Duration> {
    let mut soonest: Option<Duration> = None;
    while let [time, rest @ ..] = times {
        soonest = match (soonest, *time) {
            (Some(known), Some(time)) if known.as_nanos() <= time.as_nanos() => Some(known),
            (known, None) => known,
            (_, time) => time,
        };
        times = rest;
    }
    soonest
}

macro_rules! connect_together {
    ($($part:ident)*) => {
        impl<$($part: Connect),*> Connect for ($($part,)*) {
            const STALE_AFTER: Option<Duration> = sooner(&[$($part::STALE_AFTER),*]);

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

/// The variable that says where a queue is.
fn queue_url(queue: &str) -> String {
    format!("{}_QUEUE_URL", queue.to_uppercase())
}

/// The variable that says where a queue's dead letters are.
fn dead_letters_url(queue: &str) -> String {
    format!("{}_DEAD_LETTERS_URL", queue.to_uppercase())
}

impl<M: Message> Connect for Queue<M> {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self::new(aws_sdk_sqs::Client::new(&config.aws()?), config.required(&queue_url(M::QUEUE))?))
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
            erasures: Queue::connect(config).await?,
        })
    }
}

impl Connect for Queues {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let places = QUEUES.map(|name| {
            let queue = config.required(&queue_url(name))?;
            let dead_letters = config.required(&dead_letters_url(name))?;
            Ok(Place { name, queue, dead_letters })
        });
        let places = places.into_iter().collect::<Result<_, StartError>>()?;
        Ok(Self::new(aws_sdk_sqs::Client::new(&config.aws()?), places))
    }
}

impl Connect for Bucket {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self::new(&config.aws()?, config.required("IMAGES_BUCKET")?))
    }
}

impl Connect for Uploads {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let (id, secret, session_token) = config.credentials()?;
        Ok(Self {
            bucket: config.required("IMAGES_BUCKET")?,
            region: config.required("AWS_REGION")?,
            url: images_url(config)?,
            keys: upload::Keys { id, secret, session_token },
        })
    }
}

/// Where the bucket of pictures answers.
fn images_url(config: &Config) -> Result<String, StartError> {
    let bucket = config.required("IMAGES_BUCKET")?;
    Ok(match config.optional("AWS_ENDPOINT_URL") {
        Some(endpoint) => format!("{endpoint}/{bucket}"),
        None => format!("https://{bucket}.s3.{}.amazonaws.com", config.required("AWS_REGION")?),
    })
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

/// How long a queue hides a message that a worker has in hand.
pub struct Visibility(pub Duration);

impl Connect for Visibility {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(Duration::from_secs(config.parsed("RETRY_SECONDS")?)))
    }
}

/// Whether the shop takes orders now.
pub struct CheckoutSwitch(pub Switch);

/// Which parts of the chain are at work now. The workers of the others get no messages; the sweeper lets them wait, too.
pub struct ChainSwitches {
    /// Whether money is taken and given back.
    pub payments: Switch,
    /// Whether mails go out.
    pub mails: Switch,
}

/// What can be switched off by a parameter of the deployment. Nothing is lost meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It works.
    On,
    /// It waits.
    Off,
}

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("it must be on or off"),
        }
    }
}

impl Connect for CheckoutSwitch {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(config.parsed("CHECKOUT")?))
    }
}

impl Connect for ChainSwitches {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self { payments: config.parsed("PAYMENTS")?, mails: config.parsed("MAILS")? })
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

/// Without Stripe there is nobody whose events are to be read.
impl Connect for Option<Webhook> {
    /// A rolled secret is in force after this at the latest.
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

impl Connect for Carrier {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Box::new(Courier::new(SandboxLedger::connect(config)?)))
    }
}

impl Connect for Vault {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_secretsmanager::Client::new(&config.aws()?);
        Ok(Self::new(client, config.required("SIGNING_SECRET_ARN")?))
    }
}

impl Connect for Signer {
    const STALE_AFTER: Option<Duration> = Some(SIGNER_LIFE);

    /// Reads the signing secrets, and makes the current one's public key known to every verifier before the first token.
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let unreachable = |error: store::Error| StartError::Unreachable(format!("the key set: {error}"));
        let (vault, store) = (Vault::connect(config).await?, Store::connect(config).await?);
        // In this order, whatever a rotation does meanwhile: a key that it lets expire is seen here only when its secret
        // is no longer the current one, and beside a new current secret stands the one that it replaced.
        let known = store.key_set().await.map_err(unreachable)?;
        let current = vault.labelled(vault::CURRENT).await?;
        let current =
            current.ok_or_else(|| StartError::Unreachable("the signing secret is missing".to_owned()))?;
        let previous = vault.labelled(vault::PREVIOUS).await?;

        let signer = Self::of(&current, previous.as_deref(), &known, config.clock.now())
            .map_err(|weak| StartError::Unreachable(weak.to_string()))?;
        signer.publish(&known, &store).await.map_err(unreachable)?;
        Ok(signer)
    }
}

/// What the deployment's endpoints share.
pub(crate) fn deployment(config: &Config) -> Result<Arc<Deployment>, StartError> {
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
    let (issuer, images) = (config.required("ISSUER")?, images_url(config)?);
    let mut deployment = Deployment::new(issuer, fees, images, limits, config.clock.clone());
    deployment.pages_live = Duration::from_secs(config.parsed("PAGE_CACHE_SECONDS")?);
    Ok(Arc::new(deployment))
}
