//! `GET /categories`: all categories.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::view::CategoryBody;
use api::{Endpoint, Paging, Request, Result};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/categories")
    .reads::<Paging>()
    .answers::<Vec<CategoryBody>>(200)
    .shared()
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_categories);
}

/// The oldest category comes first.
pub async fn list_categories(table: &Table, request: Request) -> Result {
    let page = request.query::<Paging>()?.of(ENDPOINT.path)?;
    let after = page.after().map(str::parse).transpose()?;

    let categories = table.categories(after, page.limit).await?;
    let full = categories.len() == page.limit as usize;
    let next = categories.last().filter(|_| full).map(|category| category.id.to_string());
    let categories: Vec<_> = categories.into_iter().map(CategoryBody::from).collect();
    page.reply(&categories, next)
}
