//! A product with its stock, images and rating, by one query of its partition.

use domain::catalogue::image::{Album, Subject};
use domain::catalogue::review::Rating;
use domain::catalogue::{Product, Stock, Stocked};
use std::collections::BTreeSet;

use domain::ids::{ProductId, StoreId, VariantId};
use domain::stores::Store;

use crate::chart::{PICTURES, STOCK};
use crate::dynamo::{Entity, Read, Result, Table, read};

/// A product with the other items of its partition.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductPage {
    /// The product with its stock.
    pub stocked: Stocked,
    /// Its images.
    pub album: Album,
    /// The sum of its reviews; none before the first.
    pub rating: Option<Rating>,
}

impl From<Stocked> for ProductPage {
    /// A new product, without images and reviews.
    fn from(stocked: Stocked) -> Self {
        let album = Album::new(Subject::Product(stocked.product.id));
        Self { stocked, album, rating: None }
    }
}

impl Table {
    /// A product with its stock, shown or not, by an eventually consistent read. A consistent read follows
    /// when it finds none, so a new product is found at once.
    pub async fn product(&self, id: ProductId) -> Result<Option<Stocked>> {
        Ok(self.product_page(id).await?.map(|page| page.stocked))
    }

    /// A product with its stock, shown or not, by a consistent read; none when it is deleted.
    pub async fn product_now(&self, id: ProductId) -> Result<Option<Stocked>> {
        Ok(self.product_page_now(id).await?.map(|page| page.stocked))
    }

    /// The page of a product, shown or not, by an eventually consistent read. A consistent read follows when
    /// it finds none, so a new product is found at once.
    pub async fn product_page(&self, id: ProductId) -> Result<Option<ProductPage>> {
        match self.read_product_page(id, Read::Eventual).await? {
            Some(page) => Ok(Some(page)),
            None => self.read_product_page(id, Read::Strong).await,
        }
    }

    /// The page of a product, shown or not, by a consistent read; none when the product is deleted.
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
                Some(PICTURES) => album = read(item)?,
                _ => {}
            }
        }
        let stocked = product.zip(stock).map(|(product, stock)| Stocked { product, stock });
        Ok(stocked.map(|stocked| ProductPage { stocked, album, rating }))
    }

    /// Variants with their product, and stores, by one eventually consistent read. Missing ones are left out.
    pub async fn products_and_stores(
        &self,
        variants: &[VariantId],
        stores: &[StoreId],
    ) -> Result<(Vec<Stocked>, Vec<Store>)> {
        self.read_products_and_stores(variants, stores, Read::Eventual).await
    }

    /// The same by consistent reads, before a buyer is told that something is sold out.
    pub async fn products_and_stores_now(
        &self,
        variants: &[VariantId],
        stores: &[StoreId],
    ) -> Result<(Vec<Stocked>, Vec<Store>)> {
        self.read_products_and_stores(variants, stores, Read::Strong).await
    }

    async fn read_products_and_stores(
        &self,
        variants: &[VariantId],
        stores: &[StoreId],
        read_as: Read,
    ) -> Result<(Vec<Stocked>, Vec<Store>)> {
        // A batch must not ask for the product of two variants twice.
        let products: BTreeSet<_> = variants.iter().map(|variant| variant.product).collect();
        let keys = products.iter().map(Product::key).chain(variants.iter().map(Stock::key));
        let keys = keys.chain(stores.iter().map(Store::key)).collect();
        let (mut found, mut stocks, mut sellers) = (Vec::new(), Vec::new(), Vec::new());
        for item in self.batch(keys, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("PRODUCT") => found.push(read::<Product>(item)?),
                Some(sk) if sk.starts_with(STOCK) => stocks.push(read::<Stock>(item)?),
                _ => sellers.push(read::<Store>(item)?),
            }
        }
        let offers = stocks.into_iter().filter_map(|stock| {
            let product = found.iter().find(|product| product.id == stock.product_id)?.clone();
            Some(Stocked { product, stock })
        });
        Ok((offers.collect(), sellers))
    }
}

/// The condition that there is some stock, or none, as when it was read.
pub(crate) fn still_there(seen: &Stock) -> &'static str {
    if seen.on_hand > 0 { "on_hand > :none" } else { "on_hand = :none" }
}
