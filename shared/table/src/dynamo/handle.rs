//! The table, with its clock and random ids.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use domain::ids::Id;
use domain::{Clock, Timestamp};

use super::error::{Error, Result};
use super::key::Key;

/// The shop's table.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: Arc<str>,
    clock: Clock,
}

impl Table {
    /// The table of that name, with this clock.
    pub fn new(client: Client, name: &str, clock: Clock) -> Self {
        Self { client, name: name.into(), clock }
    }

    /// Opens the connection, so that no request waits for a handshake: a `GET /ping`, which DynamoDB answers
    /// without a check of the caller. The call goes through the same client code as every other one, so parts
    /// that are made on first use are made here.
    pub async fn warm_up(&self) {
        let ping = self.client.get_item().table_name(&*self.name).set_key(Some(Key::new("", "").into()));
        let ping = ping.customize().mutate_request(|request| {
            let host = request.uri().split('/').take(3).collect::<Vec<_>>().join("/");
            let _ = request.set_method("GET");
            let _ = request.set_uri(format!("{host}/ping"));
            *request.body_mut() = "".into();
            request.headers_mut().remove("content-length");
        });
        // The answer is not an item, and does not matter.
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
