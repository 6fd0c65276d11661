//! `GET /products/{id}/reviews`: the reviews of a product, newest first.

use api::code::{MALFORMED, NOT_FOUND, VALIDATION_ERROR};
use api::view::ReviewBody;
use api::{Endpoint, Paging, Problem, Request, Result};
use domain::ids::ProductId;
use futures_util::future::try_join;
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/{id}/reviews")
    .reads::<Paging>()
    .answers::<Vec<ReviewBody>>(200)
    .refuses(&[MALFORMED, VALIDATION_ERROR, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, list_reviews);
}

/// A product that is not shown has no reviews. A review that is added while a client reads the pages makes no
/// other skip or repeat.
pub async fn list_reviews(table: &Table, request: Request) -> Result {
    let product: ProductId = request.param("id", "product")?;
    let page = request.query::<Paging>()?.of(format!("{} of {product}", ENDPOINT.path))?;

    let reviews = table.newest_reviews(product, page.after(), page.limit);
    let (found, Page { rows: reviews, next }) = try_join(table.product(product), reviews).await?;
    if !found.is_some_and(|found| found.product.is_active) {
        return Err(Problem::missing("product"));
    }
    let reviews: Vec<_> = reviews.into_iter().map(ReviewBody::from).collect();
    page.reply(&reviews, next)
}
