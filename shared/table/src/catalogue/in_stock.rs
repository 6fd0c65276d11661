//! Whether a product is in stock, as its rows in the lists show it, and what a write must check for it.

use std::collections::BTreeMap;

use domain::catalogue::Stock;
use domain::catalogue::assortment::Assortment;
use domain::ids::Place;

use crate::dynamo::{Write, number};

/// Whether a stock has units: what a row in a list shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Has {
    /// At least one.
    Units,
    /// None.
    Nothing,
}

impl Has {
    /// As it was read.
    pub(crate) fn seen(stock: &Stock) -> Self {
        if stock.on_hand > 0 { Self::Units } else { Self::Nothing }
    }

    /// Adds this as a condition.
    pub(crate) fn check<K>(self, write: Write<'_, K>) -> Write<'_, K> {
        let condition = match self {
            Self::Units => "on_hand > :none",
            Self::Nothing => "on_hand = :none",
        };
        write.only_if(condition).with(":none", number(0))
    }
}

/// What an edit must check of the stock, so that its rows show rightly whether the product is in stock.
pub(crate) struct StockSeen {
    /// What these variants must have, as it was read.
    pub(crate) checks: BTreeMap<Place, Has>,
    /// Whether the edit itself changes what the rows show. [`Table::refresh_rows`] does it for sales.
    pub(crate) is_written: bool,
}

impl StockSeen {
    /// The checks of an edit, few enough for a transaction: one variant with units is a witness for all, and
    /// only without any each has to be checked.
    pub(crate) fn of(before: &Assortment, after: &Assortment, rows_are_new: bool) -> Self {
        let is_active = |of: &Assortment, stock: &Stock| of.stock(stock.place).is_some_and(|it| it.is_active);
        let leaving = before.active().filter(|stock| !is_active(after, stock));
        let entering = after.active().filter(|stock| !is_active(before, stock));
        let changed: Vec<_> = leaving.chain(entering).collect();
        let is_written = rows_are_new || changed.iter().any(|stock| stock.on_hand > 0);
        let is_new = |stock: &Stock| before.stock(stock.place).is_none();
        let changed = changed.into_iter().filter(|stock| !is_new(stock));
        let mut checks: BTreeMap<_, _> = changed.map(|stock| (stock.place, Has::seen(stock))).collect();
        if is_written && after.is_in_stock() {
            let with_units: Vec<_> = after.active().filter(|stock| stock.on_hand > 0).collect();
            if !with_units.iter().any(|stock| is_new(stock) || checks.contains_key(&stock.place)) {
                checks.extend(with_units.first().map(|stock| (stock.place, Has::Units)));
            }
        } else if is_written {
            let there = after.active().filter(|stock| !is_new(stock));
            checks.extend(there.map(|stock| (stock.place, Has::Nothing)));
        }
        Self { checks, is_written }
    }
}
