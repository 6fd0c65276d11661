//! Stores and products, and the names that only one of them may have.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use domain::catalogue::{Movement, Product, SellerStore, Stock, Stocked};
use domain::ids::{ProductId, StoreId};

use crate::entity::{Entity, Key};
use crate::item::{ABSENT, Item, Read, Written, broken, number, put, read, refused, text};
use crate::listings::rows;
use crate::products::sku_of;
use crate::{ProductPage, Result, Store};

/// How opening a store, making a category or making a product ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is there now.
    Now,
    /// The name, or the SKU, is taken.
    NameTaken,
    /// The user has a store already.
    SecondStore,
    /// What it refers to is not there.
    MissingReference,
    /// A category cannot have more than 20 above it.
    Misplaced,
}

impl Store {
    /// Opens a store for its owner, who becomes a seller by it.
    pub async fn open_store(&self, store: &SellerStore) -> Result<Opened> {
        let owner = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(domain::account::User::key(&store.owner).into()))
            .update_expression("SET store_id = :store, updated_at = :now ADD version :one")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(store_id)")
            .expression_attribute_values(":store", text(store.id))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", text(store.updated_at));
        let store = SellerStore { look_key: Some(store.name.look_key()), ..store.clone() };
        let mut writes = vec![TransactWriteItem::builder().update(owner.build().map_err(broken)?).build()];
        writes.extend(self.take_names(&store)?);
        writes.push(put(self.put(&store)?)?);
        match self.transact("open a store", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::SecondStore),
            Written::Refused(_) => Ok(Opened::NameTaken),
        }
    }

    /// Makes a product with its stock, how that came to be, and its rows in the lists. The SKU is unique in the store; the category must be there.
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

    /// Whether a store sells; perhaps a moment old, but right as soon as it is open.
    pub async fn is_open(&self, id: StoreId) -> Result<bool> {
        Ok(self.get_settled::<SellerStore>(&id).await?.is_some_and(|store| !store.closed))
    }

    /// Products with their stock, and stores, in one read; perhaps a moment old. What is not there is left out.
    pub async fn products_and_stores(
        &self,
        products: &[ProductId],
        stores: &[StoreId],
    ) -> Result<(Vec<Stocked>, Vec<SellerStore>)> {
        self.read_products_and_stores(products, stores, Read::Eventual).await
    }

    /// The same, as they are at this moment: before somebody is told that something is sold out.
    pub async fn products_and_stores_now(
        &self,
        products: &[ProductId],
        stores: &[StoreId],
    ) -> Result<(Vec<Stocked>, Vec<SellerStore>)> {
        self.read_products_and_stores(products, stores, Read::Strong).await
    }

    async fn read_products_and_stores(
        &self,
        products: &[ProductId],
        stores: &[StoreId],
        read_as: Read,
    ) -> Result<(Vec<Stocked>, Vec<SellerStore>)> {
        let keys = products.iter().flat_map(|id| [Product::key(id), Stock::key(id)]);
        let keys = keys.chain(stores.iter().map(SellerStore::key)).collect();
        let (mut found, mut stocks, mut sellers) = (Vec::new(), Vec::new(), Vec::new());
        for item in self.batch(keys, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("PRODUCT") => found.push(read::<Product>(item)?),
                Some("STOCK") => stocks.push(read::<Stock>(item)?),
                _ => sellers.push(read::<SellerStore>(item)?),
            }
        }
        let views = found.into_iter().filter_map(|product| {
            let stock = *stocks.iter().find(|stock| stock.product_id == product.id)?;
            Some(Stocked { product, stock })
        });
        Ok((views.collect(), sellers))
    }

    /// Takes a name, for a transaction; refused when it is taken.
    pub(crate) fn unique(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::unique(kind, name));
        item.insert("v".to_owned(), AttributeValue::N("1".to_owned()));
        put(Put::builder().table_name(&*self.table).set_item(Some(item)).condition_expression(ABSENT))
    }
    /// Gives a name back, for a transaction.
    pub(crate) fn free(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        let free = Delete::builder().table_name(&*self.table).set_key(Some(Key::unique(kind, name).into()));
        Ok(TransactWriteItem::builder().delete(free.build().map_err(broken)?).build())
    }

    /// Takes another name in the place of one, for a transaction; nothing where it stays.
    pub(crate) fn rename(&self, kind: &str, before: &str, after: &str) -> Result<Vec<TransactWriteItem>> {
        match before == after {
            true => Ok(Vec::new()),
            false => Ok(vec![self.unique(kind, after)?, self.free(kind, before)?]),
        }
    }
}
