//! `GET /products/{id}`: one product with its variants, images and rating.

use api::code::NOT_FOUND;
use api::view::ProductPageBody;
use api::{Endpoint, Problem, Reply, Request, Result};
use domain::ids::ProductId;
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/products/{id}").answers::<ProductPageBody>(200).shared().refuses(&[NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_product);
}

/// 404 for a product that is not shown. Variants that are not active are left out.
pub async fn get_product(table: &Table, request: Request) -> Result {
    let id: ProductId = request.param("id", "product")?;
    let page = table.product_page(id).await?.filter(|page| page.assortment.product.is_active);
    let page = page.ok_or_else(|| Problem::missing("product"))?.for_shoppers();
    let version = page.assortment.product.version;
    Reply::ok(&ProductPageBody::of(page, &request.deployment))?.etag_with_data(version)
}
