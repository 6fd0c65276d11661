//! `GET /stores/{id}/logo`: the logo of the caller's store, and its pending replacement.

use api::catalogue::kept;
use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::KeptImageBody;
use api::{Endpoint, Page, Reply, Request, Result, Who};
use domain::catalogue::image::{MOST_IMAGES, Subject};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/stores/{id}/logo")
    .who(Who::Seller)
    .answers::<Vec<KeptImageBody>>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_logo);
}

/// Everybody else sees only the published logo, with the store.
pub async fn get_logo(table: &Table, request: Request) -> Result {
    let own = request.own_store(table).await?;
    let album = table.album(Subject::Store(own)).await?;
    Reply::page(&kept(&album, &request), Page { limit: MOST_IMAGES, next_cursor: None, total: None })
}
