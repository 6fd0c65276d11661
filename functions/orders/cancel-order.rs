//! `POST /orders/{id}/cancel`: cancel an order.

use api::code::{
    INVALID_TRANSITION, MALFORMED, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH,
};
use api::view::OrderBody;
use api::{Endpoint, Request, Result, Schema, Who, to_decide};
use domain::ids::OrderId;
use domain::messages::TakePayment;
use domain::orders::debt::{Debt, debts};
use domain::orders::{Change, OrderHead, Status};
use domain::text::Reason;
use providers::Queue;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/orders/{id}/cancel")
    .who(Who::Buyer)
    .takes::<Cancel>()
    .answers::<OrderBody>(200)
    .refuses(&[
        MALFORMED,
        UNAUTHENTICATED,
        NOT_FOUND,
        INVALID_TRANSITION,
        VERSION_MISMATCH,
        VALIDATION_ERROR,
    ]);

pub fn main() {
    lambda::run(ENDPOINT, cancel_order);
}

/// The request body. It may be left out.
#[derive(Default, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    reason: Option<Reason>,
}

/// The buyer or an administrator can cancel an order until a part of it is claimed for the carrier. The stock
/// is returned in the same write, and the money is refunded afterwards. An order that is already cancelled is
/// answered as it is, because the first answer may have been lost.
pub async fn cancel_order((table, payments): &(Table, Queue<TakePayment>), request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: OrderId = request.param("id", "order")?;
    let Cancel { reason } = request.json_if_any()?;
    let (party, order) = to_decide(table, buyer, id).await?;

    let step = |head: &OrderHead| -> Result<Option<Change>> {
        if head.status() == Status::Cancelled {
            return Ok(None);
        }
        request.if_match(party.version(head))?;
        Ok(Some(head.cancelled(table.now())?))
    };
    let order = table.cancel(order, reason.as_ref(), |head| step(head).ok().flatten()).await?;
    // Refused with the reason, if the order cannot be cancelled.
    step(&order.head)?;
    // Also for a repeat: the first request may have died before it could publish. The worker that settles
    // also sends the mail.
    if debts(&order.head).iter().any(|(debt, _)| *debt == Debt::Settlement) {
        payments.try_send(TakePayment { order: id }).await;
    }
    party.show(order)
}
