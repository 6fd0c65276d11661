//! Whether no stock is lost: each unit is on hand, or in an order that was not cancelled.
//!
//! One item holds the units that the seller has added and those on hand, so both are of the same instant. A
//! rule of the product checks that the former is the sum of the movements.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use domain::catalogue::Stock;
use domain::ids::VariantId;
use domain::orders::{Happened, OrderHead};
use table::{OrderFile, ProductFile};

use super::report::{Finding, Rule};

/// The longest time between the time that a checkout or a cancellation records and its commit. No function
/// runs longer, clocks differ by less, and an index lags less.
const SLACK: Duration = Duration::from_mins(1);

/// All variants that were read.
#[derive(Default)]
pub(crate) struct Piles(BTreeMap<VariantId, Pile>);

struct Pile {
    received: i64,
    on_hand: i64,
    read_at: Timestamp,
    /// Units in orders.
    sold: i64,
    /// Units in orders that were placed or cancelled while the stock was read.
    unsure: i64,
}

/// A time relative to the read of the stock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    Around,
    After,
}

impl When {
    fn of(at: Timestamp, read_at: Timestamp) -> Self {
        match at.since(read_at).max(read_at.since(at)) > SLACK {
            false => Self::Around,
            true if at < read_at => Self::Before,
            true => Self::After,
        }
    }
}

impl Piles {
    /// Adds the stock of a product.
    pub(crate) fn put(&mut self, file: &ProductFile, read_at: Timestamp) {
        for (stock, _) in &file.stocks {
            let Stock { on_hand, received, .. } = *stock;
            self.0.insert(stock.variant_id(), Pile { received, on_hand, read_at, sold: 0, unsure: 0 });
        }
    }

    /// Adds the units of an order.
    pub(crate) fn sell(&mut self, file: &OrderFile) {
        let Some(snapshot) = &file.snapshot else { return };
        let given_back = file.head.as_ref().and_then(cancelled_at);
        for line in &snapshot.lines {
            let Some(pile) = self.0.get_mut(&line.variant_id()) else { continue };
            let taken = When::of(snapshot.placed_at, pile.read_at);
            let given_back = given_back.map(|at| When::of(at, pile.read_at));
            let quantity = i64::from(line.quantity);
            match (taken, given_back) {
                // Nobody knows whether these units were returned.
                _ if file.head.is_none() => pile.unsure += quantity,
                (When::After, _) | (When::Before, Some(When::Before)) => {}
                (When::Before, None | Some(When::After)) => pile.sold += quantity,
                _ => pile.unsure += quantity,
            }
        }
    }

    /// The units that are missing or too many.
    pub(crate) fn judge(&self) -> Vec<Finding> {
        let wrong = self.0.iter().filter_map(|(variant, pile)| {
            let missing = pile.received - pile.on_hand - pile.sold;
            let detail = || {
                let Pile { received, on_hand, sold, .. } = pile;
                let (wrong, much) = (missing.abs(), if missing > 0 { "missing" } else { "too many" });
                format!("there were {received}, {on_hand} are on hand and {sold} in orders: {wrong} {much}")
            };
            (missing.abs() > pile.unsure).then(|| Finding::new(Rule::Stock, variant, detail()))
        });
        wrong.collect()
    }
}

fn cancelled_at(head: &OrderHead) -> Option<Timestamp> {
    head.timeline.iter().find(|event| event.to == Happened::Cancelled).map(|event| event.at)
}

#[cfg(test)]
mod tests {
    use domain::ids::{Id as _, OrderId, Place, ProductId, StoreId, UserId};
    use domain::money::Totals;
    use domain::orders::{OrderLine, OrderSnapshot};

    use super::*;

    const READ_AT: i64 = 1_000_000_000;
    const MINUTES: i64 = 60_000;

    fn lamp() -> ProductId {
        ProductId::from_bits(1)
    }

    /// An order of two lamps, placed and perhaps cancelled this many minutes after the stock was read.
    fn order(placed: i64, cancelled: Option<i64>) -> OrderFile {
        let at = |minutes: i64| Timestamp::from_millis(READ_AT + minutes * MINUTES);
        let snapshot = OrderSnapshot {
            id: OrderId::from_bits(1),
            number: String::new(),
            shopper: UserId::from_bits(1),
            placed_at: at(placed),
            lines: vec![OrderLine {
                product_id: lamp(),
                place: Place::FIRST,
                store_id: StoreId::from_bits(1),
                sku: "lamp".parse().unwrap(),
                name: "Lamp".parse().unwrap(),
                variant: None,
                price: 1,
                quantity: 2,
            }],
            totals: Totals { subtotal: 2, discount: 0, tax: 0, shipping: 0, total: 2 },
            currency: "USD".to_owned().try_into().unwrap(),
            payment_method: "pm_sandbox_ok".parse().unwrap(),
            request_hash: String::new(),
        };
        let head = OrderHead::new(&snapshot, &BTreeMap::new());
        let head = match cancelled {
            Some(minutes) => head.after(&head.cancelled(at(minutes)).unwrap()),
            None => head,
        };
        OrderFile { snapshot: Some(snapshot), head: Some(head), ..OrderFile::default() }
    }

    /// Which numbers of ten lamps on hand are accepted with this order?
    #[track_caller]
    fn check(order: &OrderFile, believed: &[i64]) {
        for on_hand in 6..=12 {
            let stock = Stock { received: 10, ..Stock::new(VariantId::first_of(lamp()), on_hand, 1) };
            let mut piles = Piles::default();
            let file = ProductFile { stocks: vec![(stock, 10)], ..ProductFile::default() };
            piles.put(&file, Timestamp::from_millis(READ_AT));
            piles.sell(order);
            assert_eq!(piles.judge().is_empty(), believed.contains(&on_hand), "{on_hand} on hand");
        }
    }

    #[test]
    fn stock_is_on_hand_or_sold_apart_from_changes_during_the_read() {
        check(&order(-5, None), &[8]);
        check(&order(5, None), &[10]);
        check(&order(5, Some(6)), &[10]);
        check(&order(-5, Some(-2)), &[10]);
        check(&order(-5, Some(2)), &[8]);
        check(&order(0, None), &[8, 9, 10, 11, 12]);
        check(&order(-5, Some(1)), &[8, 9, 10, 11, 12]);
        let unreadable = OrderFile { head: None, ..order(-5, None) };
        check(&unreadable, &[8, 9, 10, 11, 12]);
    }
}
