//! `DELETE /stores/{id}/logo`: take the logo away from one's store.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Reply, Request, Result, Who};
use domain::catalogue::image::{Album, Subject};
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/stores/{id}/logo").who(Who::Seller).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, delete_logo);
}

/// Also one that is on its way. Where there is none, there is none afterwards.
pub async fn delete_logo(table: &Table, request: Request) -> Result {
    let own = request.own_store(table).await?;
    table.update_album(Subject::Store(own), Album::clear).await?;
    Ok(Reply::no_content())
}
