//! `GET /seller/products/{id}`: one of the caller's products, shown or hidden.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::ProductPageBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::ProductId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/seller/products/{id}")
    .who(Who::SellerOrAdmin)
    .answers::<ProductPageBody>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_seller_product);
}

/// The answer shows the latest state. The version at the start of its `ETag` is valid in `If-Match`. 404 for
/// products of others.
pub async fn get_seller_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let page = table.product_page_now(id).await?;
    let page = page.filter(|page| merchant.manages(page.assortment.product.store_id));
    let page = page.ok_or_else(|| Problem::missing("product"))?;
    let version = page.assortment.product.version;
    Reply::ok(&ProductPageBody::of(page, &request.deployment))?.etag_with_data(version)
}
