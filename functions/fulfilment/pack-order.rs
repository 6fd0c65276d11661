//! Step 2 of 4: pack one store's part of a paid order.   warehouse → pack-order → shipping

use domain::messages::{PackOrder, ShipParcel};
use domain::orders::Status;
use domain::orders::debt::{Debt, part_debt};
use lambda::{Retry, Worker};
use providers::Queue;
use table::Table;

/// How the queue is consumed.
pub const TRIGGER: Worker = Worker::new();

/// Consumes the queue.
pub fn main() {
    lambda::run(TRIGGER, pack_order);
}

/// A part that waits for the carrier is passed on, whether this message packed it or an earlier one did.
pub async fn pack_order(
    (table, shipping): &(Table, Queue<ShipParcel>),
    PackOrder { order, store: part }: PackOrder,
) -> Result<(), Retry> {
    let head = table.advance(order, |head| match part_debt(head, part)? {
        (Debt::Packing(_), _) => head.moved(part, Status::Processing, table.now()).ok(),
        _ => None,
    });
    let head = head.await?.ok_or(Retry::Missing("order"))?;
    match part_debt(&head, part) {
        Some((Debt::Shipping(_), _)) => Ok(shipping.send(ShipParcel { order, store: part }).await?),
        _ => Ok(()),
    }
}
