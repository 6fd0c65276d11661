//! `DELETE /products/{id}/images/{image_id}`: take a picture away from a product.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::image::product_of_keeper;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::ImageId;
use domain::image::{Subject, public_keys};
use providers::Bucket;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/products/{id}/images/{image_id}")
    .who(Who::SellerOrAdmin)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, delete_image);
}

/// It is shown no more from the first write on, and forgotten only when its objects are gone: who is cut off in between does
/// it again. An upload that is still on its way finds no image, and goes.
pub async fn delete_image((store, bucket): &(Store, Bucket), request: Request) -> Result {
    let subject = Subject::Product(product_of_keeper(&request, store).await?);
    let id: ImageId = request.param("image_id", "image")?;
    let removed = store.change_album(subject, |album| match album.remove(id) {
        true => Ok(album.removed()),
        false => Err(Problem::missing("image")),
    });
    let removed = removed.await??;
    bucket.delete(removed.iter().copied().flat_map(public_keys)).await.map_err(Problem::try_again)?;
    store.forget_images(subject, &removed).await?;
    Ok(Reply::no_content())
}
