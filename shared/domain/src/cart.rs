//! Carts: what somebody may buy. A cart reserves no stock and fixes no price.

use std::collections::BTreeMap;

use crate::catalogue::{Stock, Stocked};
use crate::clock::Timestamp;
use crate::ids::{CartId, OrderId, StoreId, VariantId};
use crate::money::Minor;
use crate::orders::OrderLine;
use crate::quantity::Quantity;
use crate::text::Name;

/// The most distinct variants in a cart or an order.
pub const MOST_LINES: usize = 50;
/// The most stores of an order.
pub const MOST_STORES: usize = 20;

/// A cart.
#[derive(Clone, Debug, PartialEq)]
pub struct Cart {
    /// Random. Each checkout begins a cart with a new id.
    pub id: CartId,
    /// Counts every change. A checkout does not reset it.
    pub version: u64,
    /// The lines.
    pub lines: Lines,
    /// The latest order made from this cart, and when.
    pub last_order: Option<(OrderId, Timestamp)>,
}

/// One variant in a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// How many.
    pub quantity: Quantity,
    /// The seller. A product never changes its store.
    pub store_id: StoreId,
    /// The price when it was last added, in minor units. It shows that the price has changed, and is never
    /// charged.
    pub price_at_add: Minor,
    /// The name when it was last added; it is shown after the product is deleted. Lines written before this
    /// field existed have none.
    pub name: Option<Name>,
    /// The variant's values when it was last added, such as `Red / XL`; none for a plain product.
    pub variant: Option<String>,
}

/// A user's cart after an anonymous cart was merged into it. Quantities are added, up to what is in stock and
/// what a line may hold. The number of lines stays in its limit, and the user's own lines come first. A
/// variant that is sold out keeps a quantity of 1, which is shown as short.
pub fn merged(own: &Lines, other: &Lines, left: impl Fn(VariantId) -> i64) -> Lines {
    let mut lines = own.clone();
    for (variant, line) in other {
        let most = u32::try_from(left(*variant)).unwrap_or(0).clamp(1, Quantity::MOST);
        let held = own.get(variant).map_or(0, |line| line.quantity.get());
        let quantity = (held + line.quantity.get()).min(most).max(held);
        let Ok(quantity) = Quantity::try_from(i64::from(quantity)) else { continue };
        if held > 0 || lines.len() < MOST_LINES {
            let kept = own.get(variant).and_then(|line| line.name.clone());
            let name = line.name.clone().or(kept);
            lines.insert(*variant, CartLine { quantity, name, ..line.clone() });
        }
    }
    lines
}

/// The lines of a cart.
pub type Lines = BTreeMap<VariantId, CartLine>;

/// Why a variant cannot be sold in the wanted quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Only this many are left; 0 means sold out.
    Left(i64),
    /// It is no longer sold: deleted, hidden, or its store has closed.
    NotSold,
}

/// What cannot be sold, and why.
pub type Short = BTreeMap<VariantId, Shortage>;

impl Shortage {
    /// The reason why this stock cannot serve the wanted quantity, if there is one.
    pub fn of(wanted: u32, stock: Option<&Stock>) -> Option<Self> {
        match stock.filter(|stock| stock.sellable) {
            None => Some(Self::NotSold),
            Some(stock) => (stock.on_hand < i64::from(wanted)).then_some(Self::Left(stock.on_hand)),
        }
    }
}

/// The order lines for the wanted quantities at today's prices, or else all shortages.
pub fn order_lines(wanted: &BTreeMap<VariantId, u32>, products: &[Stocked]) -> Result<Vec<OrderLine>, Short> {
    let found: BTreeMap<_, _> = products.iter().map(|stocked| (stocked.variant_id(), stocked)).collect();
    let short: Short = wanted
        .iter()
        .filter_map(|(id, quantity)| {
            let stock = found.get(id).filter(|stocked| stocked.sku().is_some()).map(|stocked| &stocked.stock);
            Some((*id, Shortage::of(*quantity, stock)?))
        })
        .collect();
    if !short.is_empty() {
        return Err(short);
    }
    let line = |(id, quantity): (&VariantId, &u32)| {
        let offer = found.get(id)?;
        let Stocked { product, stock } = offer;
        Some(OrderLine {
            product_id: product.id,
            place: stock.place,
            store_id: product.store_id,
            sku: offer.sku()?.clone(),
            name: product.name.clone(),
            variant: offer.label(),
            price: stock.price,
            quantity: *quantity,
        })
    };
    Ok(wanted.iter().filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::Product;
    use crate::catalogue::options::Options;
    use crate::ids::{Id, Place, ProductId};
    use crate::money::{Fees, MOST_PRICE};

    fn variant(product: u128) -> VariantId {
        VariantId::first_of(ProductId::from_bits(product))
    }

    fn stocked(product: u128, store: u128, (price, on_hand, sellable): (Minor, i64, bool)) -> Stocked {
        let (id, at) = (ProductId::from_bits(product), Timestamp::from_millis(0));
        let product = Product {
            id,
            store_id: StoreId::from_bits(store),
            category_id: Id::from_bits(0),
            name: "Lamp".parse().unwrap(),
            description: None,
            sku: Some("lamp".parse().unwrap()),
            brand: None,
            price: Some(price),
            options: Options::default(),
            next_place: Place::FIRST.next(),
            edits: 0,
            is_active: sellable,
            deleted_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let stock = Stock::new(VariantId::first_of(id), on_hand, price);
        let stock = Stock { sellable, ..stock };
        Stocked { product, stock }
    }

    /// Units left of a product: mostly enough for any line.
    fn left() -> impl Strategy<Value = i64> {
        prop_oneof![9 => 99..=200_i64, 1 => 0..=99_i64]
    }

    proptest! {
        #[test]
        fn an_order_has_all_that_was_wanted_or_says_what_is_short(
            // For each product, the wanted quantity and, if it exists, its price, stock and whether it is
            // sold.
            wanted in btree_map(0..60_u128, 1..=99_u32, 1..=MOST_LINES),
            shop in vec(
                prop::option::weighted(0.98, (1..=MOST_PRICE, left(), prop::bool::weighted(0.98))), 60,
            ),
        ) {
            let shop: BTreeMap<_, _> = (0..).zip(shop).filter_map(|(id, there)| Some((id, there?))).collect();
            let products: Vec<_> = shop.iter().map(|(id, stock)| stocked(*id, *id % 20, *stock)).collect();
            let left = |id: &u128| shop.get(id).filter(|(.., sold)| *sold).map_or(0, |(_, left, _)| *left);
            let sold = |id: &u128| shop.get(id).is_some_and(|(.., sold)| *sold);
            let short = wanted.iter().filter(|(id, quantity)| left(id) < i64::from(**quantity));
            let why = |id: &u128| if sold(id) { Shortage::Left(left(id)) } else { Shortage::NotSold };
            let short: Short = short.map(|(id, _)| (variant(*id), why(id))).collect();
            let wanted: BTreeMap<_, _> =
                wanted.into_iter().map(|(id, quantity)| (variant(id), quantity)).collect();
            let lines = match order_lines(&wanted, &products) {
                Ok(lines) => lines,
                Err(refused) => {
                    prop_assert_eq!(&refused, &short);
                    prop_assert!(!refused.is_empty());
                    return Ok(());
                }
            };
            prop_assert_eq!(short, Short::new());
            let bought = lines.iter().map(|line| (line.variant_id(), line.quantity));
            let bought: BTreeMap<_, _> = bought.collect();
            prop_assert_eq!((lines.len(), bought), (wanted.len(), wanted));
        }

        #[test]
        fn the_parts_of_an_order_add_up_to_its_subtotal(
            lines in btree_map(0..60_u128, (0..20_u128, 1..=MOST_PRICE, 1..=99_u32), 1..=MOST_LINES),
        ) {
            let wanted =
                lines.iter().map(|(id, (.., quantity))| (variant(*id), *quantity)).collect();
            let products = lines.iter();
            let products: Vec<_> =
                products.map(|(id, (store, price, _))| stocked(*id, *store, (*price, 99, true))).collect();
            let lines = order_lines(&wanted, &products).unwrap();
            let currency = "USD".to_owned().try_into().unwrap();
            let fees = Fees { currency, tax_basis_points: 1800, shipping: 5000, free_shipping_from: 0 };
            let totals = fees.totals(lines.iter().map(|line| (line.price, line.quantity))).unwrap();
            let stores: BTreeSet<_> = lines.iter().map(|line| line.store_id).collect();
            let part = |store: &StoreId| {
                lines.iter().filter(|line| line.store_id == *store).map(OrderLine::total).sum::<Minor>()
            };
            prop_assert_eq!(stores.iter().map(part).sum::<Minor>(), totals.subtotal);
        }

        #[test]
        fn a_merged_cart_takes_nothing_away_and_keeps_every_limit(
            own in btree_map(0..60_u128, 1..=99_i64, 0..=MOST_LINES),
            other in btree_map(0..60_u128, 1..=99_i64, 0..=MOST_LINES),
            left in vec(left(), 60),
        ) {
            let cart = |lines: &BTreeMap<u128, i64>| -> Lines {
                let line = |quantity: &i64| CartLine {
                    quantity: (*quantity).try_into().unwrap(),
                    store_id: StoreId::from_bits(0),
                    price_at_add: 1,
                    name: None,
                    variant: None,
                };
                lines.iter().map(|(id, quantity)| (variant(*id), line(quantity))).collect()
            };
            let (own, other) = (cart(&own), cart(&other));
            let left = |id: VariantId| left[usize::try_from(id.product.bits()).unwrap()];
            let after = merged(&own, &other, left);
            prop_assert!(after.len() <= MOST_LINES);
            for (id, line) in &own {
                prop_assert!(after.get(id).is_some_and(|after| after.quantity >= line.quantity));
            }
            for (id, line) in &after {
                let held = |cart: &Lines| cart.get(id).map_or(0, |line| line.quantity.get());
                let (mine, theirs, now) = (held(&own), held(&other), line.quantity.get());
                prop_assert!(now <= mine + theirs);
                prop_assert!(now == mine || i64::from(now) <= left(*id).max(1), "{} of {}", now, left(*id));
            }
        }
    }
}
