//! The bucket of pictures: uploads below `incoming/`, and published pictures, which everybody can read, below
//! `public/`.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;
use futures_util::future::try_join_all;

use crate::Unavailable;

/// The time for one try of a call, and below for the call with its retries. They are longer than for other
/// services, because pictures are larger.
const ATTEMPT: Duration = Duration::from_secs(4);
const OPERATION: Duration = Duration::from_secs(9);

/// Published objects never change, so caches need not ask again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A bucket.
pub struct Bucket {
    client: Client,
    name: String,
}

/// An uploaded object, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has more bytes than the limit.
    TooLarge,
    /// It does not exist, or has other bytes by now.
    Gone,
}

impl Bucket {
    /// The bucket of this name.
    pub fn new(config: &aws_types::SdkConfig, name: String) -> Self {
        Self { client: client(config, ATTEMPT, OPERATION), name }
    }

    /// Reads an object, if its `ETag` is `etag` and it has at most `most` bytes. S3 answers 403 for a missing
    /// object to a caller that may not list the bucket.
    pub async fn get(&self, key: &str, etag: &str, most: u64) -> Result<Object, Unavailable> {
        let get = self.client.get_object().bucket(&self.name).key(key).if_match(format!("\"{etag}\""));
        let found = match get.send().await {
            Ok(found) => found,
            Err(error) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                return match code {
                    Some("NoSuchKey" | "PreconditionFailed") => Ok(Object::Gone),
                    _ => Err(unavailable(DisplayErrorContext(error))),
                };
            }
        };
        if found.content_length().and_then(|bytes| u64::try_from(bytes).ok()).is_none_or(|bytes| bytes > most)
        {
            return Ok(Object::TooLarge);
        }
        let bytes = found.body.collect().await.map_err(unavailable)?;
        Ok(Object::Bytes(bytes.to_vec()))
    }

    /// Writes a published picture.
    pub async fn put(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), Unavailable> {
        let put = self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(bytes));
        let put = put.content_type(content_type).cache_control(FOR_EVER).send().await;
        put.map_err(|error| unavailable(DisplayErrorContext(error))).map(drop)
    }

    /// Deletes objects. A missing object is not an error.
    pub async fn delete(&self, keys: impl IntoIterator<Item = String>) -> Result<(), Unavailable> {
        let deletes = keys.into_iter().map(|key| async move {
            let delete = self.client.delete_object().bucket(&self.name).key(key).send().await;
            delete.map_err(|error| unavailable(DisplayErrorContext(error)))
        });
        try_join_all(deletes).await.map(drop)
    }
}

/// A client of S3, with the time for one try of a call and for the call with its retries.
pub(crate) fn client(config: &aws_types::SdkConfig, attempt: Duration, operation: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(operation);
    let timeouts = timeouts.connect_timeout(Duration::from_secs(1)).build();
    let client = aws_sdk_s3::config::Builder::from(config)
        .timeout_config(timeouts)
        // A custom endpoint has no host name for each bucket.
        .force_path_style(config.endpoint_url().is_some())
        // TLS already protects the bytes on their way. A checksum would make the SDK send them in chunks.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    Client::from_conf(client.build())
}

pub(crate) fn unavailable(cause: impl ToString) -> Unavailable {
    Unavailable::new("S3", cause)
}
