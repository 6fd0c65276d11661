//! The outside world: queues, payment, carrier, mail, secrets.

#![warn(missing_docs)]

pub mod bucket;
pub mod carrier;
pub mod dead_letters;
pub mod mail;
mod packs;
pub mod payment;
pub mod queue;
pub mod sandbox;
pub mod stripe;
pub mod trace;
mod unavailable;
pub mod upload;
pub mod vault;

pub use bucket::Bucket;
pub use carrier::Carrier;
pub use dead_letters::Queues;
pub use mail::Mailer;
pub use packs::Packs;
pub use payment::Payments;
pub use queue::{Chain, Queue};
pub use unavailable::Unavailable;
pub use upload::Uploads;
pub use vault::Vault;
