//! `GET /categories`: all categories, a page at a time.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::{Endpoint, Limit, Page, Reply, Request, Result, Schema, cursor};
use domain::catalogue::Category;
use serde::Deserialize;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/categories")
    .reads::<List>()
    .answers::<Vec<Category>>(200)
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, list_categories);
}

/// Which page.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct List {
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// In the order in which they were made.
pub async fn list_categories(store: &Store, request: Request) -> Result {
    let list: List = request.query()?;
    let limit = list.limit.unwrap_or_default().get();
    let after = list.cursor.map(|cursor| cursor::read(ENDPOINT.path, &cursor)).transpose()?;
    let after = after.map(|id| id.parse()).transpose()?;

    let categories = store.categories(after, limit).await?;
    let full = categories.len() == limit as usize;
    let next = categories.last().filter(|_| full).map(|category| category.id.to_string());
    let next_cursor = next.map(|id| cursor::write(ENDPOINT.path, &id));
    Reply::page(&categories, Page { limit, next_cursor })
}
