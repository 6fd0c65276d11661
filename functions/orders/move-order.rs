//! `PUT /orders/{id}/status`: move one store's part of an order one step on.

use api::code::{
    FORBIDDEN, INVALID_TRANSITION, MALFORMED, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH,
};
use api::view::OrderView;
use api::{Endpoint, Party, Problem, Request, Result, Schema, Who};
use domain::Invalid;
use domain::ids::{OrderId, StoreId};
use domain::invalid::INVALID;
use domain::messages::SendMail;
use domain::orders::{Change, OrderHead, Status};
use domain::text::TrackingNumber;
use providers::Queue;
use serde::Deserialize;
use table::{Order, Table};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::put("/api/v1/orders/{id}/status")
    .who(Who::SellerOrAdmin)
    .takes::<Step>()
    .answers::<OrderView>(200)
    .refuses(&[
        MALFORMED,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        INVALID_TRANSITION,
        VERSION_MISMATCH,
        VALIDATION_ERROR,
    ]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, move_order);
}

/// Where the part goes.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    { "properties": { "tracking_number": { "type": "null" } } },
    { "properties": { "status": { "enum": ["shipping", "shipped"] } } },
]))]
pub struct Step {
    status: Status,
    /// With `shipping` or `shipped`: what the carrier calls the parcel.
    tracking_number: Option<TrackingNumber>,
    /// Whose part. An administrator says so when the order has several; a seller moves only their own.
    store_id: Option<StoreId>,
}

/// A seller whose store is `manual` moves their own part by this, an administrator any part; but what the
/// chain ships is handed over by the chain, with the label that it has bought. The same step again is
/// answered with the order as it is: a lost answer looks the same. With another tracking number it corrects
/// the number.
pub async fn move_order((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let mover = Party::from(request.merchant(table).await?);
    let id: OrderId = request.param("id", "order")?;
    let Step { status: to, tracking_number, store_id } = request.json()?;
    if tracking_number.is_some() && !matches!(to, Status::Shipping | Status::Shipped) {
        let misplaced = Invalid::new(INVALID, "comes with shipping or with shipped");
        return Err(Problem::invalid("tracking_number", &misplaced));
    }
    let order = table.order_now(id).await?.ok_or_else(|| Problem::missing("order"))?;
    let part = mover.part(&order.head, store_id)?;

    let step = |head: &OrderHead| -> Result<Option<Change>> {
        if head.fulfilments.get(&part).is_some_and(|part| part.status == to) {
            let Some(number) = &tracking_number else { return Ok(None) };
            let Some(change) = head.renumbered(part, number, table.now())? else { return Ok(None) };
            request.if_match(mover.version(head))?;
            return Ok(Some(change));
        }
        request.if_match(mover.version(head))?;
        let change = head.moved(part, to, table.now())?;
        Ok(Some(match &tracking_number {
            Some(number) => change.tracked(part, number),
            None => change,
        }))
    };
    let head = table.advance_from(order.head, |head| step(head).ok().flatten()).await?;
    // Says why, if it has not come to that.
    step(&head)?;
    for mail in head.owed.keys().copied().filter(|mail| mail.store() == Some(part)) {
        mails.try_send(SendMail::Order { order: id, mail }).await;
    }
    mover.show(Order { head, ..order })
}
