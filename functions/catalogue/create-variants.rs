//! `POST /products/{id}/variants`: add variants to a product with options.

use api::catalogue::{VariantRequest, new_variants, right_number, skus, skus_taken, variants_refused};
use api::code::{
    FORBIDDEN, NOT_FOUND, SKU_TAKEN, TOO_MANY_VARIANTS, UNAUTHENTICATED, VALIDATION_ERROR, VALUES_TAKEN,
    VERSION_MISMATCH,
};
use api::view::ProductPageBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::ids::ProductId;
use serde::Deserialize;
use table::{ProductChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products/{id}/variants")
    .who(Who::SellerOrAdmin)
    .takes::<NewVariants>()
    .answers::<ProductPageBody>(201)
    .refuses(&[
        VALIDATION_ERROR,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        SKU_TAKEN,
        VALUES_TAKEN,
        TOO_MANY_VARIANTS,
        VERSION_MISMATCH,
    ]);

pub fn main() {
    lambda::run(ENDPOINT, create_variants);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewVariants {
    /// All are added, or none.
    #[schemars(length(min = 1, max = domain::catalogue::assortment::MOST_NEW_VARIANTS))]
    variants: Vec<VariantRequest>,
}

/// No two variants of a product have the same values. A product has at most 80 variants, and 200 over all its
/// life.
pub async fn create_variants(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let NewVariants { variants } = request.json()?;
    right_number(&variants)?;
    let (fees, now, missing) = (request.deployment.fees, table.now(), || Problem::missing("product"));
    let changed = table.change_product(id, |mut seen, album| {
        if !merchant.manages(seen.product.store_id) {
            return Err(missing());
        }
        request.if_match(seen.product.version)?;
        seen.add(new_variants(variants.clone(), album, &fees)?).map_err(variants_refused)?;
        seen.product.updated_at = now;
        Ok(seen)
    });
    match changed.await?? {
        ProductChanged::Now(changed) => {
            let (location, version) = (format!("/api/v1/products/{id}"), changed.assortment.product.version);
            let body = ProductPageBody::of(changed, &request.deployment);
            Reply::created(&body, &location)?.etag_with_data(version)
        }
        ProductChanged::SkusTaken(taken) => Err(skus_taken(&skus(&variants), &taken)),
        ProductChanged::Missing | ProductChanged::MissingCategory => Err(missing()),
    }
}
