//! Queues, their dead letters, and their delays.

use std::time::Duration;

use domain::messages::{Message, QUEUES};
use providers::dead_letters::Place;
use providers::{Chain, Queue, Queues};

use super::reach::Connect;
use crate::{Config, StartError};

/// The variable with a queue's URL.
fn queue_url(queue: &str) -> String {
    format!("{}_QUEUE_URL", queue.to_uppercase())
}

/// The variable with the URL of a queue's dead letters.
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

/// How long a parcel travels before it can be delivered.
pub struct DeliveryDelay(pub Duration);

impl Connect for DeliveryDelay {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(Duration::from_secs(config.parsed("DELIVERY_DELAY_SECONDS")?)))
    }
}

/// How long a queue hides a message while a worker works on it (the visibility timeout).
pub struct Visibility(pub Duration);

impl Connect for Visibility {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(Duration::from_secs(config.parsed("RETRY_SECONDS")?)))
    }
}
