//! `GET /products`: what the shop sells.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::view::ListingBody;
use api::{Cursor, Endpoint, ListPage, Problem, Request, Result, Schema};
use domain::Invalid;
use domain::ids::{CategoryId, StoreId};
use domain::invalid::OUT_OF_RANGE;
use domain::money::{MOST_PRICE, PriceLimit};
use domain::quantity::Limit;
use serde::Deserialize;
use table::{Shelf, Table, Wanted};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products")
    .reads::<Products>()
    .answers::<Vec<ListingBody>>(200)
    .shared()
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, list_products);
}

/// Which products, and in which order.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Products {
    /// Only those of this category itself, not those of categories below it.
    category_id: Option<CategoryId>,
    /// Only those of this store.
    store_id: Option<StoreId>,
    /// The least price, in minor units.
    min_price: Option<PriceLimit>,
    /// The greatest price, in minor units.
    max_price: Option<PriceLimit>,
    /// Only those that are in stock, or only those that are not.
    in_stock: Option<bool>,
    sort: Option<Sort>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// The order: newest first unless said otherwise.
#[derive(Clone, Copy, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Sort {
    Newest,
    PriceAsc,
    PriceDesc,
}

/// What comes or goes while somebody walks the pages makes no other product skip or repeat; one whose price
/// changes meanwhile may move, in a list by price. `in_stock` is some seconds old. With `in_stock`, with both
/// `category_id` and `store_id`, and with a price where the order is not by price, a page may be short, or
/// even empty, and still have a cursor: the list goes on.
pub async fn list_products(table: &Table, request: Request) -> Result {
    let Products { category_id, store_id, min_price, max_price, in_stock, sort, limit, cursor } =
        request.query()?;
    let prices = (min_price.map_or(0, PriceLimit::get), max_price.map_or(MOST_PRICE, PriceLimit::get));
    if prices.0 > prices.1 {
        let crossed = Invalid::new(OUT_OF_RANGE, "must not be below min_price");
        return Err(Problem::invalid("max_price", &crossed));
    }
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

    let (rows, next) = table.listed(&wanted, page.after(), page.limit).await?;
    let rows: Vec<_> = rows.into_iter().map(|row| ListingBody::of(row, &request.deployment)).collect();
    page.reply(&rows, next)
}
