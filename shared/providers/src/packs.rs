//! The bucket of the index of products: objects that are written once and never change.

use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use domain::Timestamp;
use futures_util::future::try_join_all;

use crate::Unavailable;
use crate::bucket::{client, unavailable};

/// The time for one try of a call, and below for the call with its retries. A part has up to 8 MB, a pack up
/// to 100 MB.
const ATTEMPT: Duration = Duration::from_secs(20);
const OPERATION: Duration = Duration::from_secs(45);

/// The most pages of 1,000 keys that are listed.
const MOST_LISTED: usize = 10;

/// How many packs are deleted at the same time.
const AT_ONCE: usize = 50;

/// A bucket of packs.
#[derive(Clone)]
pub struct Packs {
    client: Client,
    name: String,
}

impl Packs {
    /// The bucket of this name.
    pub fn new(config: &aws_types::SdkConfig, name: String) -> Self {
        Self { client: client(config, ATTEMPT, OPERATION), name }
    }

    /// Reads a part of a pack.
    pub async fn get(&self, pack: &str, range: Range<u64>) -> Result<Vec<u8>, Unavailable> {
        // The last position is included.
        let wanted = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let get = self.client.get_object().bucket(&self.name).key(pack).range(wanted);
        let read = async {
            let found = get.send().await.map_err(|error| unavailable(DisplayErrorContext(error)))?;
            Ok(found.body.collect().await.map_err(unavailable)?.to_vec())
        };
        // The client's times end with the headers of an answer.
        tokio::time::timeout(ATTEMPT, read).await.unwrap_or_else(|_| Err(unavailable("a pack took too long")))
    }

    /// Writes a pack.
    pub async fn put(&self, pack: &str, bytes: Vec<u8>) -> Result<(), Unavailable> {
        let put = self.client.put_object().bucket(&self.name).key(pack).body(ByteStream::from(bytes));
        put.send().await.map_err(|error| unavailable(DisplayErrorContext(error))).map(drop)
    }

    /// The keys that begin so of packs that were written at least so long ago, up to [`MOST_LISTED`] pages.
    pub async fn older_than(
        &self,
        age: Duration,
        now: Timestamp,
        prefix: &str,
    ) -> Result<Vec<String>, Unavailable> {
        let (mut keys, mut next) = (Vec::new(), None);
        for _ in 0..MOST_LISTED {
            let list = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
            let list = list.set_continuation_token(next).send().await;
            let found = list.map_err(|error| unavailable(DisplayErrorContext(error)))?;
            let old = found.contents.unwrap_or_default().into_iter().filter(|object| {
                let written = object.last_modified.and_then(|at| at.to_millis().ok());
                written.is_some_and(|at| now.since(Timestamp::from_millis(at)) >= age)
            });
            keys.extend(old.filter_map(|object| object.key));
            next = found.next_continuation_token;
            if next.is_none() {
                break;
            }
        }
        Ok(keys)
    }

    /// Deletes packs. A missing one is not an error.
    pub async fn delete(&self, packs: impl IntoIterator<Item = String>) -> Result<(), Unavailable> {
        let packs: Vec<_> = packs.into_iter().collect();
        for some in packs.chunks(AT_ONCE) {
            let deletes = some.iter().map(|pack| async move {
                let delete = self.client.delete_object().bucket(&self.name).key(pack).send().await;
                delete.map_err(|error| unavailable(DisplayErrorContext(error)))
            });
            try_join_all(deletes).await?;
        }
        Ok(())
    }
}
