//! `PUT /users/me/addresses/{id}`: replace an address.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::AddressBody;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::account::address::AddressEntry;
use domain::ids::AddressId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::put("/api/v1/users/me/addresses/{id}")
    .who(Who::Buyer)
    .takes::<AddressEntry>()
    .answers::<AddressBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, update_address);
}

/// The whole address is replaced. Whether it is a default stays as it is, unless the request says otherwise.
pub async fn update_address(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: AddressId = request.param("id", "address")?;
    let entry = request.json::<AddressEntry>()?.checked();
    let entry = entry.map_err(|invalid| Problem::invalid("postal_code", &invalid))?;
    let (now, missing) = (table.now(), || Problem::missing("address"));
    let replace = table.change_addresses(buyer.id, |book| {
        request.if_match(book.get(id).ok_or_else(missing)?.version)?;
        book.replace(id, &entry, now).ok_or_else(missing)
    });
    let replaced = replace.await??;
    let version = replaced.version;
    Reply::ok(&AddressBody::from(replaced))?.etag(version)
}
