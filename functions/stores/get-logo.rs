//! `GET /stores/{id}/logo`: how far the logo of one's store has come.

use api::catalogue::kept;
use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::KeptImageBody;
use api::{Endpoint, Page, Reply, Request, Result, Who};
use domain::catalogue::image::{MOST_IMAGES, Subject};
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/stores/{id}/logo")
    .who(Who::Seller)
    .answers::<Vec<KeptImageBody>>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, get_logo);
}

/// The one that is shown, and the one that is to take its place; the world sees the former with the store.
pub async fn get_logo(table: &Table, request: Request) -> Result {
    let own = request.own_store(table).await?;
    let album = table.album(Subject::Store(own)).await?;
    Reply::page(&kept(&album, &request), Page { limit: MOST_IMAGES, next_cursor: None })
}
