//! `POST /orders/{id}/cancel`: call an order off.

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

/// The contract.
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

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, cancel_order);
}

/// Why; the body may be left out.
#[derive(Default, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    reason: Option<Reason>,
}

/// Its buyer or an administrator calls it off while nothing of it is on its way. The stock goes back with the
/// same write, the money after it. What is cancelled already is answered as it is: a lost answer looks the
/// same.
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
    // Says why, if it has not come to that.
    step(&order.head)?;
    // For a repeat too: the first may have died before it could publish. Who settles sends the mail as well.
    if debts(&order.head).iter().any(|(debt, _)| *debt == Debt::Settlement) {
        payments.try_send(TakePayment { order: id }).await;
    }
    party.show(order)
}
