//! `POST /orders/{id}/complete`: confirm that everything has arrived.

use api::code::{INVALID_TRANSITION, NOT_FOUND, UNAUTHENTICATED, VERSION_MISMATCH};
use api::view::OrderBody;
use api::{Endpoint, Party, Problem, Request, Result, Who};
use domain::ids::OrderId;
use domain::orders::{Change, OrderHead, Status};
use table::{Order, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/orders/{id}/complete")
    .who(Who::Buyer)
    .answers::<OrderBody>(200)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND, INVALID_TRANSITION, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, complete_order);
}

/// Only the buyer can do this, once every part is delivered. Otherwise it happens 14 days after delivery. An
/// order that is already complete is answered as it is.
pub async fn complete_order(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: OrderId = request.param("id", "order")?;
    let order = table.order_now(id).await?.filter(|order| order.head.shopper == buyer.id);
    let order = order.ok_or_else(|| Problem::missing("order"))?;

    let step = |head: &OrderHead| -> Result<Option<Change>> {
        if head.status() == Status::Completed {
            return Ok(None);
        }
        request.if_match(Party::Buyer.version(head))?;
        Ok(Some(head.completed(table.now())?))
    };
    let head = table.advance_from(order.head, |head| step(head).ok().flatten()).await?;
    // Refused with the reason, if the order cannot be completed.
    step(&head)?;
    Party::Buyer.show(Order { head, ..order })
}
