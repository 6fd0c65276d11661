//! `GET /products`: what the shop sells, newest first.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::view::ListingBody;
use api::{Endpoint, Page, Paging, Reply, Request, Result, cursor};
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products")
    .reads::<Paging>()
    .answers::<Vec<ListingBody>>(200)
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, list_products);
}

/// A product that comes or goes while somebody walks the pages makes no other one skip or repeat.
pub async fn list_products(store: &Store, request: Request) -> Result {
    let paging: Paging = request.query()?;
    let (limit, before) = (paging.limit(), paging.position(ENDPOINT.path)?);

    let (rows, next) = store.newest_products(before.as_deref(), limit).await?;
    let next_cursor = next.map(|position| cursor::write(ENDPOINT.path, &position));
    let rows: Vec<_> = rows.into_iter().map(|row| ListingBody::of(row, &request.site.fees)).collect();
    Reply::page(&rows, Page { limit, next_cursor })
}
