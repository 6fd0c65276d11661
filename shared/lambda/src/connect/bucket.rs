//! The bucket of pictures.

use providers::{Bucket, Uploads, upload};

use super::reach::Connect;
use crate::{Config, StartError};

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

/// The URL of the bucket.
pub(super) fn images_url(config: &Config) -> Result<String, StartError> {
    let bucket = config.required("IMAGES_BUCKET")?;
    Ok(match config.optional("AWS_ENDPOINT_URL") {
        Some(endpoint) => format!("{endpoint}/{bucket}"),
        None => format!("https://{bucket}.s3.{}.amazonaws.com", config.required("AWS_REGION")?),
    })
}
