//! `DELETE /products/{id}/variants/{variant_id}`: delete a variant.

use api::catalogue::variants_refused;
use api::code::{FORBIDDEN, LAST_VARIANT, NOT_FOUND, UNAUTHENTICATED, VERSION_MISMATCH};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::{ProductId, VariantId};
use table::{ProductChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/products/{id}/variants/{variant_id}")
    .who(Who::SellerOrAdmin)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, LAST_VARIANT, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, delete_variant);
}

/// The variant cannot be bought, and its SKU and values are free again. Orders still show it, and returned
/// units go to its stock. The last active variant stays: hide or delete the product instead.
pub async fn delete_variant(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let variant: VariantId = request.param("variant_id", "variant")?;
    let (now, missing) = (table.now(), || Problem::missing("variant"));
    let deleted = table.change_product(id, |mut seen, _| {
        if !merchant.manages(seen.product.store_id) || variant.product != id {
            return Err(missing());
        }
        request.if_match(seen.product.version)?;
        seen.remove(variant.place).map_err(variants_refused)?;
        seen.product.updated_at = now;
        Ok(seen)
    });
    match deleted.await?? {
        ProductChanged::Now(_) => Ok(Reply::no_content()),
        _ => Err(missing()),
    }
}
