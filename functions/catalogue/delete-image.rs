//! `DELETE /products/{id}/images/{image_id}`: take a picture away from a product.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::catalogue::image::Subject;
use domain::ids::ImageId;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/products/{id}/images/{image_id}")
    .who(Who::SellerOrAdmin)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, delete_image);
}

/// It is shown no more, and its objects are deleted some seconds later. An upload that is still on its way
/// finds no image, and goes.
pub async fn delete_image(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let product = merchant.product(request.param("id", "product")?, table).await?.product.id;
    let subject = Subject::Product(product);
    let id: ImageId = request.param("image_id", "image")?;
    let removed = table.change_album(subject, |album| match album.remove(id) {
        true => Ok(()),
        false => Err(Problem::missing("image")),
    });
    removed.await??;
    Ok(Reply::no_content())
}
