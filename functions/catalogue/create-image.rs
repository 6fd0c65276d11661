//! `POST /products/{id}/images`: get a form that uploads a picture of a product.

use api::catalogue::{NewImage, offer};
use api::code::{FORBIDDEN, IMAGE_LIMIT, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::UploadBody;
use api::{Endpoint, Request, Result, Who};
use domain::catalogue::image::Subject;
use providers::Uploads;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products/{id}/images")
    .who(Who::SellerOrAdmin)
    .takes::<NewImage>()
    .answers::<UploadBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, IMAGE_LIMIT]);

pub fn main() {
    lambda::run(ENDPOINT, create_image);
}

/// The picture is shown after the upload was checked.
pub async fn create_image((table, uploads): &(Table, Uploads), request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let product = merchant.product(request.param("id", "product")?, table).await?.product.id;
    offer(table, uploads, Subject::Product(product), &request).await
}
