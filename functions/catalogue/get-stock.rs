//! `GET /products/{id}/stock`: the stock of a product and the seller's movements.

use api::code::{FORBIDDEN, MALFORMED, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::StockBody;
use api::{Endpoint, Paging, Request, Result, Who};
use domain::ids::{ProductId, VariantId};
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/{id}/stock")
    .who(Who::SellerOrAdmin)
    .reads::<Paging>()
    .answers::<StockBody>(200)
    .refuses(&[MALFORMED, VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_stock);
}

/// The newest movement comes first. Sales and returns are not movements; orders record them.
pub async fn get_stock(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let page = request.query::<Paging>()?.of(format!("{} of {id}", ENDPOINT.path))?;

    let movements = table.newest_movements(VariantId::first_of(id), page.after(), page.limit);
    let (product, movements) = tokio::join!(merchant.product(id, table), movements);
    let (stock, Page { rows: movements, next }) = (product?.stock, movements?);
    page.reply(&StockBody::of(&stock, movements), next)
}
