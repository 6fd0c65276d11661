//! `GET /products/{id}`: one product, as a page shows it.

use api::code::NOT_FOUND;
use api::view::ProductPageBody;
use api::{Endpoint, Problem, Reply, Request, Result};
use domain::ids::ProductId;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/products/{id}").answers::<ProductPageBody>(200).shared().refuses(&[NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, get_product);
}

/// A product that is not shown is not there.
pub async fn get_product(table: &Table, request: Request) -> Result {
    let id: ProductId = request.param("id", "product")?;
    let page = table.product_page(id).await?.filter(|page| page.stocked.product.is_active);
    let page = page.ok_or_else(|| Problem::missing("product"))?;
    let version = page.stocked.product.version;
    Reply::ok(&ProductPageBody::of(page, &request.deployment))?.etag_with_data(version)
}
