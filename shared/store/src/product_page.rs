//! All that a product's page shows, and what edits and lists go by: one Query of its partition.

use domain::catalogue::image::{Album, Subject};
use domain::catalogue::review::Rating;
use domain::catalogue::{Product, Stocked};
use domain::ids::ProductId;

use crate::entity::Entity;
use crate::item::{Read, read};
use crate::{Result, Store};

/// A product, and what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductPage {
    /// The product with its stock.
    pub stocked: Stocked,
    /// Its images.
    pub album: Album,
    /// What its reviews come to; none before the first.
    pub rating: Option<Rating>,
}

impl From<Stocked> for ProductPage {
    /// One that is new: without images and reviews.
    fn from(stocked: Stocked) -> Self {
        let album = Album::new(Subject::Product(stocked.product.id));
        Self { stocked, album, rating: None }
    }
}

impl Store {
    /// A product with its stock, whether it is shown or not; perhaps a moment old, but there as soon as it was made.
    pub async fn product(&self, id: ProductId) -> Result<Option<Stocked>> {
        Ok(self.product_page(id).await?.map(|page| page.stocked))
    }

    /// A product with its stock at this moment, shown or not; none when it is deleted.
    pub async fn product_now(&self, id: ProductId) -> Result<Option<Stocked>> {
        Ok(self.product_page_now(id).await?.map(|page| page.stocked))
    }

    /// A product's page, whether the product is shown or not; perhaps a moment old, but there as soon as it was made.
    pub async fn product_page(&self, id: ProductId) -> Result<Option<ProductPage>> {
        match self.read_product_page(id, Read::Eventual).await? {
            Some(page) => Ok(Some(page)),
            None => self.read_product_page(id, Read::Strong).await,
        }
    }

    /// A product's page at this moment, whether the product is shown or not; none when it is deleted.
    pub async fn product_page_now(&self, id: ProductId) -> Result<Option<ProductPage>> {
        let found = self.read_product_page(id, Read::Strong).await?;
        Ok(found.filter(|page| page.stocked.product.deleted_at.is_none()))
    }

    pub(crate) async fn read_product_page(
        &self,
        id: ProductId,
        read_as: Read,
    ) -> Result<Option<ProductPage>> {
        let (mut product, mut stock, mut rating) = (None, None, None);
        let mut album = Album::new(Subject::Product(id));
        for item in self.partition(&Product::key(&id).pk, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("PRODUCT") => product = Some(read(item)?),
                Some("STOCK") => stock = Some(read(item)?),
                Some("RATING") => rating = Some(read(item)?),
                Some(crate::images::PICTURES) => album = read(item)?,
                _ => {}
            }
        }
        let stocked = product.zip(stock).map(|(product, stock)| Stocked { product, stock });
        Ok(stocked.map(|stocked| ProductPage { stocked, album, rating }))
    }
}
