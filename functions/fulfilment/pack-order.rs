//! Step 2 of 4: pack one store's part of a paid order.   warehouse → pack-order → shipping

use domain::messages::{PackOrder, ShipParcel};
use domain::orders::Status;
use domain::orders::debt::Debt;
use lambda::{Retry, Worker};
use providers::Queue;
use table::Table;

pub const TRIGGER: Worker = Worker::new();

pub fn main() {
    lambda::run(TRIGGER, pack_order);
}

/// Passes a part on that waits for the carrier, whether this message packed it or an earlier one did.
pub async fn pack_order(
    (table, shipping): &(Table, Queue<ShipParcel>),
    PackOrder { order, store: part }: PackOrder,
) -> Result<(), Retry> {
    let packed = table.advance_if_owed(order, Debt::Packing(part), |head| {
        head.moved(part, Status::Processing, table.now()).ok()
    });
    let head = packed.await?.ok_or(Retry::Missing("order"))?;
    if head.owes(Debt::Shipping(part)) {
        shipping.send(ShipParcel { order, store: part }).await?;
    }
    Ok(())
}
