//! The lists of products. A product has a small row in each list that it is in, sorted by the time when the
//! product was made. The index `gsi2` holds the public rows once more, by price.
//!
//! A product that is not shown has its rows in hidden partitions of each list. The list of a seller, and the
//! check whether a category is in use, read those as well. A deleted product keeps one hidden row in the list
//! of all, so that an audit finds every product that ever existed.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::catalogue::assortment::Assortment;
use domain::catalogue::{Listing, Stock};
use domain::ids::{CategoryId, Id as _, Place, ProductId, StoreId, VariantId};
use domain::money::{MOST_PRICE, Minor};
use futures_util::future::try_join_all;

use super::in_stock::{Has, StockSeen};
use super::product_page::ProductPage;
use crate::chart::{ListRow, RowKey};
use crate::dynamo::{
    Entity, Item, List, Page, Read, Result, Span, Table, Written, number, read, text, until_won,
};

/// A list of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// All.
    All,
    /// Those of one category, and not of those below it.
    Category(CategoryId),
    /// Those of one store.
    Store(StoreId),
}

/// How many partitions share the writes of a list that all sellers write to. DynamoDB gives each 1,000 writes
/// a second. A page reads all of them, so one more costs each page that is not cached a read unit or more.
const SHARDS: u128 = 2;

impl Shelf {
    /// What stands for it in keys.
    fn name(self) -> String {
        match self {
            Self::All => "ALL".to_owned(),
            Self::Category(id) => id.to_string(),
            Self::Store(id) => id.to_string(),
        }
    }

    /// The number of its partitions, hidden ones left out. Only one seller writes the list of a store.
    fn shards(self) -> u128 {
        match self {
            Self::Store(_) => 1,
            _ => SHARDS,
        }
    }

    /// The part that a product is in: a public or a hidden one.
    pub(crate) fn part_of(self, product: ProductId, is_shown: bool) -> String {
        self.part(product.bits() % self.shards(), is_shown)
    }

    fn part(self, shard: u128, is_shown: bool) -> String {
        let hidden = if is_shown { "" } else { "#HIDDEN" };
        match self {
            Self::Store(_) => format!("{}{hidden}", self.name()),
            _ => format!("{}{hidden}#{shard}", self.name()),
        }
    }

    /// The public partitions.
    pub(crate) fn shown_partitions(self) -> Vec<String> {
        (0..self.shards()).map(|shard| partition(&self.part(shard, true))).collect()
    }

    /// All partitions.
    pub(crate) fn partitions(self) -> Vec<String> {
        let hidden = (0..self.shards()).map(|shard| partition(&self.part(shard, false)));
        self.shown_partitions().into_iter().chain(hidden).collect()
    }
}

fn partition(shelf: &str) -> String {
    ListRow::key(&RowKey { shelf: shelf.to_owned(), product: ProductId::from_bits(0) }).pk
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By the time when it was made, the last first.
    #[default]
    Newest,
    /// The cheapest first.
    PriceAscending,
    /// The most expensive first.
    PriceDescending,
}

/// Which products are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// From which list.
    pub shelf: Shelf,
    /// In which order.
    pub sort: Sort,
    /// The least and the greatest price, both included, in minor units.
    pub prices: (Minor, Minor),
    /// Only those of this category.
    pub category: Option<CategoryId>,
    /// Only those that are in stock, or only those that are not.
    pub in_stock: Option<bool>,
}

impl Wanted {
    /// All of a list, newest first.
    pub fn all_of(shelf: Shelf) -> Self {
        Self { shelf, sort: Sort::Newest, prices: (0, MOST_PRICE), category: None, in_stock: None }
    }

    /// Whether rows have to be read and left out. There is an index by price, and none by the other filters.
    fn is_filter(&self) -> bool {
        let by_price = self.prices != (0, MOST_PRICE) && self.sort == Sort::Newest;
        by_price || self.category.is_some() || self.in_stock.is_some()
    }

    fn fits(&self, row: &Listing) -> bool {
        (self.prices.0..=self.prices.1).contains(&row.price)
            && self.category.is_none_or(|category| category == row.category_id)
            && self.in_stock.is_none_or(|in_stock| in_stock == row.in_stock)
    }
}

/// How many rows a page with a filter may read.
const MOST_LOOKED_AT: u32 = 100;

impl ListRow {
    /// The row of a product in a list.
    fn of(page: &ProductPage, shelf: Shelf) -> Self {
        let Assortment { product, .. } = &page.assortment;
        let (price, price_to) = page.assortment.prices();
        let by_price = format!("{}{}", price_key(price), product.id);
        Self {
            shelf: shelf.part_of(product.id, product.is_active),
            product: product.id,
            gsi2sk: product.is_active.then_some(by_price),
            store_id: product.store_id,
            category_id: product.category_id,
            name: product.name.clone(),
            price,
            price_to: Some(price_to).filter(|price_to| *price_to != price),
            variants: u32::try_from(page.assortment.active().count()).ok().filter(|count| *count > 1),
            in_stock: page.assortment.is_in_stock(),
            image: page.album.cover().filter(|_| product.deleted_at.is_none()),
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }

    /// Whether the fields that an edit changes are equal.
    fn looks_like(&self, other: &Self) -> bool {
        let shown = |row: &Self| (row.category_id, row.name.clone(), row.price, row.price_to, row.variants);
        shown(self) == shown(other)
    }
}

impl From<ListRow> for Listing {
    fn from(row: ListRow) -> Self {
        Self {
            id: row.product,
            store_id: row.store_id,
            category_id: row.category_id,
            name: row.name,
            price: row.price,
            price_to: row.price_to,
            variants: row.variants,
            in_stock: row.in_stock,
            image: row.image,
            is_active: row.gsi2sk.is_some(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A price in a sort key: with as many digits as the greatest price, so that the texts sort as the prices do.
fn price_key(price: Minor) -> String {
    format!("{price:013}#")
}

/// All rows of a product.
pub(crate) fn rows(page: &ProductPage) -> Vec<ListRow> {
    let product = &page.assortment.product;
    let shelves = [Shelf::All, Shelf::Category(product.category_id), Shelf::Store(product.store_id)];
    let shelves = shelves.into_iter().take(if product.deleted_at.is_some() { 1 } else { 3 });
    shelves.map(|shelf| ListRow::of(page, shelf)).collect()
}

/// The writes of an edit to the rows of a product.
pub(crate) struct Relisted {
    /// For its transaction.
    pub(crate) writes: Vec<TransactWriteItem>,
    /// What the stock of some variants must have, as it was read, because a row says so.
    pub(crate) stock: BTreeMap<Place, Has>,
    /// Whether a row is new, which holds whether the product is in stock and which image is its cover.
    pub(crate) is_new: bool,
}

impl Table {
    /// One page of the products that are wanted. With a filter the page may be short, or even empty, and have
    /// a next page.
    pub async fn listed(&self, wanted: &Wanted, after: Option<&str>, limit: u32) -> Result<Page<Listing>> {
        let (least, most) = wanted.prices;
        let (index, range) = match wanted.sort {
            Sort::Newest => (None, None),
            _ if wanted.prices == (0, MOST_PRICE) => (Some("gsi2"), None),
            // `~` sorts behind every id.
            _ => (Some("gsi2"), Some((price_key(least), price_key(most) + "~"))),
        };
        let ascending = wanted.sort == Sort::PriceAscending;
        let list = List { index, partitions: wanted.shelf.shown_partitions() };
        let span = Span { ascending, range, after, read_as: Read::Eventual };
        if !wanted.is_filter() {
            return self.rows(&list, &span, limit).await?.read(listing);
        }
        let each = MOST_LOOKED_AT / u32::try_from(list.partitions.len()).unwrap_or(1).max(1);
        let Page { rows, mut next } = self.rows_of(&list, &span, each, MOST_LOOKED_AT).await?;
        let (mut found, looked_at) = (Vec::new(), rows.len());
        for (place, row) in rows.into_iter().enumerate() {
            let position = list.position(&row);
            let row = listing(row)?;
            if wanted.fits(&row) {
                found.push(row);
            }
            if found.len() == limit as usize {
                next = position.filter(|_| next.is_some() || place + 1 < looked_at);
                break;
            }
        }
        Ok(Page { rows: found, next })
    }

    /// One page of all products of a store, shown or not, newest first, by consistent reads.
    pub async fn listed_by_seller(
        &self,
        store: StoreId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listing>> {
        let list = List { index: None, partitions: Shelf::Store(store).partitions() };
        let span = Span { after: before, read_as: Read::Strong, ..Span::default() };
        self.rows(&list, &span, limit).await?.read(listing)
    }

    /// Whether any product, shown or not, is in a list, by consistent reads.
    pub(crate) async fn is_any_in(&self, list: Shelf) -> Result<bool> {
        let partitions = list.partitions();
        let first = partitions.iter().map(|partition| self.after(partition, None, 1, Read::Strong));
        Ok(try_join_all(first).await?.iter().any(|rows| !rows.is_empty()))
    }

    /// The first products of a list, shown or not, up to `limit` of each partition, by consistent reads.
    pub(crate) async fn first_of(&self, list: Shelf, limit: u32) -> Result<Vec<ProductId>> {
        let mut found = Vec::new();
        for partition in list.partitions() {
            found.extend(self.after(&partition, None, limit, Read::Strong).await?);
        }
        found.into_iter().map(|row| Ok(listing(row)?.id)).collect()
    }

    /// Writes into the rows of a product whether it is in stock and which image is its cover. The condition
    /// is that stock, cover and product are as they were read, so calls may come in any order, and
    /// repeatedly. Edits write the rest.
    ///
    /// A sale of one of several variants often changes nothing that the rows show. So the first row is read
    /// before, which costs 1 unit instead of 12; all rows are always written together.
    pub async fn refresh_rows(&self, product: ProductId) -> Result<()> {
        until_won("a product that others edit or buy", async || {
            let seen = self.read_product_page(product, Read::Strong).await?;
            let Some(seen) = seen else { return Ok(Some(())) };
            let assortment = &seen.assortment;
            if !assortment.is_whole() {
                return Ok(None);
            }
            let rows = rows(&seen);
            if assortment.stocks.len() > 1 && self.shows(rows.first()).await? {
                return Ok(Some(()));
            }
            let mut writes = Vec::new();
            for (place, has) in StockSeen::of(assortment, assortment, true).checks {
                let stock = self.check::<Stock>(&VariantId { product, place });
                writes.push(has.check(stock).in_transaction()?);
            }
            writes.push(self.unchanged(&assortment.product, assortment.product.version)?);
            writes.push(self.has_cover(&seen.album)?);
            for row in &rows {
                writes.push(self.refreshed(row)?);
            }
            let written = self.transact("refresh a product in its lists", writes).await?;
            Ok(matches!(written, Written::All).then_some(()))
        })
        .await
    }

    /// Whether a row shows the same stock and cover as this one, by a consistent read.
    async fn shows(&self, row: Option<&ListRow>) -> Result<bool> {
        let Some(row) = row else { return Ok(false) };
        let there: Option<ListRow> = self.get(&row.own(), Read::Strong).await?;
        Ok(there.is_some_and(|there| (there.in_stock, there.image) == (row.in_stock, row.image)))
    }

    fn refreshed(&self, row: &ListRow) -> Result<TransactWriteItem> {
        let in_stock = AttributeValue::Bool(row.in_stock);
        let update = self.update_at(row.own_key()).set("in_stock = :in_stock").with(":in_stock", in_stock);
        match row.image {
            Some(image) => update.set("image = :image").with(":image", text(image)),
            None => update.remove("image"),
        }
        .in_transaction()
    }

    /// The writes to the lists that a product was in and will be in.
    ///
    /// In a row that stays, an edit does not change the cover, which [`refresh_rows`](Self::refresh_rows)
    /// writes, and it changes whether the product is in stock only with the set of variants. A new row holds
    /// both. The caller must check what the rows hold in the same transaction.
    pub(crate) fn relist(&self, before: &ProductPage, after: &ProductPage) -> Result<Relisted> {
        let mut old: BTreeMap<_, _> = rows(before).into_iter().map(|row| (row.shelf.clone(), row)).collect();
        let new = rows(after);
        let is_new = new.iter().any(|row| !old.contains_key(&row.shelf));
        let stock = StockSeen::of(&before.assortment, &after.assortment, is_new);
        let mut writes = Vec::new();
        for row in new {
            match old.remove(&row.shelf) {
                Some(there) if there.looks_like(&row) && !stock.is_written => {}
                Some(_) => writes.push(self.redraw(&row, stock.is_written)?),
                None => writes.push(self.put(&row).in_transaction()?),
            }
        }
        for row in old.into_values() {
            writes.push(self.delete(row.own_key()).in_transaction()?);
        }
        Ok(Relisted { writes, stock: stock.checks, is_new })
    }

    fn redraw(&self, row: &ListRow, with_stock: bool) -> Result<TransactWriteItem> {
        let mut update = self
            .update_at(row.own_key())
            .set("category_id = :category, #name = :name, price = :price, updated_at = :now")
            .name("#name", "name")
            .with(":category", text(row.category_id))
            .with(":name", text(&row.name))
            .with(":price", number(row.price))
            .with(":now", number(row.updated_at.millis()));
        update = match row.price_to {
            Some(most) => update.set("price_to = :most").with(":most", number(most)),
            None => update.remove("price_to"),
        };
        update = match row.variants {
            Some(count) => update.set("variants = :count").with(":count", number(count)),
            None => update.remove("variants"),
        };
        if with_stock {
            let in_stock = AttributeValue::Bool(row.in_stock);
            update = update.set("in_stock = :in_stock").with(":in_stock", in_stock);
        }
        match &row.gsi2sk {
            Some(place) => update.set("gsi2sk = :place").with(":place", text(place)),
            None => update,
        }
        .in_transaction()
    }
}

pub(crate) fn listing(row: Item) -> Result<Listing> {
    read::<ListRow>(row).map(Into::into)
}
