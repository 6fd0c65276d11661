//! Which snapshot of the index is read, and what a search needs of the products.

use domain::catalogue::Listing;
use domain::ids::ProductId;
use domain::search::SearchIndex;

use crate::catalogue::listings::{Shelf, listing};
use crate::chart::{ListRow, RowKey};
use crate::dynamo::{Entity, List, Page, Read, Result, Span, Table, until_won};

impl Table {
    /// The index of this form, by an eventually consistent read; none before the first build.
    pub async fn search_index(&self, form: u32) -> Result<Option<SearchIndex>> {
        self.get(&form, Read::Eventual).await
    }

    /// The same by a consistent read.
    pub async fn search_index_now(&self, form: u32) -> Result<Option<SearchIndex>> {
        self.get(&form, Read::Strong).await
    }

    /// Writes an index, if it is still at the version before. False when another writer was faster. A writer
    /// reads the products after the index, so no snapshot holds older products than the one before it.
    pub async fn save_search_index(&self, index: &SearchIndex) -> Result<bool> {
        match index.version {
            0 | 1 => self.create(index).await,
            version => self.replace(version - 1, index).await,
        }
    }

    /// Begins a rebuild of an index, which may not exist yet.
    pub async fn rebuild_search_index(&self, form: u32) -> Result<SearchIndex> {
        until_won("the index of products", async || {
            let index = match self.search_index_now(form).await? {
                Some(index) => index.rebuilt(self.now()),
                None => SearchIndex::new(form, self.now()),
            };
            let index = SearchIndex { version: index.version + 1, updated_at: self.now(), ..index };
            Ok(self.save_search_index(&index).await?.then_some(index))
        })
        .await
    }

    /// One page of all products that shoppers see, newest first, by consistent reads.
    pub async fn shown_products(&self, after: Option<&str>, limit: u32) -> Result<Page<ProductId>> {
        let list = List { index: None, partitions: Shelf::All.shown_partitions() };
        let span = Span { after, read_as: Read::Strong, ..Span::default() };
        self.rows(&list, &span, limit).await?.read(|row| Ok(listing(row)?.id))
    }

    /// The rows of these products in the list of all, in this order. Those that shoppers do not see are left
    /// out.
    pub async fn listed_among(&self, products: &[ProductId]) -> Result<Vec<Listing>> {
        let key = |product: &ProductId| {
            ListRow::key(&RowKey { shelf: Shelf::All.part_of(*product, true), product: *product })
        };
        let rows = self.batch(products.iter().map(key).collect(), Read::Eventual).await?;
        let mut found = rows.into_iter().map(listing).collect::<Result<Vec<_>>>()?;
        found.sort_by_key(|row| products.iter().position(|product| *product == row.id));
        Ok(found)
    }
}
