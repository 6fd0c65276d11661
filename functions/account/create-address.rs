//! `POST /users/me/addresses`: add an address.

use api::code::{ADDRESS_LIMIT, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::AddressBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::account::address::{AddressEntry, MOST_ADDRESSES};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/users/me/addresses")
    .who(Who::Buyer)
    .takes::<AddressEntry>()
    .answers::<AddressBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, ADDRESS_LIMIT]);

pub fn main() {
    lambda::run(ENDPOINT, create_address);
}

/// A user can keep 10 addresses. The first one becomes the default for shipping and billing, unless the
/// request says otherwise.
pub async fn create_address(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let entry = request.json::<AddressEntry>()?.checked();
    let entry = entry.map_err(|invalid| Problem::invalid("postal_code", &invalid))?;
    let (id, now) = (table.new_id()?, table.now());
    let full = || Problem::new(ADDRESS_LIMIT, format!("You can keep at most {MOST_ADDRESSES} addresses."));
    let added = table.change_addresses(buyer.id, |book| book.add(id, &entry, now).ok_or_else(full)).await??;
    let (location, version) = (format!("/api/v1/users/me/addresses/{id}"), added.version);
    Reply::created(&AddressBody::from(added), &location)?.etag(version)
}
