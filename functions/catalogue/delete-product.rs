//! `DELETE /products/{id}`: delete a product.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::ProductId;
use table::{ProductDeleted, Table};

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/products/{id}").who(Who::SellerOrAdmin).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
]);

pub fn main() {
    lambda::run(ENDPOINT, delete_product);
}

/// The product is in no list and cannot be bought, and its SKUs are free again. Orders still show it, and
/// returned units go to its stock.
pub async fn delete_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let missing = || Problem::missing("product");
    let deleted = table.delete_product(id, |seen| match merchant.manages(seen.store_id) {
        true => Ok(()),
        false => Err(missing()),
    });
    match deleted.await?? {
        ProductDeleted::Now => Ok(Reply::no_content()),
        ProductDeleted::Missing => Err(missing()),
    }
}
