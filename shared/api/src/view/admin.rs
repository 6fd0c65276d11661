//! Orders in the list of an administrator.

use domain::ids::StoreId;
use domain::orders::OrderHead;
use domain::orders::debt::overdue;
use domain::{Schema, Timestamp};
use serde::Serialize;

use super::orders::OrderRow;

/// An order in the list of an administrator.
#[derive(Serialize, Schema)]
pub struct AdminOrderRow {
    #[serde(flatten)]
    row: OrderRow,
    /// Why somebody has to look at it, if somebody has.
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue: Option<OverdueBody>,
}

/// What an order owes for too long.
#[derive(Serialize, Schema)]
struct OverdueBody {
    since: Timestamp,
    /// `payment`, `settlement`, `packing`, `shipping`, `label`, `handover`, `delivery`, `mail`: the order is
    /// stuck with it and waits for a redrive. `seller`: its seller has to move it by hand.
    debt: &'static str,
    /// Whose part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    /// How often it was reminded in vain since it last moved.
    attempts: u32,
}

impl AdminOrderRow {
    /// The order's row, as it is now.
    pub fn of(head: &OrderHead, now: Timestamp) -> Self {
        let overdue = overdue(head, now).map(|(debt, since)| OverdueBody {
            since,
            debt: debt.kind(),
            store_id: debt.store(),
            attempts: head.attempts,
        });
        Self { row: OrderRow::of(head), overdue }
    }
}
