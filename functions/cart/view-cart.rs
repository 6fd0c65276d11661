//! `GET /cart`: the shopper's cart, at today's prices.

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::cart::{Cart, CartLine};
use domain::catalogue::Stocked;
use domain::ids::{ProductId, StoreId};
use domain::money::{Fees, Money, Totals};
use domain::quantity::Quantity;
use domain::text::Name;
use serde::Serialize;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/cart").answers::<CartView>(200).refuses(&[UNAUTHENTICATED]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, view_cart);
}

/// A cart, with what it would cost at this moment.
#[derive(Serialize, Schema)]
pub struct CartView {
    items: Vec<Line>,
    subtotal: Money,
    discount: Money,
    tax: Money,
    shipping: Money,
    total: Money,
    version: u64,
}

#[derive(Serialize, Schema)]
struct Line {
    product_id: ProductId,
    store_id: StoreId,
    quantity: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Today's price; what the checkout will charge unless it changes again.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// It is not what it was when the line was last added to.
    price_changed: bool,
    /// Less is in stock than the line asks for.
    short: bool,
    /// It is not sold any more; it does not count in the totals.
    unavailable: bool,
}

/// An empty cart where there is none: looking makes nothing.
pub async fn view_cart(store: &Store, request: Request) -> Result {
    let cart = match request.cart_key(store).await? {
        Some(key) => store.cart(&key).await?,
        None => None,
    };
    let lines = cart.as_ref().map(|cart| cart.lines.clone()).unwrap_or_default();
    let wanted: Vec<_> = lines.keys().copied().collect();
    let (products, _) = store.products_and_stores(&wanted, &[]).await?;
    Reply::ok(&shown(cart.as_ref(), &products, &request.site.fees)?)
}

fn shown(cart: Option<&Cart>, products: &[Stocked], fees: &Fees) -> Result<CartView> {
    let lines = cart.iter().flat_map(|cart| &cart.lines).map(|(id, line)| {
        let stocked = products.iter().find(|stocked| stocked.product.id == *id && stocked.stock.sellable);
        (
            shown_line(*id, line, stocked, fees),
            stocked.map(|stocked| (stocked.stock.price, line.quantity.get())),
        )
    });
    let (items, priced): (Vec<_>, Vec<_>) = lines.unzip();
    let totals = fees.totals(priced.into_iter().flatten()).map_err(Problem::internal)?;
    let Totals { subtotal, discount, tax, shipping, total } = totals;
    let [subtotal, discount, tax, shipping, total] =
        [subtotal, discount, tax, shipping, total].map(|amount| fees.money(amount));
    Ok(CartView {
        items,
        subtotal,
        discount,
        tax,
        shipping,
        total,
        version: cart.map_or(0, |cart| cart.version),
    })
}

fn shown_line(product_id: ProductId, line: &CartLine, stocked: Option<&Stocked>, fees: &Fees) -> Line {
    Line {
        product_id,
        store_id: line.store_id,
        quantity: line.quantity,
        name: stocked.map(|stocked| stocked.product.name.clone()),
        price: stocked.map(|stocked| fees.money(stocked.stock.price)),
        price_changed: stocked.is_some_and(|stocked| stocked.stock.price != line.price_at_add),
        short: stocked.is_some_and(|stocked| stocked.stock.on_hand < i64::from(line.quantity.get())),
        unavailable: stocked.is_none(),
    }
}
