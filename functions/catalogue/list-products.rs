//! `GET /products`: all products on sale.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::view::ListingBody;
use api::{Cursor, Endpoint, ListPage, Request, Result, Schema, catalogue};
use domain::ids::{CategoryId, StoreId};
use domain::money::PriceLimit;
use domain::quantity::Limit;
use serde::Deserialize;
use table::{Page, Shelf, Table, Wanted};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products")
    .reads::<Products>()
    .answers::<Vec<ListingBody>>(200)
    .shared()
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_products);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Products {
    /// Only products of this category itself, not of categories below it.
    category_id: Option<CategoryId>,
    /// Only products of this store.
    store_id: Option<StoreId>,
    /// Only products whose lowest price is at least this, in minor units.
    min_price: Option<PriceLimit>,
    /// Only products whose lowest price is at most this, in minor units.
    max_price: Option<PriceLimit>,
    /// Only products that are in stock, or only those that are not.
    in_stock: Option<bool>,
    sort: Option<Sort>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// The order of the list; newest first by default.
#[derive(Clone, Copy, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Sort {
    Newest,
    PriceAsc,
    PriceDesc,
}

/// A product that is added or removed while a client reads the pages makes no other product skip or repeat.
/// In a list by price, a product whose price changes may move. `in_stock` may be some seconds old. A page may
/// be short or even empty and still have a cursor, and the list then goes on: with `in_stock`, with both
/// `category_id` and `store_id`, and with a price limit in a list that is not by price.
pub async fn list_products(table: &Table, request: Request) -> Result {
    let Products { category_id, store_id, min_price, max_price, in_stock, sort, limit, cursor } =
        request.query()?;
    let prices = catalogue::prices(min_price, max_price)?;
    let (shelf, category) = match (store_id, category_id) {
        (Some(store), category) => (Shelf::Store(store), category),
        (None, Some(category)) => (Shelf::Category(category), None),
        (None, None) => (Shelf::All, None),
    };
    let sort = match sort {
        None | Some(Sort::Newest) => table::Sort::Newest,
        Some(Sort::PriceAsc) => table::Sort::PriceAscending,
        Some(Sort::PriceDesc) => table::Sort::PriceDescending,
    };
    let wanted = Wanted { shelf, sort, prices, category, in_stock };
    let page = ListPage::of(format!("{} {wanted:?}", ENDPOINT.path), limit, cursor)?;

    let Page { rows, next } = table.listed(&wanted, page.after(), page.limit).await?;
    let rows: Vec<_> = rows.into_iter().map(|row| ListingBody::of(row, &request.deployment)).collect();
    page.reply(&rows, next)
}
