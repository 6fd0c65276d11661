//! `POST /admin/orders/{id}/redrive`: retry the steps of a stuck order.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::OrderId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/orders/{id}/redrive")
    .who(Who::Admin)
    .accepts()
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, redrive_order);
}

/// Within a minute the sweeper retries everything that is overdue: a step, a settlement, a mail. An order
/// that owes nothing stays as it is.
pub async fn redrive_order(table: &Table, request: Request) -> Result {
    let admin = request.admin(table).await?;
    let id: OrderId = request.param("id", "order")?;
    table.redrive_order(id).await?.ok_or_else(|| Problem::missing("order"))?;
    tracing::info!(order = %id, by = %admin.user.id, "redriven");
    Ok(Reply::accepted())
}
