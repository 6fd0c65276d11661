//! `POST /stores/{id}/logo`: be offered to upload one's store's logo.

use api::catalogue::{NewImage, offer};
use api::code::{FORBIDDEN, IMAGE_LIMIT, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::UploadBody;
use api::{Endpoint, Request, Result, Who};
use domain::catalogue::image::Subject;
use providers::Uploads;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/stores/{id}/logo")
    .who(Who::Seller)
    .takes::<NewImage>()
    .answers::<UploadBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, IMAGE_LIMIT]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, create_logo);
}

/// Once it is published it takes the place of the one before.
pub async fn create_logo((table, uploads): &(Table, Uploads), request: Request) -> Result {
    let own = request.own_store(table).await?;
    offer(table, uploads, Subject::Store(own), &request).await
}
