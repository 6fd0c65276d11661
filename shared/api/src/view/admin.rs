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
    /// Why an administrator has to look at it; absent if it is not overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue: Option<OverdueBody>,
}

/// A debt that is overdue.
#[derive(Serialize, Schema)]
struct OverdueBody {
    since: Timestamp,
    /// `payment`, `settlement`, `packing`, `shipping`, `label`, `handover`, `delivery`, `mail`: the order is
    /// stuck at this step and waits for a redrive. `seller`: its seller has to move it by hand.
    debt: &'static str,
    /// The store whose part is overdue; absent for the whole order.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    /// How often the step was retried without progress.
    attempts: u32,
}

impl AdminOrderRow {
    /// The order's row at `now`.
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
