//! The index of products: its bucket, and the copies of an instance.

use providers::Packs;
use search::{Copies, Searcher};
use table::Table;

use super::reach::Connect;
use crate::{Config, StartError};

impl Connect for Copies {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self::new(Packs::new(&config.aws()?, config.required("SEARCH_BUCKET")?)))
    }
}

impl Connect for Searcher {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        let (table, copies) = (Table::connect(config).await?, Copies::connect(config).await?);
        Ok(Self::new(table, copies, config.clock.clone()))
    }

    fn table(&self) -> Option<&Table> {
        Some(self.table())
    }
}
