//! Whether all stock is somewhere: on hand, or in an order that was not cancelled.
//!
//! What there was in the beginning has to be known. Where nobody says, only what one item can tell is judged.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use domain::ids::ProductId;
use domain::order::{Happened, OrderHead};
use store::{OrderFile, ProductFile};

use super::Stocked;
use super::report::{Finding, Rule};

/// Between the time that a checkout or a cancel writes down and its commit: no function lives for longer, clocks differ by
/// less, and an index is not further behind.
const SLACK: Duration = Duration::from_mins(1);

/// All products that were looked at.
#[derive(Default)]
pub(crate) struct Shelves(BTreeMap<ProductId, Shelf>);

struct Shelf {
    on_hand: i64,
    read_at: Timestamp,
    /// In orders that hold it.
    sold: i64,
    /// In orders that took it, or gave it back, while we looked.
    unsure: i64,
}

/// An instant as seen from that at which the stock was read.
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

impl Shelves {
    /// What is on hand of a product.
    pub(crate) fn put(&mut self, file: &ProductFile, read_at: Timestamp) {
        if let Some(stock) = &file.stock {
            let shelf = Shelf { on_hand: stock.on_hand, read_at, sold: 0, unsure: 0 };
            self.0.insert(stock.product_id, shelf);
        }
    }

    /// What an order holds, or held.
    pub(crate) fn sell(&mut self, file: &OrderFile) {
        let Some(snapshot) = &file.snapshot else { return };
        let given_back = file.head.as_ref().and_then(cancelled_at);
        for line in &snapshot.lines {
            let Some(shelf) = self.0.get_mut(&line.product_id) else { continue };
            let taken = When::of(snapshot.placed_at, shelf.read_at);
            let given_back = given_back.map(|at| When::of(at, shelf.read_at));
            let quantity = i64::from(line.quantity);
            match (taken, given_back) {
                // Nobody knows whether it was given back.
                _ if file.head.is_none() => shelf.unsure += quantity,
                (When::After, _) | (When::Before, Some(When::Before)) => {}
                (When::Before, None | Some(When::After)) => shelf.sold += quantity,
                _ => shelf.unsure += quantity,
            }
        }
    }

    /// What is missing, or too much.
    pub(crate) fn judge(&self, stocked: Stocked<'_>) -> Vec<Finding> {
        let wrong = self.0.iter().filter_map(|(product, shelf)| {
            let stocked = stocked(*product)?;
            let missing = stocked - shelf.on_hand - shelf.sold;
            let detail = || {
                let Shelf { on_hand, sold, .. } = shelf;
                format!(
                    "there were {stocked}, {on_hand} are on hand and {sold} in orders: {missing} are missing"
                )
            };
            (missing.abs() > shelf.unsure).then(|| Finding::new(Rule::Stock, product, detail()))
        });
        wrong.collect()
    }
}

fn cancelled_at(head: &OrderHead) -> Option<Timestamp> {
    head.timeline.iter().find(|event| event.to == Happened::Cancelled).map(|event| event.at)
}
