//! `POST /stores/{id}/logo`: get a form that uploads the logo of the caller's store.

use api::catalogue::{NewImage, offer};
use api::code::{FORBIDDEN, IMAGE_LIMIT, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::UploadBody;
use api::{Endpoint, Request, Result, Who};
use domain::catalogue::image::Subject;
use providers::Uploads;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/stores/{id}/logo")
    .who(Who::Seller)
    .takes::<NewImage>()
    .answers::<UploadBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, IMAGE_LIMIT]);

pub fn main() {
    lambda::run(ENDPOINT, create_logo);
}

/// After it is published it replaces the previous logo.
pub async fn create_logo((table, uploads): &(Table, Uploads), request: Request) -> Result {
    let own = request.own_store(table).await?;
    offer(table, uploads, Subject::Store(own), &request).await
}
