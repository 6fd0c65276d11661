//! `GET /products/{id}`: one product, as a page shows it.

use api::code::NOT_FOUND;
use api::view::ProductBody;
use api::{Endpoint, Problem, Reply, Request, Result};
use domain::ids::ProductId;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/products/{id}").answers::<ProductBody>(200).shared().refuses(&[NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, get_product);
}

/// A product that is not shown is not there.
pub async fn get_product(store: &Store, request: Request) -> Result {
    let id: ProductId = request.param("id", "product")?;
    let stocked = store.product(id).await?.filter(|stocked| stocked.product.is_active);
    let stocked = stocked.ok_or_else(|| Problem::missing("product"))?;
    let version = stocked.product.version;
    Reply::ok(&ProductBody::of(stocked, &request.site.fees))?.etag_with_data(version)
}
