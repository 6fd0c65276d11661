//! `GET /orders/{id}`: one order.

use api::code::{NOT_FOUND, UNAUTHENTICATED};
use api::view::OrderView;
use api::{Endpoint, Party, Problem, Request, Result, Who};
use domain::ids::OrderId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/orders/{id}")
    .who(Who::Buyer)
    .answers::<OrderView>(200)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_order);
}

/// The buyer and administrators see the whole order, a seller their own part. 404 for an order of others.
pub async fn get_order(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: OrderId = request.param("id", "order")?;
    let order = table.order_to_show(id).await?.ok_or_else(|| Problem::missing("order"))?;
    Party::to(&order.head, buyer, table).await?.show(order)
}
