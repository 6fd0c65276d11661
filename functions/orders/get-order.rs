//! `GET /orders/{id}`: one order, as it stands.

use api::code::{NOT_FOUND, UNAUTHENTICATED};
use api::view::OrderBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::OrderId;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/orders/{id}")
    .who(Who::Buyer)
    .answers::<OrderBody>(200)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, get_order);
}

/// Somebody else's order is not there.
pub async fn get_order(store: &Store, request: Request) -> Result {
    let buyer = request.buyer(store).await?;
    let id: OrderId = request.param("id", "order")?;
    let order = store.order_to_show(id).await?;
    let order = order.filter(|order| order.snapshot.shopper == buyer.id || buyer.is_admin);
    let order = order.ok_or_else(|| Problem::missing("order"))?;
    Reply::ok(&OrderBody::of(&order.snapshot, &order.head, order.contact))?.etag(order.head.version)
}
