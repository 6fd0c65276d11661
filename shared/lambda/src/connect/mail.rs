//! Mail.

use providers::Mailer;

use super::reach::Connect;
use crate::{Config, StartError};

impl Connect for Mailer {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_sesv2::Client::new(&config.aws()?);
        Self::new(client, config.required("MAIL_SENDER")?, config.required("LINKS_URL")?)
            .map_err(|error| StartError::Unreachable(error.to_string()))
    }
}
