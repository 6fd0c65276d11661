//! `GET /users/me/addresses/{id}`: one of the caller's addresses.

use api::code::{NOT_FOUND, UNAUTHENTICATED};
use api::view::AddressBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::AddressId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/users/me/addresses/{id}")
    .who(Who::Buyer)
    .answers::<AddressBody>(200)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_address);
}

/// 404 for an address of somebody else.
pub async fn get_address(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: AddressId = request.param("id", "address")?;
    let book = table.addresses(buyer.id).await?;
    let found = book.get(id).ok_or_else(|| Problem::missing("address"))?;
    let version = found.version;
    Reply::ok(&AddressBody::from(found))?.etag(version)
}
