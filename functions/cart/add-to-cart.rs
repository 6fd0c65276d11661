//! `POST /cart/items`: add a variant of a product to the cart.

use api::cart::Item;
use api::catalogue::variant_required;
use api::code::{CART_FULL, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, new_cart};
use domain::Invalid;
use domain::catalogue::Stocked;
use domain::invalid::OUT_OF_RANGE;
use domain::quantity::Quantity;
use table::{Added, LineName, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/cart/items")
    .takes::<Item>()
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND, CART_FULL]);

pub fn main() {
    lambda::run(ENDPOINT, add_to_cart);
}

/// The quantity is added to what is already in the cart. The cart reserves nothing: a checkout takes the
/// stock.
pub async fn add_to_cart(table: &Table, request: Request) -> Result {
    let key = request.cart_key(table).await?;
    let item: Item = request.json()?;
    let (name, quantity) = (item.name("variant_id")?, item.quantity);
    let offer = on_sale(table, &request, name).await?;
    let added = match &key {
        Some(key) => table.add_to_cart(key, &offer, quantity).await?,
        None => Added::NoCart,
    };
    match added {
        Added::Now(cart) => {
            let reply = Reply::ok(&CartLines::from(cart))?;
            key.iter().try_fold(reply, |reply, key| reply.keeping_cart(&request, key))
        }
        Added::NoCart => {
            let (key, token) = new_cart()?;
            let cart = table.open_cart(&key, &offer, quantity).await?;
            Reply::ok(&CartLines::from(cart))?.cart_token(&token)
        }
        Added::TooMany => {
            let most = format!("a cart holds at most {} of a variant", Quantity::MOST);
            Err(Problem::invalid("quantity", &Invalid::new(OUT_OF_RANGE, most)))
        }
        Added::Full => Err(Problem::new(CART_FULL, "A cart holds at most 50 variants.")),
    }
}

/// What is named, if it is shown and its store is open.
async fn on_sale(table: &Table, request: &Request, name: LineName) -> Result<Stocked> {
    let (id, missing) = match name {
        LineName::Variant(variant) => (variant.product, Problem::missing("variant")),
        LineName::Product(product) => (product, Problem::missing("product")),
    };
    let Some(found) = table.product(id).await? else { return Err(missing) };
    let product = &found.product;
    if !product.is_active || !request.deployment.is_open(product.store_id, table).await? {
        return Err(missing);
    }
    match name {
        LineName::Variant(variant) => {
            let stock = found.active().find(|stock| stock.variant_id() == variant);
            stock.map(|stock| found.offer(stock)).ok_or(missing)
        }
        LineName::Product(_) => {
            let only = found.only().ok_or_else(|| variant_required("variant_id"))?;
            Ok(found.offer(only))
        }
    }
}
