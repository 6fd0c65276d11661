//! `DELETE /stores/{id}/logo`: delete the logo of the caller's store.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Reply, Request, Result, Who};
use domain::catalogue::image::{Album, Subject};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/stores/{id}/logo").who(Who::Seller).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
]);

pub fn main() {
    lambda::run(ENDPOINT, delete_logo);
}

/// A pending upload is discarded, too. Without a logo the answer is the same.
pub async fn delete_logo(table: &Table, request: Request) -> Result {
    let own = request.own_store(table).await?;
    table.update_album(Subject::Store(own), Album::clear).await?;
    Ok(Reply::no_content())
}
