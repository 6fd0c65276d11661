//! `POST /products/{id}/images`: be offered to upload a picture of a product.

use api::code::{FORBIDDEN, IMAGE_LIMIT, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::image::{NewImage, UploadBody, offer, product_of_keeper};
use api::{Endpoint, Request, Result, Who};
use domain::catalogue::image::Subject;
use providers::Uploads;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products/{id}/images")
    .who(Who::SellerOrAdmin)
    .takes::<NewImage>()
    .answers::<UploadBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, IMAGE_LIMIT]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, create_image);
}

/// The picture shows once `publish-image` has looked at what was uploaded.
pub async fn create_image((store, uploads): &(Store, Uploads), request: Request) -> Result {
    let product = product_of_keeper(&request, store).await?;
    offer(store, uploads, Subject::Product(product), &request).await
}
