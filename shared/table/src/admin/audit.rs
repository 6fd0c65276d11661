//! Reading a whole shop by its indexes, with a count of the read units, to check its data.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_dynamodb::types::{ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity};
use domain::account::User;
use domain::catalogue::assortment::Assortment;
use domain::catalogue::{Category, Movement, Product, Stock};
use domain::ids::{OrderId, ProductId, StoreId, UserId, VariantId};
use domain::orders::{OrderContact, OrderHead, OrderSnapshot};
use domain::stores::Store;
use domain::text::Sku;

use crate::catalogue::listings::Shelf;
use crate::catalogue::products::skus_of;
use crate::chart::{
    BEHIND_POINTERS, DUE_SHARDS, Due, MovementKey, ORDER_SHARDS, Pointer, STOCK, USER_SHARDS, who,
};
use crate::dynamo::{
    Backoff, Entity, Item, Key, MOST_IN_PARTITION, Read, Result, Table, broken, failed, read,
};

/// How many rows one query reads.
const PAGE: i32 = 100;

/// A reader that counts what it reads.
pub struct Audit {
    table: Table,
    /// Halves of read units: an eventually consistent read of up to 4 KB is one.
    halves: Cell<u64>,
}

/// A position in a list that is read page by page.
pub struct Walk<T> {
    index: Option<(&'static str, &'static str)>,
    /// The partitions that are left to read, the present one last.
    partitions: Vec<String>,
    after: Option<Item>,
    row: fn(&Item) -> Option<T>,
}

/// All data of an order. A part that cannot be read is none, with an entry in `unreadable`.
#[derive(Clone, Debug, Default)]
pub struct OrderFile {
    /// What was bought.
    pub snapshot: Option<OrderSnapshot>,
    /// Where it goes.
    pub contact: Option<OrderContact>,
    /// Where it stands.
    pub head: Option<OrderHead>,
    /// Whether the head is in the `due` index.
    pub is_indexed: bool,
    /// The stores that have a part in it and no pointer to it.
    pub without_pointer: Vec<StoreId>,
    /// The state at the sandbox bank: `captured` or `voided`.
    pub payment: Option<String>,
    /// The amount that the sandbox bank has refunded.
    pub refund: Option<String>,
    /// The labels that the sandbox carrier has sold.
    pub labels: BTreeMap<StoreId, String>,
    /// Why items cannot be read.
    pub unreadable: Vec<String>,
}

/// A product with its stock, each if it is there.
#[derive(Clone, Debug, Default)]
pub struct ProductFile {
    /// The product.
    pub product: Option<Product>,
    /// The stock of each of its variants, deleted ones as well, with the sum of its movements.
    pub stocks: Vec<(Stock, i64)>,
    /// The SKUs of its variants that are not reserved, though the product is not deleted.
    pub free_skus: Vec<Sku>,
    /// Why items cannot be read.
    pub unreadable: Vec<String>,
}

impl Audit {
    /// A reader of this table that has read nothing yet.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), halves: Cell::new(0) }
    }

    /// The read units that were used, rounded up.
    pub fn used(&self) -> u64 {
        self.halves.get().div_ceil(2)
    }

    /// All orders, by their snapshots.
    pub fn orders() -> Walk<OrderId> {
        let partitions = (0..ORDER_SHARDS).map(|shard| format!("ORDERS#{shard}"));
        Walk::of(Some(("gsi1", "gsi1pk")), partitions, |row| id_after(row, "ORDER#"))
    }

    /// All users.
    pub fn users() -> Walk<UserId> {
        let partitions = (0..USER_SHARDS).map(|shard| format!("USERS#{shard}"));
        Walk::of(Some(("gsi1", "gsi1pk")), partitions, |row| id_after(row, "USER#"))
    }

    /// All categories.
    pub fn categories() -> Walk<Category> {
        Walk::of(None, ["CATEGORIES".to_owned()], |row| read(row.clone()).ok())
    }

    /// Everything that is in the due index, at whatever time.
    pub fn due() -> Walk<Due> {
        let partitions = (0..DUE_SHARDS).map(|shard| format!("DUE#{shard}"));
        Walk::of(Some(("due", "due")), partitions, |row| who(row).ok())
    }

    /// All products, deleted ones as well.
    pub fn products() -> Walk<ProductId> {
        Walk::of(None, Shelf::All.partitions(), |row| sort_key(row).parse().ok())
    }

    /// The orders that a store has a part in.
    pub fn orders_of(store: StoreId) -> Walk<OrderId> {
        let partition = Store::key(&store).pk;
        // The store itself is behind them.
        Walk::of(None, [partition], |row| match sort_key(row).as_str() < BEHIND_POINTERS {
            true => read(row.clone()).ok().map(|Pointer { order, .. }| order),
            false => None,
        })
    }

    /// The next page of a walk; none at its end. A page may be empty.
    pub async fn next<T>(&self, walk: &mut Walk<T>) -> Result<Option<Vec<T>>> {
        self.next_as(walk, Read::Eventual).await
    }

    async fn next_as<T>(&self, walk: &mut Walk<T>, read_as: Read) -> Result<Option<Vec<T>>> {
        let Some(partition) = walk.partitions.last() else { return Ok(None) };
        let (index, key) = walk.index.unzip();
        let query = self.table.query(index, (key.unwrap_or("pk"), partition));
        let query = query
            .set_exclusive_start_key(walk.after.take())
            .set_consistent_read((read_as == Read::Strong).then_some(true))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .limit(PAGE);
        let page = query.send().await.map_err(failed)?;
        self.count(page.consumed_capacity.as_ref(), halves(read_as));
        walk.after = page.last_evaluated_key;
        if walk.after.is_none() {
            walk.partitions.pop();
        }
        Ok(Some(page.items.unwrap_or_default().iter().filter_map(walk.row).collect()))
    }

    /// All data of an order, by eventually consistent reads.
    pub async fn order(&self, id: OrderId) -> Result<OrderFile> {
        self.order_as(id, Read::Eventual).await
    }

    /// The same by consistent reads: one of head, snapshot and contact, and one of the rest.
    pub async fn order_now(&self, id: OrderId) -> Result<OrderFile> {
        self.order_as(id, Read::Strong).await
    }

    async fn order_as(&self, id: OrderId, read_as: Read) -> Result<OrderFile> {
        let mut file = OrderFile::default();
        for item in self.partition(&OrderSnapshot::key(&id).pk, read_as).await? {
            let OrderFile { snapshot, contact, head, is_indexed, unreadable, .. } = &mut file;
            match sort_key(&item).as_str() {
                "SNAPSHOT" => *snapshot = read_or(item, unreadable),
                "CONTACT" => *contact = read_or(item, unreadable),
                "HEAD" => {
                    *is_indexed = item.contains_key("due") && item.contains_key("due_at");
                    *head = read_or(item, unreadable);
                }
                _ => {}
            }
        }
        self.related(id, &mut file, read_as).await?;
        Ok(file)
    }

    /// Adds the pointers, and the entries of the sandbox providers.
    async fn related(&self, id: OrderId, file: &mut OrderFile, read_as: Read) -> Result<()> {
        let Some(head) = &file.head else { return Ok(()) };
        let pointer = |store: &StoreId| Pointer { store: *store, order: id, placed_at: head.placed_at };
        let pointers: Vec<_> =
            head.fulfilments.keys().map(|store| (*store, pointer(store).own_key())).collect();
        let label = |store: &StoreId| Key::sandbox("LABEL", &format!("{id}#{store}"));
        let labels: Vec<_> = head.fulfilments.keys().map(|store| (*store, label(store))).collect();
        let (payment, refund) =
            (Key::sandbox("PAYMENT", &id.to_string()), Key::sandbox("REFUND", &id.to_string()));
        let keys = pointers.iter().chain(&labels).map(|(_, key)| key.clone());
        let found = self.batch(keys.chain([payment.clone(), refund.clone()]).collect(), read_as).await?;

        let there: HashSet<_> = found.iter().filter_map(Key::of).collect();
        let lost = pointers.into_iter().filter(|(_, key)| !there.contains(key));
        file.without_pointer = lost.map(|(store, _)| store).collect();
        let entry = |key: &Key| {
            let item = found.iter().find(|item| Key::of(item).as_ref() == Some(key))?;
            item.get("entry")?.as_s().ok().cloned()
        };
        (file.payment, file.refund) = (entry(&payment), entry(&refund));
        file.labels = labels.iter().filter_map(|(store, key)| Some((*store, entry(key)?))).collect();
        Ok(())
    }

    /// The state at the sandbox bank of an order that may not exist.
    pub async fn payment(&self, id: OrderId) -> Result<Option<String>> {
        let found = self.batch(vec![Key::sandbox("PAYMENT", &id.to_string())], Read::Strong).await?;
        Ok(found.first().and_then(|item| item.get("entry")?.as_s().ok().cloned()))
    }

    /// A product with the stocks of its variants and the sums of their movements, by consistent reads.
    pub async fn product(&self, id: ProductId) -> Result<ProductFile> {
        let mut file = ProductFile::default();
        for item in self.partition(&Product::key(&id).pk, Read::Strong).await? {
            match sort_key(&item).as_str() {
                "PRODUCT" => file.product = read_or(item, &mut file.unreadable),
                sk if sk.starts_with(STOCK) => {
                    let stock: Option<Stock> = read_or(item, &mut file.unreadable);
                    file.stocks.extend(stock.map(|stock| (stock, 0)));
                }
                _ => {}
            }
        }
        // Movements are read after the stock that they add up to, so a change in between looks wrong at first
        // and right in the second read.
        for (stock, moved) in &mut file.stocks {
            *moved = self.moved(stock.variant_id()).await?;
        }
        file.free_skus = self.free_skus(&file).await?;
        Ok(file)
    }

    /// The sum of the movements of a variant.
    async fn moved(&self, variant: VariantId) -> Result<i64> {
        let mut movements: Walk<i64> = Walk::of(None, [MovementKey::partition(variant)], |row| {
            read::<Movement>(row.clone()).ok().map(|movement| movement.delta)
        });
        let mut sum: i64 = 0;
        while let Some(page) = self.next_as(&mut movements, Read::Strong).await? {
            sum = page.into_iter().fold(sum, i64::saturating_add);
        }
        Ok(sum)
    }

    async fn free_skus(&self, file: &ProductFile) -> Result<Vec<Sku>> {
        let Some(product) = file.product.clone().filter(|product| product.deleted_at.is_none()) else {
            return Ok(Vec::new());
        };
        let stocks = file.stocks.iter().filter(|(stock, _)| !stock.is_deleted);
        let assortment = Assortment { product, stocks: stocks.map(|(stock, _)| stock.clone()).collect() };
        let mut skus: HashMap<_, _> =
            skus_of(&assortment).into_iter().map(|(name, sku)| (Key::unique("SKU", name), sku)).collect();
        for item in self.batch(skus.keys().cloned().collect(), Read::Strong).await? {
            skus.retain(|key, _| Key::of(&item).as_ref() != Some(key));
        }
        Ok(skus.into_values().collect())
    }

    /// These users, by eventually consistent reads, and why some cannot be read. Deleted users are left out.
    pub async fn users_of(&self, ids: &[UserId]) -> Result<(Vec<User>, Vec<(UserId, String)>)> {
        let (mut users, mut unreadable) = (Vec::new(), Vec::new());
        for item in self.batch(ids.iter().map(User::key).collect(), Read::Eventual).await? {
            let id = id_after(&item, "USER#");
            match read(item) {
                Ok(user) => users.push(user),
                Err(error) => unreadable.extend(id.map(|id| (id, error.to_string()))),
            }
        }
        Ok((users, unreadable))
    }

    /// These stores, by eventually consistent reads. Stores that cannot be read are left out.
    pub async fn stores_of(&self, ids: &[StoreId]) -> Result<Vec<Store>> {
        let found = self.batch(ids.iter().map(Store::key).collect(), Read::Eventual).await?;
        Ok(found.into_iter().filter_map(|item| read(item).ok()).collect())
    }

    /// Whether a user exists, by a consistent read.
    pub async fn is_user(&self, id: UserId) -> Result<bool> {
        Ok(!self.batch(vec![User::key(&id)], Read::Strong).await?.is_empty())
    }

    async fn partition(&self, pk: &str, read_as: Read) -> Result<Vec<Item>> {
        let query = self.table.query(None, ("pk", pk));
        let query = query
            .consistent_read(read_as == Read::Strong)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .limit(MOST_IN_PARTITION);
        let page = query.send().await.map_err(failed)?;
        self.count(page.consumed_capacity.as_ref(), halves(read_as));
        Ok(page.items.unwrap_or_default())
    }

    async fn batch(&self, keys: Vec<Key>, read_as: Read) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        let mut ahead: Vec<Item> = keys.into_iter().map(Into::into).collect();
        let mut backoff = Backoff::new();
        while !ahead.is_empty() {
            let later = ahead.split_off(ahead.len().min(100));
            let least = ahead.len() as u64 * halves(read_as);
            let wanted = KeysAndAttributes::builder().set_keys(Some(ahead));
            let wanted = wanted.consistent_read(read_as == Read::Strong).build().map_err(broken)?;
            let batch = self.table.client.batch_get_item().request_items(&*self.table.name, wanted);
            let answer =
                batch.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(failed)?;
            self.count(answer.consumed_capacity.as_ref().and_then(|tables| tables.first()), least);
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            let left: Vec<Item> = left.flat_map(|wanted| wanted.keys).collect();
            if !left.is_empty() {
                backoff.wait("a batch of reads").await?;
            }
            ahead = left.into_iter().chain(later).collect();
        }
        Ok(found)
    }

    /// Counts a read by the capacity in DynamoDB's answer, or at `least` halves: an emulator may not say.
    fn count(&self, said: Option<&ConsumedCapacity>, least: u64) {
        let units = said.and_then(ConsumedCapacity::capacity_units);
        // In text, because no cast of a float is exact by itself.
        let said = units.and_then(|units| format!("{:.0}", units + units).parse().ok());
        self.halves.set(self.halves.get() + least.max(said.unwrap_or_default()));
    }
}

impl<T> Walk<T> {
    /// Whether the list has ended.
    pub fn is_over(&self) -> bool {
        self.partitions.is_empty()
    }

    fn of(
        index: Option<(&'static str, &'static str)>,
        partitions: impl IntoIterator<Item = String>,
        row: fn(&Item) -> Option<T>,
    ) -> Self {
        Self { index, partitions: partitions.into_iter().collect(), after: None, row }
    }
}

/// The cost of the smallest read, in halves of a unit.
fn halves(read_as: Read) -> u64 {
    match read_as {
        Read::Strong => 2,
        Read::Eventual => 1,
    }
}

fn sort_key(item: &Item) -> String {
    item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default()
}

/// The id in the partition key of a row of an index.
fn id_after<T: std::str::FromStr>(row: &Item, prefix: &str) -> Option<T> {
    row.get("pk")?.as_s().ok()?.strip_prefix(prefix)?.parse().ok()
}

fn read_or<T: Entity>(item: Item, unreadable: &mut Vec<String>) -> Option<T> {
    read(item).map_err(|error| unreadable.push(error.to_string())).ok()
}
