//! `PATCH /products/{id}`: change a product.

use api::code::{FORBIDDEN, NOT_FOUND, SKU_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::ProductPageBody;
use api::{Endpoint, Named, Problem, Reply, Request, Result, Schema, Who, catalogue};
use domain::catalogue::Product;
use domain::ids::{CategoryId, ProductId};
use domain::money::Price;
use domain::text::{Brand, Description, Name, Sku};
use serde::Deserialize;
use table::{ProductChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/products/{id}")
    .who(Who::SellerOrAdmin)
    .takes::<ProductChange>()
    .answers::<ProductPageBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, SKU_TAKEN, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, update_product);
}

/// The changes. A field that is left out stays as it is. The stock has its own endpoint.
#[derive(Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct ProductChange {
    name: Named<Name>,
    /// Null removes it.
    description: Named<Option<Description>>,
    sku: Named<Sku>,
    price: Named<Price>,
    category_id: Named<CategoryId>,
    /// Null removes it.
    brand: Named<Option<Brand>>,
    /// Whether it is shown and sold.
    is_active: Named<bool>,
}

/// Checkouts and lists use the new price at once. `If-Match` compares the version at the start of the `ETag`;
/// sales do not change that.
pub async fn update_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let ProductChange { name, description, sku, price, category_id, brand, is_active } = request.json()?;
    let (fees, now, missing) = (request.deployment.fees, table.now(), || Problem::missing("product"));
    let price = price.get().map(|price| catalogue::price(*price, &fees)).transpose()?;
    let changed = table.change_product(id, |seen| {
        if !merchant.manages(seen.store_id) {
            return Err(missing());
        }
        request.if_match(seen.version)?;
        Ok(Product {
            name: name.or(seen.name),
            description: description.or(seen.description),
            sku: sku.or(seen.sku),
            price: price.unwrap_or(seen.price),
            category_id: category_id.or(seen.category_id),
            brand: brand.or(seen.brand),
            is_active: is_active.or(seen.is_active),
            updated_at: now,
            ..seen
        })
    });
    match changed.await?? {
        ProductChanged::Now(changed) => {
            let version = changed.stocked.product.version;
            Reply::ok(&ProductPageBody::of(changed, &request.deployment))?.etag_with_data(version)
        }
        ProductChanged::SkuTaken => Err(Problem::taken(SKU_TAKEN, "sku")),
        ProductChanged::MissingCategory => Err(Problem::unknown("category_id", "category")),
        ProductChanged::Missing => Err(missing()),
    }
}
