//! The table.

use store::Store;

use super::reach::Connect;
use crate::{Config, StartError};

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
