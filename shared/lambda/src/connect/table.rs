//! The table.

use table::Table;

use super::reach::Connect;
use crate::{Config, StartError};

impl Connect for Table {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let client = aws_sdk_dynamodb::Client::new(&config.aws()?);
        let table = Self::new(client, &config.required("TABLE_NAME")?, config.clock.clone());
        if config.is_process {
            table.warm_up().await;
        }
        Ok(table)
    }

    fn table(&self) -> Option<&Table> {
        Some(self)
    }
}
