//! `PUT /orders/{id}/status`: move one store's part of an order to its next status.

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

pub fn main() {
    lambda::run(ENDPOINT, move_order);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    { "properties": { "tracking_number": { "type": "null" } } },
    { "properties": { "status": { "enum": ["shipping", "shipped"] } } },
]))]
pub struct Step {
    status: Status,
    /// The carrier's number of the parcel, with `shipping` or `shipped`.
    tracking_number: Option<TrackingNumber>,
    /// The store whose part moves. Required for an administrator if the order has several parts; a seller
    /// moves only their own.
    store_id: Option<StoreId>,
}

/// The seller of a `manual` store moves their own part, an administrator any part. Parts that the shop ships
/// are handed over by the shop, with the label that it has bought. Sending the same status again gets the
/// order as it is, because the first answer may have been lost; with another tracking number it corrects the
/// number.
pub async fn move_order((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let mover = Party::from(request.merchant(table).await?);
    let id: OrderId = request.param("id", "order")?;
    let Step { status: to, tracking_number, store_id } = request.json()?;
    if tracking_number.is_some() && !matches!(to, Status::Shipping | Status::Shipped) {
        let misplaced = Invalid::new(INVALID, "is allowed only with shipping or shipped");
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
    // Refused with the reason, if the part cannot move.
    step(&head)?;
    for mail in head.owed.keys().copied().filter(|mail| mail.store() == Some(part)) {
        mails.try_send(SendMail::Order { order: id, mail }).await;
    }
    mover.show(Order { head, ..order })
}
