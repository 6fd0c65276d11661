//! Products: made, edited and deleted.

use std::convert::Infallible;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::catalogue::{Movement, Product, Stock, Stocked};
use domain::ids::{ProductId, StoreId};

use super::listings::{Relisted, Shelf, rows};
use super::product_page::{ProductPage, still_there};
use crate::dynamo::{Result, Table, Written, number, refused, until_won};

/// How making a product ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductCreated {
    /// The product is there now.
    Now,
    /// The store has a product with this SKU.
    SkuTaken,
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
    /// The store has a product with this SKU.
    SkuTaken,
    /// The new category is not there, or is being deleted.
    MissingCategory,
}

/// The writes of an edit.
struct Edit {
    writes: Vec<TransactWriteItem>,
    /// The place of the check of a new category.
    category: Option<usize>,
    /// The place from which on a refusal means that the SKU is taken.
    sku: usize,
}

/// How many products of a closed store are deleted at a time, as many shown ones as hidden ones: each costs a
/// read and a transaction, and a worker has 10 seconds.
const DELETED_AT_A_TIME: u32 = 15;

impl Table {
    /// Makes a product with its stock, the first movement of the stock, and the rows in the lists. The SKU is
    /// unique in the store; the category must be there.
    pub async fn create_product(&self, new: &ProductPage) -> Result<ProductCreated> {
        let Stocked { product, stock } = &new.stocked;
        let mut writes = vec![
            self.unique("SKU", &sku_of(product))?,
            self.takes_new(product.category_id)?,
            self.put(product).in_transaction()?,
            self.put(stock).in_transaction()?,
        ];
        if stock.received > 0 {
            let (product_id, place, delta) = (product.id, stock.place, stock.received);
            let (id, at) = (self.new_id()?, product.created_at);
            let opening = Movement { product_id, place, id, delta, reason: None, at };
            writes.push(self.put(&opening).in_transaction()?);
        }
        for row in rows(new) {
            writes.push(self.put(&row).in_transaction()?);
        }
        match self.transact("create a product", writes).await? {
            Written::All => Ok(ProductCreated::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(ProductCreated::SkuTaken),
            Written::Refused(_) => Ok(ProductCreated::MissingCategory),
        }
    }

    /// Changes a product: reads it, applies `decide`, and writes the result on condition that the product is
    /// as it was read; retries when it is not. The same transaction writes the price and whether the product
    /// is sold beside the stock, and the rows in the lists. The number in stock stays. A refusal by `decide`
    /// is returned as it is.
    pub async fn change_product<E>(
        &self,
        id: ProductId,
        decide: impl Fn(Product) -> Result<Product, E>,
    ) -> Result<Result<ProductChanged, E>> {
        until_won("a product that others edit", async || {
            let Some(seen) = self.product_page_now(id).await? else {
                return Ok(Some(Ok(ProductChanged::Missing)));
            };
            let was = &seen.stocked;
            let product = match decide(was.product.clone()) {
                Ok(after) => Product { version: was.product.version + 1, ..after },
                Err(refused) => return Ok(Some(Err(refused))),
            };
            let stock = Stock { price: product.price, sellable: product.is_active, ..was.stock };
            let after = ProductPage { stocked: Stocked { product, stock }, ..seen.clone() };
            let Edit { writes, category, sku } = self.edit(&seen, &after)?;
            let reasons = match self.transact("edit a product", writes).await? {
                Written::All => return Ok(Some(Ok(ProductChanged::Now(after)))),
                Written::Refused(reasons) => reasons,
            };
            // Product, stock and cover come first: when one of them has changed, no other refusal counts.
            Ok(match reasons.iter().position(refused) {
                place if place == category && place.is_some() => Some(Ok(ProductChanged::MissingCategory)),
                Some(place) if place >= sku => Some(Ok(ProductChanged::SkuTaken)),
                _ => None,
            })
        })
        .await
    }

    /// Deletes some products of a closed store; true while there may be more. Deleting a product again does
    /// no harm.
    pub async fn delete_products(&self, store: StoreId) -> Result<bool> {
        let left = self.first_of(Shelf::Store(store), DELETED_AT_A_TIME).await?;
        for id in &left {
            let now = self.now();
            let deleted = self.change_product(*id, |seen| Ok::<_, Infallible>(seen.deleted(now)));
            let Ok(_) = deleted.await?;
        }
        Ok(left.len() >= DELETED_AT_A_TIME as usize)
    }

    /// The writes that turn one state of a product into another.
    fn edit(&self, before: &ProductPage, after: &ProductPage) -> Result<Edit> {
        let (product, was) = (&after.stocked.product, &before.stocked.product);
        let mut writes = vec![self.replacing(was.version, product)?];
        let rows = self.relist(before, after)?;
        if rows.is_new || after.stocked.stock != before.stocked.stock {
            writes.push(self.mirror(&before.stocked, &after.stocked, &rows)?);
        }
        let mut category = None;
        if rows.is_new && product.deleted_at.is_none() {
            writes.push(self.has_cover(&before.album)?);
            // Also where the category stays: a deletion of it does not read all of its list in one instant.
            category = Some(writes.len()).filter(|_| product.category_id != was.category_id);
            writes.push(self.takes_new(product.category_id)?);
        }
        writes.extend(rows.writes);
        let sku = writes.len();
        match product.deleted_at {
            None => writes.extend(self.rename("SKU", &sku_of(was), &sku_of(product))?),
            Some(_) => writes.push(self.free("SKU", &sku_of(was))?),
        }
        Ok(Edit { writes, category, sku })
    }

    /// Writes the price and whether the product is sold beside the stock, for a transaction. A new row in a
    /// list holds whether there is any stock, so then that is the condition; later `refresh_rows` keeps the
    /// row right.
    fn mirror(&self, before: &Stocked, after: &Stocked, rows: &Relisted) -> Result<TransactWriteItem> {
        let update = self
            .update::<Stock>(&after.variant_id())
            .set("price = :price, sellable = :sellable")
            .with(":price", number(after.stock.price))
            .with(":sellable", AttributeValue::Bool(after.stock.sellable));
        match rows.is_new {
            true => update.only_if(still_there(&before.stock)).with(":none", number(0)),
            false => update,
        }
        .in_transaction()
    }
}

/// The SKU as a unique name: only one product of the store may have it.
fn sku_of(product: &Product) -> String {
    format!("{}#{}", product.store_id, product.sku.folded())
}
