//! All that a product's page shows, by one Query of its partition.

use domain::catalogue::{Product, Stocked};
use domain::ids::ProductId;
use domain::image::{Album, Subject};
use domain::review::Rating;

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

impl Store {
    /// A product's page, whether the product is shown or not; perhaps a moment old, but there as soon as it was made.
    pub async fn product_page(&self, id: ProductId) -> Result<Option<ProductPage>> {
        match self.read_product_page(id, Read::Eventual).await? {
            Some(page) => Ok(Some(page)),
            None => self.read_product_page(id, Read::Strong).await,
        }
    }

    async fn read_product_page(&self, id: ProductId, read_as: Read) -> Result<Option<ProductPage>> {
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
