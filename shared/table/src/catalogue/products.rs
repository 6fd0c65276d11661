//! Editing products.

use std::convert::Infallible;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::catalogue::{Movement, Product, Stock, Stocked};
use domain::ids::{ProductId, StoreId};

use super::listings::{Relisted, Shelf, rows};
use super::product_page::{ProductPage, still_there};
use crate::dynamo::{Backoff, Entity, Result, Table, Written, broken, number, put, refused};
use crate::stores::outcomes::{Edited, Opened};

/// The writes of an edit, and where those are whose refusal means something else than that another edit was
/// faster.
struct Edit {
    writes: Vec<TransactWriteItem>,
    category: Option<usize>,
    sku: usize,
}

/// How many products of a closed store are deleted at a time, shown ones and as many that are not: each costs
/// a read and a transaction, and a worker has 10 seconds.
const DELETED_AT_A_TIME: u32 = 15;

impl Table {
    /// Makes a product with its stock, how that came to be, and its rows in the lists. The SKU is unique in
    /// the store; the category must be there.
    pub async fn create_product(&self, new: &ProductPage) -> Result<Opened> {
        let Stocked { product, stock } = &new.stocked;
        let mut writes = vec![
            self.unique("SKU", &sku_of(product))?,
            self.takes_new(product.category_id)?,
            put(self.put(product)?)?,
            put(self.put(stock)?)?,
        ];
        if stock.received > 0 {
            let (product_id, delta, at) = (product.id, stock.received, product.created_at);
            let opening = Movement { product_id, id: self.new_id()?, delta, reason: None, at };
            writes.push(put(self.put(&opening)?)?);
        }
        for row in rows(new) {
            writes.push(put(self.put(&row)?)?);
        }
        match self.transact("create a product", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::NameTaken),
            Written::Refused(_) => Ok(Opened::MissingReference),
        }
    }

    /// Edits a product: reads it, lets `decide` work out how it is to be, and writes that, with its price and
    /// whether it is sold beside its stock and its rows in the lists, unless another edit was faster; else
    /// once more from the start. How many there are is not touched. What `decide` refuses comes back as it
    /// is.
    pub async fn change_product<E>(
        &self,
        id: ProductId,
        decide: impl Fn(Product) -> Result<Product, E>,
    ) -> Result<Result<Edited<ProductPage>, E>> {
        let mut backoff = Backoff::new();
        loop {
            let Some(seen) = self.product_page_now(id).await? else { return Ok(Ok(Edited::Missing)) };
            let was = &seen.stocked;
            let product = match decide(was.product.clone()) {
                Ok(after) => Product { version: was.product.version + 1, ..after },
                Err(refused) => return Ok(Err(refused)),
            };
            let stock = Stock { price: product.price, sellable: product.is_active, ..was.stock };
            let after = ProductPage { stocked: Stocked { product, stock }, ..seen.clone() };
            let Edit { writes, category, sku } = self.edit(&seen, &after)?;
            let reasons = match self.transact("edit a product", writes).await? {
                Written::All => return Ok(Ok(Edited::Now(after))),
                Written::Refused(reasons) => reasons,
            };
            // Product, stock and cover first: about another state of them nothing else matters.
            let mut places = reasons.iter().enumerate().filter(|(_, reason)| refused(reason));
            match places.next().map(|(place, _)| place) {
                place if place == category && place.is_some() => return Ok(Ok(Edited::MissingReference)),
                Some(place) if place >= sku => return Ok(Ok(Edited::NameTaken)),
                _ => backoff.wait("a product that others edit").await?,
            }
        }
    }

    /// Deletes a page of the products of a store that is closed; true while there may be more. To delete one
    /// twice does no harm.
    pub async fn delete_products(&self, store: StoreId) -> Result<bool> {
        let left = self.first_of(Shelf::Store(store), DELETED_AT_A_TIME).await?;
        for id in &left {
            let now = self.now();
            let deleted = self.change_product(*id, |seen| Ok::<_, Infallible>(seen.deleted(now)));
            let Ok(_) = deleted.await?;
        }
        Ok(left.len() >= DELETED_AT_A_TIME as usize)
    }

    /// The transaction that makes one state of a product of another.
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
            // Also where it stays in its category: whoever deletes that does not look at all of its list in
            // one instant.
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

    /// Writes price and whether it is sold beside the stock, for a transaction. A new row in a list says
    /// whether there is any; from then on `refresh_rows` does. So it is written only while that is true.
    fn mirror(&self, before: &Stocked, after: &Stocked, rows: &Relisted) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Stock::key(&after.product.id).into()))
            .update_expression("SET price = :price, sellable = :sellable")
            .expression_attribute_values(":price", number(after.stock.price))
            .expression_attribute_values(":sellable", AttributeValue::Bool(after.stock.sellable));
        let update = match rows.is_new {
            true => update
                .condition_expression(still_there(&before.stock))
                .expression_attribute_values(":none", number(0)),
            false => update,
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(broken)?).build())
    }
}

/// What is unique in a store.
fn sku_of(product: &Product) -> String {
    format!("{}#{}", product.store_id, product.sku.folded())
}
