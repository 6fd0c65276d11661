//! The outside world: queues, payment, carrier, mail, secrets.

pub mod bucket;
pub mod carrier;
mod colour;
pub mod dead_letters;
pub mod mail;
pub mod payment;
pub mod picture;
pub mod queue;
pub mod sandbox;
pub mod stripe;
pub mod trace;
pub mod upload;
pub mod vault;

pub use bucket::Bucket;
pub use carrier::Carrier;
pub use dead_letters::Queues;
pub use mail::Mailer;
pub use payment::Payments;
pub use queue::{Chain, Queue};
pub use upload::Uploads;
pub use vault::Vault;

/// Somebody outside did not answer, or not in time. What they did is not known, so the same call is made again later;
/// every call here carries an identity by which the other side does it once.
#[derive(Debug, thiserror::Error)]
#[error("{who}: {cause}")]
pub struct Unavailable {
    /// Who did not answer.
    pub who: &'static str,
    /// What is known about it.
    pub cause: String,
}

impl Unavailable {
    /// `who` did not answer because of `cause`.
    pub fn new(who: &'static str, cause: impl ToString) -> Self {
        Self { who, cause: cause.to_string() }
    }
}
