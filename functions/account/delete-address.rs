//! `DELETE /users/me/addresses/{id}`: delete an address.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VERSION_MISMATCH};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::AddressId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/users/me/addresses/{id}")
    .who(Who::Buyer)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, delete_address);
}

/// Orders keep the address that they were placed with. If it was a default, there is no default afterwards.
pub async fn delete_address(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let id: AddressId = request.param("id", "address")?;
    let remove = table.change_addresses(buyer.id, |book| {
        let there = book.get(id).ok_or_else(|| Problem::missing("address"))?;
        request.if_match(there.version)?;
        book.remove(id);
        Ok::<_, Problem>(())
    });
    remove.await??;
    Ok(Reply::no_content())
}
