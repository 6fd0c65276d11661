//! Products and their variants: made, edited and deleted.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use domain::Timestamp;
use domain::catalogue::assortment::Assortment;
use domain::catalogue::image::Album;
use domain::catalogue::{Movement, Product, Stock};
use domain::ids::{ProductId, StoreId};
use domain::text::Sku;

use super::listings::{Shelf, rows};
use super::product_page::ProductPage;
use crate::dynamo::{Entity as _, Result, Table, Updates, Write, Written, refused, until_won};

/// How making a product ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductCreated {
    /// The product is there now.
    Now,
    /// The store has other variants with these SKUs.
    SkusTaken(Vec<Sku>),
    /// The category is not there, or is being deleted.
    MissingCategory,
}

/// How a change of a product ended.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made once a request, and nearly always the large one")]
pub enum ProductChanged {
    /// The product as it is now.
    Now(ProductPage),
    /// There is no such product, or it is deleted.
    Missing,
    /// The store has other variants with these SKUs.
    SkusTaken(Vec<Sku>),
    /// The new category is not there, or is being deleted.
    MissingCategory,
}

/// How the deletion of a product ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductDeleted {
    /// It is deleted now.
    Now,
    /// There is no such product, or it was deleted before.
    Missing,
}

/// The writes of an edit.
struct Edit {
    writes: Vec<TransactWriteItem>,
    /// The place of the check of a new category.
    category: Option<usize>,
    /// The place of the first SKU that is taken.
    first_sku: usize,
    /// The SKUs that are taken.
    taken: Vec<Sku>,
}

impl Edit {
    /// The SKUs that are refused.
    fn skus_taken(&self, reasons: &[CancellationReason]) -> Vec<Sku> {
        let skus = reasons.iter().skip(self.first_sku).zip(&self.taken);
        skus.filter(|(reason, _)| refused(reason)).map(|(_, sku)| sku.clone()).collect()
    }
}

/// How many products of a closed store are deleted at a time, as many shown ones as hidden ones: each costs a
/// read and a transaction, and a worker has 10 seconds.
const DELETED_AT_A_TIME: u32 = 15;

/// The attributes of a stock that edits write. Checkouts and movements write the counts.
const EDITED: [&str; 10] = [
    "price",
    "sellable",
    "sku",
    "values",
    "is_active",
    "image",
    "weight_grams",
    "is_deleted",
    "edited_in",
    "v",
];

impl Table {
    /// Makes a product with its variants, the first movement of each stock, and the rows in the lists. SKUs
    /// are unique in the store; the category must be there.
    pub async fn create_product(&self, new: &ProductPage) -> Result<ProductCreated> {
        let Assortment { product, stocks } = &new.assortment;
        let mut writes = vec![self.takes_new(product.category_id)?, self.put(product).in_transaction()?];
        for stock in stocks {
            writes.extend(self.add_stock(stock, product.created_at)?);
        }
        for row in rows(new) {
            writes.push(self.put(&row).in_transaction()?);
        }
        let first_sku = writes.len();
        let skus = skus_of(&new.assortment);
        for name in skus.keys() {
            writes.push(self.unique("SKU", name)?);
        }
        let create = Edit { writes, category: Some(0), first_sku, taken: skus.into_values().collect() };
        match self.transact("create a product", create.writes.clone()).await? {
            Written::All => Ok(ProductCreated::Now),
            Written::Refused(reasons) => Ok(match create.skus_taken(&reasons) {
                taken if taken.is_empty() => ProductCreated::MissingCategory,
                taken => ProductCreated::SkusTaken(taken),
            }),
        }
    }

    /// Changes a product and its variants: reads them with the album, applies `decide`, and writes the result
    /// on condition that the product is as it was read; retries when it is not. Every edit of a variant
    /// changes the product's version, so all edits of a product follow one another. The same transaction
    /// writes the rows in the lists. The numbers in stock stay. A refusal by `decide` is returned as it is.
    pub async fn change_product<E>(
        &self,
        id: ProductId,
        decide: impl Fn(Assortment, &Album) -> Result<Assortment, E>,
    ) -> Result<Result<ProductChanged, E>> {
        until_won("a product that others edit", async || {
            let Some(seen) = self.product_page_now(id).await? else {
                return Ok(Some(Ok(ProductChanged::Missing)));
            };
            if !seen.assortment.is_whole() {
                return Ok(None);
            }
            let version = seen.assortment.product.version + 1;
            let assortment = match decide(seen.assortment.clone().with_own_price(), &seen.album) {
                Ok(after) => after.settled(version, &seen.assortment.stocks),
                Err(refused) => return Ok(Some(Err(refused))),
            };
            let after = ProductPage { assortment, ..seen.clone() };
            let edit = self.edit(&seen, &after)?;
            let reasons = match self.transact("edit a product", edit.writes.clone()).await? {
                Written::All => return Ok(Some(Ok(ProductChanged::Now(after)))),
                Written::Refused(reasons) => reasons,
            };
            // Product, stock and cover come first: when one of them has changed, no other refusal counts.
            Ok(match reasons.iter().position(refused) {
                Some(place) if edit.category == Some(place) => Some(Ok(ProductChanged::MissingCategory)),
                Some(place) if place >= edit.first_sku => {
                    Some(Ok(ProductChanged::SkusTaken(edit.skus_taken(&reasons))))
                }
                _ => None,
            })
        })
        .await
    }

    /// Deletes a product, if it `may` be. One with many variants is hidden first and then loses them step by
    /// step, because a transaction has at most 100 items. A repeat after a crash does the rest.
    pub async fn delete_product<E>(
        &self,
        id: ProductId,
        may: impl Fn(&Product) -> Result<(), E>,
    ) -> Result<Result<ProductDeleted, E>> {
        loop {
            match self.delete_step(id, &may).await? {
                Err(refused) => return Ok(Err(refused)),
                Ok(None) => return Ok(Ok(ProductDeleted::Missing)),
                Ok(Some(true)) => return Ok(Ok(ProductDeleted::Now)),
                Ok(Some(false)) => {}
            }
        }
    }

    /// A step of the deletion of a product: whether it is deleted now; none when there is no such product.
    async fn delete_step<E>(
        &self,
        id: ProductId,
        may: impl Fn(&Product) -> Result<(), E>,
    ) -> Result<Result<Option<bool>, E>> {
        let now = self.now();
        let step = self.change_product(id, |seen, _| {
            may(&seen.product)?;
            Ok(seen.nearer_to_deletion(now))
        });
        Ok(step.await?.map(|step| match step {
            ProductChanged::Now(page) => Some(page.assortment.product.deleted_at.is_some()),
            _ => None,
        }))
    }

    /// Deletes some products of a closed store, or does a step of the deletion of each; true while there may
    /// be more. Deleting a product again does no harm.
    pub async fn delete_products(&self, store: StoreId) -> Result<bool> {
        let left = self.first_of(Shelf::Store(store), DELETED_AT_A_TIME).await?;
        let mut more = left.len() >= DELETED_AT_A_TIME as usize;
        for id in &left {
            let step = self.delete_step(*id, |_| Ok::<_, std::convert::Infallible>(()));
            let Ok(is_deleted) = step.await?;
            more |= is_deleted == Some(false);
        }
        Ok(more)
    }

    /// The writes that turn one state of a product into another.
    fn edit(&self, before: &ProductPage, after: &ProductPage) -> Result<Edit> {
        let (product, was) = (&after.assortment.product, &before.assortment.product);
        let mut writes = vec![self.replacing(was.version, product)?];
        let rows = self.relist(before, after)?;
        for stock in &before.assortment.stocks {
            let now = after.assortment.stock(stock.place).cloned().unwrap_or_else(|| stock.clone().deleted());
            let condition = rows.stock.get(&stock.place);
            if now != *stock {
                let write = self.edit_stock(stock, &now)?;
                let write = match condition {
                    Some(has) => has.check(write),
                    None => write,
                };
                writes.push(write.in_transaction()?);
            } else if let Some(has) = condition {
                writes.push(has.check(self.check::<Stock>(&stock.variant_id())).in_transaction()?);
            }
        }
        for stock in &after.assortment.stocks {
            if before.assortment.stock(stock.place).is_none() {
                writes.extend(self.add_stock(stock, product.updated_at)?);
            }
        }
        let mut category = None;
        if rows.is_new && product.deleted_at.is_none() {
            writes.push(self.has_cover(&before.album)?);
            // Also where the category stays: a deletion of it does not read all of its list in one instant.
            category = Some(writes.len()).filter(|_| product.category_id != was.category_id);
            writes.push(self.takes_new(product.category_id)?);
        }
        writes.extend(rows.writes);
        let (mut old, new) = (skus_of(&before.assortment), skus_of(&after.assortment));
        let new: BTreeMap<_, _> = new.into_iter().filter(|(name, _)| old.remove(name).is_none()).collect();
        let first_sku = writes.len();
        for name in new.keys() {
            writes.push(self.unique("SKU", name)?);
        }
        for name in old.keys() {
            writes.push(self.free("SKU", name)?);
        }
        Ok(Edit { writes, category, first_sku, taken: new.into_values().collect() })
    }

    /// A new stock with its first movement, for a transaction.
    fn add_stock(&self, stock: &Stock, at: Timestamp) -> Result<Vec<TransactWriteItem>> {
        let mut writes = vec![self.put(stock).in_transaction()?];
        if stock.received > 0 {
            let Stock { product_id, place, received: delta, .. } = *stock;
            let opening = Movement { product_id, place, id: self.new_id()?, delta, reason: None, at };
            writes.push(self.put(&opening).in_transaction()?);
        }
        Ok(writes)
    }

    /// Writes what an edit changes of a stock, and nothing else: of a plain product a read may be older than
    /// the last edit.
    fn edit_stock(&self, before: &Stock, after: &Stock) -> Result<Write<'_, Updates>> {
        let (old, mut item) = (before.item()?, after.item()?);
        let mut update = self.update::<Stock>(&after.variant_id());
        let changed = EDITED.into_iter().filter(|name| old.get(*name) != item.get(*name));
        for (number, name) in changed.collect::<Vec<_>>().into_iter().enumerate() {
            let (attribute, placeholder) = (format!("#e{number}"), format!(":e{number}"));
            update = update.name(&attribute, name);
            update = match item.remove(name) {
                Some(value) => update.set(format!("{attribute} = {placeholder}")).with(placeholder, value),
                None => update.remove(attribute),
            };
        }
        Ok(update)
    }
}

/// The SKUs of a product as unique names, with their texts: only one variant of the store may have each. A
/// deleted product has none.
pub(crate) fn skus_of(assortment: &Assortment) -> BTreeMap<String, Sku> {
    let Assortment { product, stocks } = assortment;
    let stocks = stocks.iter().filter(|_| product.deleted_at.is_none());
    let skus = stocks.filter_map(|stock| assortment.sku_of(stock));
    skus.map(|sku| (format!("{}#{}", product.store_id, sku.folded()), sku.clone())).collect()
}
