//! `GET /seller/orders`: the orders with a part of the caller's store, newest first.

use api::code::{FORBIDDEN, MALFORMED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::SellerOrderBody;
use api::{Cursor, Endpoint, ListPage, Request, Result, Schema, Who};
use domain::orders::Status;
use domain::quantity::Limit;
use serde::Deserialize;
use table::{Page, Table};

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/seller/orders")
    .who(Who::Seller)
    .reads::<SellerOrders>()
    .answers::<Vec<SellerOrderBody>>(200)
    .refuses(&[MALFORMED, UNAUTHENTICATED, FORBIDDEN, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, list_seller_orders);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct SellerOrders {
    /// Only orders in which the store's own part has this status.
    status: Option<Status>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// Each order shows only the store's own part and lines. With `status`, a page may be short or even empty and
/// still have a cursor; the list then goes on.
pub async fn list_seller_orders(table: &Table, request: Request) -> Result {
    let own = request.seller(table).await?.store;
    let SellerOrders { status, limit, cursor } = request.query()?;
    let list = format!("{} of {own}, {status:?}", ENDPOINT.path);
    let page = ListPage::of(list, limit, cursor)?;

    let Page { rows: orders, next } = table.newest_orders_of_store(own, page.after(), page.limit).await?;
    let orders = orders.iter().filter_map(|(snapshot, head)| SellerOrderBody::of(own, snapshot, head, None));
    let orders: Vec<_> = orders.filter(|order| status.is_none_or(|status| order.stands(status))).collect();
    page.reply(&orders, next)
}
