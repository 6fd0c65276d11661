//! `GET /seller/products/{id}`: a product as its page shows it, also while nobody else sees it.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::ProductPageBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::ProductId;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/seller/products/{id}")
    .who(Who::SellerOrAdmin)
    .answers::<ProductPageBody>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, get_seller_product);
}

/// As it is at this moment; an edit may name the version that its `ETag` begins with. Somebody else's is not
/// there.
pub async fn get_seller_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let page = table.product_page_now(id).await?;
    let page = page.filter(|page| merchant.manages(page.stocked.product.store_id));
    let page = page.ok_or_else(|| Problem::missing("product"))?;
    let version = page.stocked.product.version;
    Reply::ok(&ProductPageBody::of(page, &request.deployment))?.etag_with_data(version)
}
