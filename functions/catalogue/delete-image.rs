//! `DELETE /products/{id}/images/{image_id}`: delete a picture of a product.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::catalogue::image::Subject;
use domain::ids::ImageId;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/products/{id}/images/{image_id}")
    .who(Who::SellerOrAdmin)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, delete_image);
}

/// The picture is no longer shown, and its objects are deleted some seconds later. A pending upload is
/// discarded.
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
