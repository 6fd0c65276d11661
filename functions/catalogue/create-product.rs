//! `POST /products`: create a product with its variants.

use api::catalogue::{VariantRequest, new_variants, price, skus, skus_taken, variants_refused};
use api::code::{FORBIDDEN, NOT_FOUND, SKU_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::ProductPageBody;
use api::{Endpoint, Fault, Merchant, Problem, Reply, Request, Result, Schema, Who};
use domain::Invalid;
use domain::catalogue::Product;
use domain::catalogue::assortment::{Assortment, NewVariant};
use domain::catalogue::image::{Album, Subject};
use domain::catalogue::options::{NamedValues, OptionChange, Options};
use domain::ids::{CategoryId, Place, StoreId};
use domain::invalid::{INVALID, REQUIRED};
use domain::money::{Fees, Price};
use domain::quantity::OnHand;
use domain::text::{Brand, Description, Name, Sku};
use serde::Deserialize;
use table::{ProductCreated, ProductPage, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products")
    .who(Who::SellerOrAdmin)
    .takes::<NewProduct>()
    .answers::<ProductPageBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, SKU_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, create_product);
}

/// A plain product has `sku`, `price` and `stock`. A product with `options` has `variants` instead.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {
        "properties": {
            "sku": { "type": "string" }, "price": { "type": "object" }, "stock": { "type": "integer" },
            "variants": { "type": "null" }, "options": { "anyOf": [{ "type": "null" }, { "maxItems": 0 }] },
        },
        "required": ["sku", "price", "stock"],
    },
    {
        "properties": {
            "sku": { "type": "null" }, "price": { "type": "null" }, "stock": { "type": "null" },
            "variants": { "type": "array" },
        },
        "required": ["variants"],
    },
]))]
pub struct NewProduct {
    name: Name,
    description: Option<Description>,
    category_id: CategoryId,
    brand: Option<Brand>,
    is_active: Option<bool>,
    /// The product's store. Required for an administrator without a store; a seller can name only their own.
    store_id: Option<StoreId>,
    /// Unique in the store.
    sku: Option<Sku>,
    price: Option<Price>,
    /// The units on hand.
    stock: Option<OnHand>,
    /// What a shopper chooses, such as colour and size, without ids.
    #[schemars(length(max = domain::catalogue::options::MOST_OPTIONS))]
    options: Option<Vec<OptionChange>>,
    /// What is sold: each with a value of each option.
    #[schemars(length(min = 1, max = domain::catalogue::assortment::MOST_NEW_VARIANTS))]
    variants: Option<Vec<VariantRequest>>,
}

/// SKUs are unique in the store. The category must exist. More variants can be added later.
pub async fn create_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let mut new: NewProduct = request.json()?;
    let now = table.now();
    let product = Product {
        id: table.new_id()?,
        store_id: store_of(table, &merchant, new.store_id).await?,
        category_id: new.category_id,
        name: new.name.clone(),
        description: new.description.take(),
        brand: new.brand.take(),
        is_active: new.is_active.unwrap_or(true),
        sku: None,
        price: None,
        options: Options::default(),
        next_place: Some(Place::FIRST),
        edits: 0,
        deleted_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let asked = new.variants.as_deref().map(skus).unwrap_or_default();
    let page = ProductPage::from(new.assortment(product, &request.deployment.fees)?);
    match table.create_product(&page).await? {
        ProductCreated::Now => {}
        ProductCreated::MissingCategory => return Err(Problem::unknown("category_id", "category")),
        ProductCreated::SkusTaken(taken) => return Err(skus_taken(&asked, &taken)),
    }
    let Product { id, version, .. } = page.assortment.product;
    let location = format!("/api/v1/products/{id}");
    Reply::created(&ProductPageBody::of(page, &request.deployment), &location)?.etag_with_data(version)
}

impl NewProduct {
    /// The product with its variants. 422 names each field that is missing or does not fit the others.
    fn assortment(self, product: Product, fees: &Fees) -> Result<Assortment> {
        let Self { sku, price: asked_price, stock, options, variants, .. } = self;
        let options = options.unwrap_or_default();
        let short = [("sku", sku.is_some()), ("price", asked_price.is_some()), ("stock", stock.is_some())];
        let wrong = |given: bool, code, message: &str| {
            let wrong = short.iter().filter(|(_, is_given)| *is_given == given);
            let faults = wrong.map(|(field, _)| Fault::of(*field, &Invalid::new(code, message)));
            Err(Problem::validation(faults.collect()))
        };
        let variants = match (variants, sku, asked_price, stock) {
            (Some(asked), None, None, None) => {
                new_variants(asked, &Album::new(Subject::Product(product.id)), fees)?
            }
            (Some(_), ..) => return wrong(true, INVALID, "cannot be given together with variants"),
            (None, ..) if !options.is_empty() => {
                let needed = Invalid::new(REQUIRED, "is needed with options");
                return Err(Problem::invalid("variants", &needed));
            }
            (None, Some(sku), Some(asked), Some(stock)) => {
                vec![NewVariant::plain(sku, price(asked, fees)?, stock.get().into())]
            }
            _ => return wrong(false, REQUIRED, "is needed, or variants instead"),
        };
        let mut made = Assortment::new(product);
        made.change_options(&options, &NamedValues::new()).map_err(variants_refused)?;
        made.add(variants).map_err(variants_refused)?;
        Ok(made.settled(1, &[]))
    }
}

/// The store of the new product. 422 for a store that is closed or not the seller's.
async fn store_of(table: &Table, merchant: &Merchant, named: Option<StoreId>) -> Result<StoreId> {
    let Some(id) = named.or(merchant.own_store()) else {
        return Err(Problem::invalid("store_id", &Invalid::new(REQUIRED, "is needed: you have no store")));
    };
    let is_own = merchant.own_store() == Some(id);
    let may = is_own || (merchant.is_admin() && table.seller_store(id).await?.is_some());
    if may { Ok(id) } else { Err(Problem::missing("store")) }
}
