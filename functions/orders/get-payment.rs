//! `GET /orders/{id}/payment`: the payment of one of the caller's orders, and its next step.

use api::code::{NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::ids::OrderId;
use domain::orders::PaymentStatus;
use providers::Payments;
use providers::payment::Bill;
use serde::Serialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/orders/{id}/payment")
    .who(Who::Buyer)
    .answers::<PaymentBody>(200)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_payment);
}

/// The payment of an order, as shown to its buyer.
#[derive(Serialize, Schema)]
pub struct PaymentBody {
    status: PaymentStatus,
    /// Present while the buyer has to act.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_action: Option<ActionBody>,
}

/// What the buyer's client passes to the payment provider's own code.
#[derive(Serialize, Schema)]
pub struct ActionBody {
    /// The provider's name for the action: `use_stripe_sdk`.
    r#type: String,
    /// The secret that the provider's code needs. It is valid for this payment only.
    client_secret: String,
}

/// Only the buyer can see it, and no cache keeps it. It is read from the provider each time and stored
/// nowhere.
pub async fn get_payment((table, payments): &(Table, Payments), request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: OrderId = request.param("id", "order")?;
    let order = table.order_to_show(id).await?.filter(|order| order.head.shopper == buyer.id);
    let order = order.ok_or_else(|| Problem::missing("order"))?;
    let action = match order.head.needs_buyer() {
        true => payments.action(&Bill::of(&order.snapshot, &order.head)).await.map_err(Problem::try_again)?,
        false => None,
    };
    let next_action =
        action.map(|action| ActionBody { r#type: action.kind, client_secret: action.client_secret });
    let status = order.head.payment.status;
    Reply::ok(&PaymentBody { status, next_action })
}
