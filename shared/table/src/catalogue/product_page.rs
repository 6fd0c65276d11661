//! A product with its variants, images and rating, by one query of its partition.

use std::collections::BTreeSet;

use domain::catalogue::assortment::Assortment;
use domain::catalogue::image::{Album, Subject};
use domain::catalogue::review::Rating;
use domain::catalogue::{Product, Stock, Stocked};
use domain::ids::{ProductId, StoreId, VariantId};
use domain::stores::Store;

use crate::chart::{PICTURES, STOCK};
use crate::dynamo::{Entity, Read, Result, Table, broken, read};

/// A product with the other items of its partition.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductPage {
    /// The product with its variants.
    pub assortment: Assortment,
    /// Its images.
    pub album: Album,
    /// The sum of its reviews; none before the first.
    pub rating: Option<Rating>,
}

impl From<Assortment> for ProductPage {
    /// A new product, without images and reviews.
    fn from(assortment: Assortment) -> Self {
        let album = Album::new(Subject::Product(assortment.product.id));
        Self { assortment, album, rating: None }
    }
}

impl ProductPage {
    /// The page without inactive variants, as shoppers see it.
    #[must_use]
    pub fn for_shoppers(self) -> Self {
        Self { assortment: self.assortment.for_shoppers(), ..self }
    }
}

impl Table {
    /// A product with its variants, shown or not, by an eventually consistent read. A consistent read follows
    /// when it finds none, so a new product is found at once.
    pub async fn product(&self, id: ProductId) -> Result<Option<Assortment>> {
        Ok(self.product_page(id).await?.map(|page| page.assortment))
    }

    /// A product with its variants, shown or not, by a consistent read; none when it is deleted.
    pub async fn product_now(&self, id: ProductId) -> Result<Option<Assortment>> {
        Ok(self.product_page_now(id).await?.map(|page| page.assortment))
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
        Ok(found.filter(|page| page.assortment.product.deleted_at.is_none()))
    }

    pub(crate) async fn read_product_page(
        &self,
        id: ProductId,
        read_as: Read,
    ) -> Result<Option<ProductPage>> {
        let (mut product, mut stocks, mut rating) = (None, Vec::new(), None);
        let mut album = Album::new(Subject::Product(id));
        for item in self.partition(&Product::key(&id).pk, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("PRODUCT") => product = Some(read::<Product>(item)?),
                Some("RATING") => rating = Some(read(item)?),
                Some(PICTURES) => album = read(item)?,
                Some(sk) if sk.starts_with(STOCK) => stocks.push(read::<Stock>(item)?),
                _ => {}
            }
        }
        stocks.retain(|stock| !stock.is_deleted);
        // A read between the writes of an edit can find no active variant; another read does.
        let is_whole = stocks.iter().any(|stock| stock.is_active);
        let Some(product) = product.filter(|_| is_whole) else { return Ok(None) };
        let assortment = Assortment { product, stocks };
        match assortment.stocks.iter().all(|stock| assortment.sku_of(stock).is_some()) {
            true => Ok(Some(ProductPage { assortment, album, rating })),
            false => Err(broken(format!("{id}: a variant without an SKU"))),
        }
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
