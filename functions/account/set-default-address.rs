//! `PUT /users/me/addresses/{id}/default`: make an address the default for shipping or billing.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::AddressBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::account::address::Purpose;
use domain::ids::AddressId;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::put("/api/v1/users/me/addresses/{id}/default")
    .who(Who::Buyer)
    .takes::<DefaultAddress>()
    .answers::<AddressBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, set_default_address);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct DefaultAddress {
    r#type: Purpose,
}

/// Each type has one default, so the previous default ends.
pub async fn set_default_address(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: AddressId = request.param("id", "address")?;
    let DefaultAddress { r#type: purpose } = request.json()?;
    let (now, missing) = (table.now(), || Problem::missing("address"));
    let set = table.change_addresses(buyer.id, |book| {
        request.if_match(book.get(id).ok_or_else(missing)?.version)?;
        book.set_default(id, purpose, now).ok_or_else(missing)
    });
    let set = set.await??;
    let version = set.version;
    Reply::ok(&AddressBody::from(set))?.etag(version)
}
