//! `GET /categories`: all categories, a page at a time.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::view::CategoryBody;
use api::{Endpoint, Page, Paging, Reply, Request, Result, cursor};
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/categories")
    .reads::<Paging>()
    .answers::<Vec<CategoryBody>>(200)
    .shared()
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, list_categories);
}

/// In the order in which they were made.
pub async fn list_categories(store: &Store, request: Request) -> Result {
    let paging: Paging = request.query()?;
    let limit = paging.limit();
    let after = paging.position(ENDPOINT.path)?.map(|id| id.parse()).transpose()?;

    let categories = store.categories(after, limit).await?;
    let full = categories.len() == limit as usize;
    let next = categories.last().filter(|_| full).map(|category| category.id.to_string());
    let next_cursor = next.map(|id| cursor::write(ENDPOINT.path, &id));
    let categories: Vec<_> = categories.into_iter().map(CategoryBody::from).collect();
    Reply::page(&categories, Page { limit, next_cursor })
}
