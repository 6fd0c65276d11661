//! The only code that knows DynamoDB: one table, its entities and keys, and its named transactions.
//!
//! Every write that depends on a read carries a condition, and a lost race comes back as a value, never as an error.
//! An [`Error`] means that nothing is known: the caller may try the whole request again.

mod accounts;
mod addresses;
mod audit;
mod carts;
mod catalogue;
mod categories;
mod checkout;
mod dead_letters;
mod due;
mod entity;
mod erasures;
mod images;
mod item;
mod keys;
mod limits;
mod listings;
mod mails;
mod names;
mod orders;
mod pages;
mod product_page;
mod products;
mod reviews;
mod sandbox;
mod sessions;
mod stock;
mod stores;
mod stream;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use domain::ids::Id;
use domain::{Clock, Timestamp};

use crate::entity::Key;
pub use accounts::{Changed, NewUser, Registered};
pub use audit::{Audit, OrderFile, ProductFile, Walk};
pub use carts::{Added, CartKey};
pub use catalogue::Opened;
pub use categories::Removed;
pub use checkout::{Checkout, NewOrder, Refusal};
pub use due::{DUE_SHARDS, Due};
pub use erasures::Erased;
pub use keys::PublicKey;
pub use limits::Attempt;
pub use listings::{Shelf, Sort, Wanted};
pub use names::LookTaken;
pub use orders::Order;
pub use pages::ListPosition;
pub use product_page::ProductPage;
pub use reviews::Said;
pub use sandbox::Sandbox;
pub use sessions::{Begun, Refreshed};
pub use stock::{Moved, StockMove};
pub use stores::Edited;
pub use stream::TableChange;

/// The shop's table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    clock: Clock,
}

/// Nothing is known about the outcome, or the table holds what it should not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others kept winning the race for the whole time budget. Nothing was written.
    #[error("contention: {0}")]
    Contended(&'static str),
    /// DynamoDB could not be asked, or did not answer in time. A write may or may not have happened.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
    /// An item cannot be read, or a request was wrong: a bug, not a passing fault.
    #[error("{0}")]
    Broken(String),
}

/// What every function here gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Store {
    /// The table of that name, at the time that `clock` tells.
    pub fn new(client: Client, table: &str, clock: Clock) -> Self {
        Self { client, table: table.into(), clock }
    }

    /// Opens the connection, so that no request waits for a handshake: a `GET /ping`, which DynamoDB answers without
    /// looking at who asks. It takes the way of every other call, so what is made on first use is made here, too.
    pub async fn warm_up(&self) {
        let ping = self.client.get_item().table_name(&*self.table).set_key(Some(Key::new("", "").into()));
        let ping = ping.customize().mutate_request(|request| {
            let host = request.uri().split('/').take(3).collect::<Vec<_>>().join("/");
            let _ = request.set_method("GET");
            let _ = request.set_uri(format!("{host}/ping"));
            *request.body_mut() = "".into();
            request.headers_mut().remove("content-length");
        });
        // The answer is no item, and does not matter.
        let _ = ping.send().await;
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id: the time now and 80 random bits.
    pub fn new_id<T: Id>(&self) -> Result<T> {
        Ok(T::new(self.now(), random()?))
    }

    /// An id of 128 random bits, for what must not be guessed.
    pub fn secret_id<T: Id>(&self) -> Result<T> {
        Ok(T::from_bits(u128::from_be_bytes(random()?)))
    }
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Broken(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

/// How long a write may contend before the caller is told to come again; far below every function's time-out.
const CONTENTION_BUDGET: Duration = Duration::from_secs(4);

/// Waits between the rounds of a contended write: full jitter, so that the contenders do not stay in step.
struct Backoff {
    began: tokio::time::Instant,
    round: u32,
}

impl Backoff {
    fn new() -> Self {
        Self { began: tokio::time::Instant::now(), round: 0 }
    }

    /// Waits up to 25 ms × 2^round, at most 800 ms, or gives up when the budget is used up.
    async fn wait(&mut self, what: &'static str) -> Result<()> {
        let most = 25_u64 << self.round.min(5);
        let wait = Duration::from_millis(u64::from_be_bytes(random()?) % most);
        self.round += 1;
        if self.began.elapsed() + wait > CONTENTION_BUDGET {
            return Err(Error::Contended(what));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// Whether a condition refused a single write: somebody else was faster.
fn lost<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ConditionalCheckFailedException")
}

/// An SDK error that is not an answer: whether it is ours or a passing fault decides 500 or 503.
fn failed<E, R>(error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default().to_owned();
    let text = DisplayErrorContext(error).to_string();
    match code.as_str() {
        "ValidationException"
        | "AccessDeniedException"
        | "ResourceNotFoundException"
        | "SerializationException" => Error::Broken(format!("DynamoDB: {text}")),
        _ => Error::Unavailable(text),
    }
}
