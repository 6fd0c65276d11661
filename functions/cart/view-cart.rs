//! `GET /cart`: the cart at today's prices.

use std::collections::{BTreeMap, BTreeSet};

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Reply, Request, Result, Schema};
use domain::cart::{CartLine, Lines};
use domain::catalogue::Stocked;
use domain::ids::{ProductId, StoreId, VariantId};
use domain::money::{Fees, Money, Totals};
use domain::quantity::Quantity;
use domain::text::Name;
use serde::Serialize;
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/cart").answers::<CartView>(200).refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, view_cart);
}

/// A cart and its present cost.
#[derive(Serialize, Schema)]
pub struct CartView {
    items: Vec<Line>,
    /// Absent if the total is too large.
    #[serde(flatten)]
    totals: Option<CartTotals>,
    version: u64,
}

/// What an order of everything that is available would cost.
#[derive(Serialize, Schema)]
struct CartTotals {
    subtotal: Money,
    discount: Money,
    tax: Money,
    shipping: Money,
    total: Money,
}

#[derive(Serialize, Schema)]
struct Line {
    product_id: ProductId,
    variant_id: VariantId,
    store_id: StoreId,
    quantity: Quantity,
    /// The present name; for a product that is no longer sold, the name when it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// The variant's values, such as `Red / XL`. Absent for a plain product.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    /// The present price. A checkout charges the price at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// Whether the price has changed since the product was last added.
    price_changed: bool,
    /// Whether less is in stock than the line asks for.
    short: bool,
    /// Whether it is no longer sold. Such a line does not count in the totals.
    unavailable: bool,
}

/// Without a cart the answer is an empty one; none is created.
pub async fn view_cart(table: &Table, request: Request) -> Result {
    let cart = match request.cart_key(table).await? {
        Some(key) => table.cart(&key).await?,
        None => None,
    };
    let (version, lines) = cart.map(|cart| (cart.version, cart.lines)).unwrap_or_default();
    let on_sale = on_sale(table, &lines).await?;
    let fees = &request.deployment.fees;
    let priced =
        lines.iter().filter_map(|(id, line)| Some((on_sale.get(id)?.stock.price, line.quantity.get())));
    let totals = fees.totals(priced).ok().map(|totals| shown_totals(totals, fees));
    let items = lines.iter().map(|(id, line)| shown(*id, line, on_sale.get(id), fees)).collect();
    Reply::ok(&CartView { items, totals, version })
}

/// The products that can be bought, in stock or not: active, and of an open store.
async fn on_sale(table: &Table, lines: &Lines) -> Result<BTreeMap<VariantId, Stocked>> {
    let ids: Vec<_> = lines.keys().copied().collect();
    let sellers: BTreeSet<_> = lines.values().map(|line| line.store_id).collect();
    let sellers: Vec<_> = sellers.into_iter().collect();
    let (mut products, mut stores) = table.products_and_stores(&ids, &sellers).await?;
    if products.len() < ids.len() || stores.len() < sellers.len() {
        // Neither is ever deleted, so an item that an eventually consistent read does not find is new.
        (products, stores) = table.products_and_stores_now(&ids, &sellers).await?;
    }
    let closed: BTreeSet<_> = stores.iter().filter(|store| store.closed).map(|store| store.id).collect();
    let sold = products
        .into_iter()
        .filter(|stocked| stocked.stock.sellable && !closed.contains(&stocked.product.store_id));
    Ok(sold.map(|stocked| (stocked.variant_id(), stocked)).collect())
}

fn shown(variant_id: VariantId, line: &CartLine, stocked: Option<&Stocked>, fees: &Fees) -> Line {
    Line {
        product_id: variant_id.product,
        variant_id,
        store_id: line.store_id,
        quantity: line.quantity,
        name: stocked.map(|stocked| stocked.product.name.clone()).or_else(|| line.name.clone()),
        variant: stocked.map_or_else(|| line.variant.clone(), Stocked::label),
        price: stocked.map(|stocked| fees.money(stocked.stock.price)),
        price_changed: stocked.is_some_and(|stocked| stocked.stock.price != line.price_at_add),
        short: stocked.is_some_and(|stocked| stocked.stock.on_hand < i64::from(line.quantity.get())),
        unavailable: stocked.is_none(),
    }
}

fn shown_totals(totals: Totals, fees: &Fees) -> CartTotals {
    let Totals { subtotal, discount, tax, shipping, total } = totals;
    let [subtotal, discount, tax, shipping, total] =
        [subtotal, discount, tax, shipping, total].map(|amount| fees.money(amount));
    CartTotals { subtotal, discount, tax, shipping, total }
}
