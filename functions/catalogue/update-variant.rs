//! `PATCH /products/{id}/variants/{variant_id}`: change a variant.

use api::catalogue::{no_picture, price, variants_refused};
use api::code::{
    FORBIDDEN, LAST_VARIANT, NOT_FOUND, SKU_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH,
};
use api::view::ProductPageBody;
use api::{Endpoint, Named, Problem, Reply, Request, Result, Schema, Who};
use domain::ids::{ImageId, ProductId, VariantId};
use domain::money::Price;
use domain::quantity::Grams;
use domain::text::Sku;
use serde::Deserialize;
use table::{ProductChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/products/{id}/variants/{variant_id}")
    .who(Who::SellerOrAdmin)
    .takes::<VariantChange>()
    .answers::<ProductPageBody>(200)
    .refuses(&[
        VALIDATION_ERROR,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        SKU_TAKEN,
        LAST_VARIANT,
        VERSION_MISMATCH,
    ]);

pub fn main() {
    lambda::run(ENDPOINT, update_variant);
}

/// The changes. A field that is left out stays as it is. The stock has its own endpoint, and the values stay.
#[derive(Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct VariantChange {
    sku: Named<Sku>,
    price: Named<Price>,
    /// Whether shoppers see it and can buy it. The last active variant stays active.
    is_active: Named<bool>,
    /// One of the product's pictures. Null removes it.
    image_id: Named<Option<ImageId>>,
    /// The weight of one unit. Null removes it.
    weight_grams: Named<Option<Grams>>,
}

/// Checkouts and lists use the new price at once. `If-Match` compares the product's version, which is at the
/// start of the `ETag` of its page.
pub async fn update_variant(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let variant: VariantId = request.param("variant_id", "variant")?;
    let change: VariantChange = request.json()?;
    let (fees, now, missing) = (request.deployment.fees, table.now(), || Problem::missing("variant"));
    let asked = change.price.get().map(|asked| price(*asked, &fees)).transpose()?;
    let changed = table.change_product(id, |mut seen, album| {
        if !merchant.manages(seen.product.store_id) || variant.product != id {
            return Err(missing());
        }
        request.if_match(seen.product.version)?;
        if change.image_id.get().copied().flatten().is_some_and(|image| !album.shows(image)) {
            return Err(Problem::invalid("image_id", &no_picture()));
        }
        let edited = seen.change(variant.place, change.sku.get().cloned(), |stock| {
            stock.price = asked.unwrap_or(stock.price);
            stock.is_active = change.is_active.or(stock.is_active);
            stock.image = change.image_id.or(stock.image);
            stock.weight_grams = change.weight_grams.or(stock.weight_grams);
        });
        edited.map_err(variants_refused)?;
        seen.product.updated_at = now;
        Ok(seen)
    });
    match changed.await?? {
        ProductChanged::Now(changed) => {
            let version = changed.assortment.product.version;
            Reply::ok(&ProductPageBody::of(changed, &request.deployment))?.etag_with_data(version)
        }
        ProductChanged::SkusTaken(_) => Err(Problem::taken(SKU_TAKEN, "sku")),
        ProductChanged::Missing | ProductChanged::MissingCategory => Err(missing()),
    }
}
