//! `GET /products/{id}/images`: the images of one of the caller's products, with their states.

use api::catalogue::kept;
use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::view::KeptImageBody;
use api::{Endpoint, Page, Reply, Request, Result, Who};
use domain::catalogue::image::{MOST_IMAGES, Subject};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/{id}/images")
    .who(Who::SellerOrAdmin)
    .answers::<Vec<KeptImageBody>>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, list_images);
}

/// In the order in which they were offered, including pending and failed ones.
pub async fn list_images(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let product = merchant.product(request.param("id", "product")?, table).await?.product.id;
    let album = table.album(Subject::Product(product)).await?;
    Reply::page(&kept(&album, &request), Page { limit: MOST_IMAGES, next_cursor: None, total: None })
}
