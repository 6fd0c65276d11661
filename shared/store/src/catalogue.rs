//! Stores, categories and products.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::catalogue::{Category, Listing, Product, SellerStore, Stock, Stocked};
use domain::ids::{CategoryId, ProductId, StoreId};

use crate::entity::{Entity, Key, LISTING_SHARDS};
use crate::item::{ABSENT, Item, Read, Written, broken, number, put, read, refused, text};
use crate::pages::{List, ListPosition};
use crate::{Result, Store};

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
        let writes = vec![
            TransactWriteItem::builder().update(owner.build().map_err(broken)?).build(),
            self.unique("STORE", &store.name.folded())?,
            put(self.put(store)?)?,
        ];
        match self.transact("open a store", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::SecondStore),
            Written::Refused(_) => Ok(Opened::NameTaken),
        }
    }

    /// Makes a category; its parent, if any, must be there.
    pub async fn create_category(&self, category: &Category) -> Result<Opened> {
        let mut writes = vec![self.unique("CATEGORY", &category.name.folded())?, put(self.put(category)?)?];
        if let Some(parent) = category.parent_id {
            writes.push(self.must_exist(Category::key(&parent))?);
        }
        match self.transact("create a category", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::NameTaken),
            Written::Refused(_) => Ok(Opened::MissingReference),
        }
    }

    /// The categories after `after`, in the order in which they were made.
    pub async fn categories(&self, after: Option<CategoryId>, limit: u32) -> Result<Vec<Category>> {
        let after = after.map(|id| id.to_string());
        self.after("CATEGORIES", after.as_deref(), limit).await?.into_iter().map(read).collect()
    }

    /// Makes a product with its stock and its row in the listing. The SKU is unique in the store; the category must be
    /// there.
    pub async fn create_product(&self, new: &Stocked) -> Result<Opened> {
        let Stocked { product, stock } = new;
        let mut writes = vec![
            self.unique("SKU", &format!("{}#{}", product.store_id, product.sku.folded()))?,
            self.must_exist(Category::key(&product.category_id))?,
            put(self.put(product)?)?,
            put(self.put(stock)?)?,
        ];
        if product.is_active {
            writes.push(put(self.put(&listing(product, stock))?)?);
        }
        match self.transact("create a product", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::NameTaken),
            Written::Refused(_) => Ok(Opened::MissingReference),
        }
    }

    /// A product with its stock, whether it is shown or not; perhaps a moment old, but there as soon as it was made.
    pub async fn product(&self, id: ProductId) -> Result<Option<Stocked>> {
        match self.read_product(id, Read::Eventual).await? {
            Some(product) => Ok(Some(product)),
            None => self.read_product(id, Read::Strong).await,
        }
    }

    async fn read_product(&self, id: ProductId, read_as: Read) -> Result<Option<Stocked>> {
        let (mut product, mut stock) = (None, None);
        for item in self.partition(&Product::key(&id).pk, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("PRODUCT") => product = Some(read(item)?),
                Some("STOCK") => stock = Some(read(item)?),
                _ => {}
            }
        }
        Ok(product.zip(stock).map(|(product, stock)| Stocked { product, stock }))
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

    /// One page of all products, newest first, after `before`; and where the next page begins, if there is one.
    pub async fn newest_products(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Listing>, Option<ListPosition>)> {
        let partitions = (0..LISTING_SHARDS).map(|shard| format!("LISTING#{shard}")).collect();
        let (rows, next) = self.newest(&List { index: None, partitions }, before, limit).await?;
        Ok((rows.into_iter().map(read).collect::<Result<_>>()?, next))
    }

    /// Takes a name, for a transaction; refused when it is taken.
    fn unique(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::unique(kind, name));
        item.insert("v".to_owned(), AttributeValue::N("1".to_owned()));
        put(Put::builder().table_name(&*self.table).set_item(Some(item)).condition_expression(ABSENT))
    }

    /// Something must be there, for a transaction.
    fn must_exist(&self, key: Key) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder().table_name(&*self.table).set_key(Some(key.into()));
        let check = check.condition_expression("attribute_exists(pk)").build().map_err(broken)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// A product's row in the lists.
fn listing(product: &Product, stock: &Stock) -> Listing {
    Listing {
        id: product.id,
        store_id: product.store_id,
        category_id: product.category_id,
        name: product.name.clone(),
        price: product.price,
        in_stock: stock.on_hand > 0,
        created_at: product.created_at,
        updated_at: product.updated_at,
    }
}
