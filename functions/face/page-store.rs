//! `GET /s/{store}`: the page of a store, with its products.

use api::code::{MALFORMED, NOT_FOUND, VALIDATION_ERROR};
use api::view::{ListingBody, StoreBody};
use api::{Endpoint, Paging, Problem, Request, Result};
use domain::ids::StoreId;
use futures_util::future::try_join;
use serde::Serialize;
use table::{Shelf, Table, Wanted};

pub const ENDPOINT: Endpoint = Endpoint::page("/s/{store}", face::problem).reads::<Paging>().refuses(&[
    MALFORMED,
    NOT_FOUND,
    VALIDATION_ERROR,
]);

pub fn main() {
    lambda::run(ENDPOINT, page_store);
}

#[derive(Serialize)]
struct StoreView {
    store: StoreBody,
    products: Vec<ListingBody>,
    next_cursor: Option<String>,
    /// Whether this is not the first page.
    later: bool,
}

/// 404 for a store whose owner's account is deleted. The newest products come first.
pub async fn page_store(table: &Table, request: Request) -> Result {
    let id: StoreId = request.param("store", "store")?;
    let page = request.query_among::<Paging>(&["cursor"])?.of(format!("{} of {id}", ENDPOINT.path))?;
    let wanted = Wanted::all_of(Shelf::Store(id));
    let listed = table.listed(&wanted, page.after(), page.limit);
    let (found, listed) = try_join(table.store_with_logo(id), listed).await?;
    let (store, album) = found.filter(|(store, _)| !store.closed).ok_or_else(|| Problem::missing("store"))?;

    let products = listed.rows.into_iter().map(|row| ListingBody::of(row, &request.deployment));
    let view = StoreView {
        store: StoreBody::from(store).with_logo(&album, &request.deployment),
        products: products.collect(),
        next_cursor: page.shown(listed.next, None).next_cursor,
        later: page.after().is_some(),
    };
    face::page(&request, "store", view)
}
