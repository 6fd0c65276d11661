//! `DELETE /products/{id}`: delete a product.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::catalogue::Product;
use domain::ids::ProductId;
use table::{ProductChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/products/{id}").who(Who::SellerOrAdmin).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
]);

pub fn main() {
    lambda::run(ENDPOINT, delete_product);
}

/// The product is in no list and cannot be bought, and its SKU is free again. Orders still show it, and
/// returned units go to its stock.
pub async fn delete_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let now = table.now();
    let deleted = table.change_product(id, |seen: Product| match merchant.manages(seen.store_id) {
        true => Ok(seen.deleted(now)),
        false => Err(Problem::missing("product")),
    });
    match deleted.await?? {
        ProductChanged::Now(_) => Ok(Reply::no_content()),
        _ => Err(Problem::missing("product")),
    }
}
