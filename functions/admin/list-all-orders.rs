//! `GET /admin/orders`: all orders, newest first.

use api::code::{FORBIDDEN, MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::AdminOrderRow;
use api::{Cursor, Endpoint, ListPage, Request, Result, Schema, Who};
use domain::orders::Status;
use domain::orders::debt::is_overdue;
use domain::quantity::Limit;
use serde::Deserialize;
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/orders")
    .who(Who::Admin)
    .reads::<AllOrders>()
    .answers::<Vec<AdminOrderRow>>(200)
    .refuses(&[MALFORMED, UNAUTHENTICATED, FORBIDDEN, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_all_orders);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct AllOrders {
    /// Only orders with this status.
    status: Option<Status>,
    /// Only orders that an administrator has to look at: stuck, or not moved by their seller for 3 days.
    overdue: Option<bool>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// An overdue order's row names the reason. The sweeper adds an order to the overdue list within a minute; an
/// order that has moved on since is left out. A page may be short or even empty and still have a cursor; the
/// list then goes on.
pub async fn list_all_orders(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let AllOrders { status, overdue, limit, cursor } = request.query()?;
    let overdue = overdue.unwrap_or_default();
    let list = format!("{} {status:?} {overdue}", ENDPOINT.path);
    let page = ListPage::of(list, limit, cursor)?;

    let Page { rows: mut orders, next } =
        table.newest_of_all_orders(overdue, page.after(), page.limit).await?;
    orders.retain(|order| status.is_none_or(|status| status == order.status()));
    orders.retain(|order| !overdue || is_overdue(order, table.now()));
    let orders: Vec<_> = orders.iter().map(|order| AdminOrderRow::of(order, table.now())).collect();
    page.reply(&orders, next)
}
