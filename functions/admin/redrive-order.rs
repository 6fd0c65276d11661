//! `POST /admin/orders/{id}/redrive`: give a stuck order another chance.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::OrderId;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/orders/{id}/redrive")
    .who(Who::Admin)
    .accepts()
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, redrive_order);
}

/// Within a minute the sweeper reminds again of all that is overdue: a step, a settlement, a mail. What owes
/// nothing stays as it is.
pub async fn redrive_order(table: &Table, request: Request) -> Result {
    let admin = request.admin(table).await?;
    let id: OrderId = request.param("id", "order")?;
    table.redrive_order(id).await?.ok_or_else(|| Problem::missing("order"))?;
    tracing::info!(order = %id, by = %admin.user.id, "redriven");
    Ok(Reply::accepted())
}
