//! `GET /orders`: the caller's orders, newest first.

use api::code::{MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::OrderRow;
use api::{Cursor, Endpoint, ListPage, Request, Result, Schema, Who};
use domain::orders::Status;
use domain::quantity::Limit;
use serde::Deserialize;
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/orders")
    .who(Who::Buyer)
    .reads::<Orders>()
    .answers::<Vec<OrderRow>>(200)
    .refuses(&[MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_orders);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// Only orders with this status.
    status: Option<Status>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// An order that was placed a moment ago may be missing. With `status`, a page may be short or even empty and
/// still have a cursor; the list then goes on.
pub async fn list_orders(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let Orders { status, limit, cursor } = request.query()?;
    let list = format!("{} of {}, {status:?}", ENDPOINT.path, buyer.id);
    let page = ListPage::of(list, limit, cursor)?;

    let Page { rows: mut orders, next } = table.newest_orders(buyer.id, page.after(), page.limit).await?;
    orders.retain(|order| status.is_none_or(|status| status == order.status()));
    let orders: Vec<_> = orders.iter().map(OrderRow::of).collect();
    page.reply(&orders, next)
}
