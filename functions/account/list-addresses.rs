//! `GET /users/me/addresses`: the caller's addresses.

use api::code::UNAUTHENTICATED;
use api::view::AddressBody;
use api::{Endpoint, Page, Reply, Request, Result, Who};
use domain::account::address::MOST_ADDRESSES;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/users/me/addresses")
    .who(Who::Buyer)
    .answers::<Vec<AddressBody>>(200)
    .refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, list_addresses);
}

/// All addresses, the oldest first: there are at most 10.
pub async fn list_addresses(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let book = table.addresses(buyer.id).await?;
    let addresses: Vec<_> = book.all().map(AddressBody::from).collect();
    Reply::page(&addresses, Page { limit: MOST_ADDRESSES, next_cursor: None, total: None })
}
