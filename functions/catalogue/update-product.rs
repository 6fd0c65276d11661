//! `PATCH /products/{id}`: change a product.

use api::catalogue::{belongs_to_variants, price, variants_refused};
use api::code::{
    FORBIDDEN, NOT_FOUND, OPTION_IN_USE, SKU_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH,
};
use api::view::ProductPageBody;
use api::{Endpoint, Named, Problem, Reply, Request, Result, Schema, Who};
use domain::Invalid;
use domain::catalogue::Product;
use domain::catalogue::assortment::Assortment;
use domain::catalogue::options::{NamedValues, OptionChange};
use domain::ids::{CategoryId, ProductId};
use domain::invalid::INVALID;
use domain::money::{Minor, Price};
use domain::text::{Brand, Description, Name, Sku};
use serde::Deserialize;
use table::{ProductChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/products/{id}")
    .who(Who::SellerOrAdmin)
    .takes::<ProductChange>()
    .answers::<ProductPageBody>(200)
    .refuses(&[
        VALIDATION_ERROR,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        SKU_TAKEN,
        OPTION_IN_USE,
        VERSION_MISMATCH,
    ]);

pub fn main() {
    lambda::run(ENDPOINT, update_product);
}

/// The changes. A field that is left out stays as it is. The stock has its own endpoint.
#[derive(Clone, Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct ProductChange {
    name: Named<Name>,
    /// Null removes it.
    description: Named<Option<Description>>,
    /// Only of a product with one variant.
    sku: Named<Sku>,
    /// Only of a product with one variant.
    price: Named<Price>,
    category_id: Named<CategoryId>,
    /// Null removes it.
    brand: Named<Option<Brand>>,
    /// Whether it is shown and sold.
    is_active: Named<bool>,
    /// All options, in their order. Options and values with an id stay and may be renamed, those without are
    /// new. A value that is left out is removed, unless a variant takes it; so an option stays, because each
    /// variant takes one of its values.
    #[schemars(length(max = domain::catalogue::options::MOST_OPTIONS))]
    options: Named<Vec<OptionChange>>,
    /// The value of each new option that the present variants take. May be left out where an option has one
    /// value.
    values: Named<NamedValues>,
}

/// Checkouts and lists use the new price at once. `If-Match` compares the version at the start of the `ETag`;
/// sales do not change that.
pub async fn update_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let change: ProductChange = request.json()?;
    let (fees, now, missing) = (request.deployment.fees, table.now(), || Problem::missing("product"));
    let asked = change.price.get().map(|asked| price(*asked, &fees)).transpose()?;
    let changed = table.change_product(id, |mut seen, _| {
        if !merchant.manages(seen.product.store_id) {
            return Err(missing());
        }
        request.if_match(seen.product.version)?;
        change.variants(&mut seen, asked)?;
        let product = Product {
            name: change.name.or(seen.product.name),
            description: change.description.or(seen.product.description),
            category_id: change.category_id.or(seen.product.category_id),
            brand: change.brand.or(seen.product.brand),
            is_active: change.is_active.or(seen.product.is_active),
            updated_at: now,
            ..seen.product
        };
        Ok(Assortment { product, ..seen })
    });
    match changed.await?? {
        ProductChanged::Now(changed) => {
            let version = changed.assortment.product.version;
            Reply::ok(&ProductPageBody::of(changed, &request.deployment))?.etag_with_data(version)
        }
        ProductChanged::SkusTaken(_) => Err(Problem::taken(SKU_TAKEN, "sku")),
        ProductChanged::MissingCategory => Err(Problem::unknown("category_id", "category")),
        ProductChanged::Missing => Err(missing()),
    }
}

impl ProductChange {
    /// Changes what belongs to variants: SKU and price of an only one, and the options.
    fn variants(&self, seen: &mut Assortment, price: Option<Minor>) -> Result<()> {
        let sku = self.sku.get().cloned();
        if sku.is_some() || price.is_some() {
            let [only] = seen.stocks.as_slice() else {
                return Err(belongs_to_variants(if price.is_some() { "price" } else { "sku" }));
            };
            let change = seen.change(only.place, sku, |stock| stock.price = price.unwrap_or(stock.price));
            change.map_err(variants_refused)?;
        }
        match (self.options.get(), self.values.get()) {
            (Some(options), values) => {
                let values = values.cloned().unwrap_or_default();
                seen.change_options(options, &values).map_err(variants_refused)
            }
            (None, Some(_)) => {
                let alone = Invalid::new(INVALID, "is only for new options");
                Err(Problem::invalid("values", &alone))
            }
            (None, None) => Ok(()),
        }
    }
}
