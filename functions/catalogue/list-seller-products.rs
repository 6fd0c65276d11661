//! `GET /seller/products`: the products of the caller's store, shown and hidden, newest first.

use api::code::{FORBIDDEN, MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::SellerListingBody;
use api::{Endpoint, Paging, Request, Result, Who};
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/seller/products")
    .who(Who::Seller)
    .reads::<Paging>()
    .answers::<Vec<SellerListingBody>>(200)
    .refuses(&[MALFORMED, UNAUTHENTICATED, FORBIDDEN, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_seller_products);
}

/// The answer shows the latest state, except that `in_stock` and `thumbnail` may be some seconds old.
pub async fn list_seller_products(table: &Table, request: Request) -> Result {
    let own = request.seller(table).await?.store;
    let page = request.query::<Paging>()?.of(format!("{} of {own}", ENDPOINT.path))?;

    let Page { rows, next } = table.listed_by_seller(own, page.after(), page.limit).await?;
    let rows: Vec<_> = rows.into_iter().map(|row| SellerListingBody::of(row, &request.deployment)).collect();
    page.reply(&rows, next)
}
