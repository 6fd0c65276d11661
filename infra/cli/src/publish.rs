//! The pictures of the demo catalogue in the bucket and in the albums of their products.

use domain::Timestamp;
use domain::catalogue::image::{Album, Claimed, Image, Rendition, State, Subject, public_key, public_keys};
use domain::ids::{ImageId, ProductId};
use futures_util::future::try_join_all;
use picture::{File, Picture};
use providers::Bucket;
use sha2::{Digest as _, Sha256};
use table::Table;

use crate::Error;

/// What a claim of a drawn picture begins with. An upload is claimed by its `ETag`, which is hexadecimal.
const DRAWN: &str = "drawn-";

/// Publishes the picture of a product that has no image; false if it has one.
///
/// The picture gets an id of its own, so that no cache and no late deletion of objects meets another picture
/// under its id. It goes the way of an upload: the album offers and claims it, the objects are written, and
/// then it is published. A run that finds the claim of another one finishes the same image, and if both go
/// on, they write the same bytes.
pub(crate) async fn publish(
    table: &Table,
    bucket: &Bucket,
    product: ProductId,
    draw: impl FnOnce() -> Option<Picture> + Send + 'static,
) -> Result<bool, Error> {
    let subject = Subject::Product(product);
    if !takes_picture(&table.album(subject).await?, table.now()) {
        return Ok(false);
    }
    let drawn = tokio::task::spawn_blocking(draw).await.ok().flatten();
    let Picture { width, height, files } = drawn.ok_or(Error::Undrawn(product))?;
    let etag = etag(&files);
    let new_id = table.new_id()?;
    let claimed = table.update_album(subject, |album| claim(album, new_id, &etag, table.now())).await?;
    let Some(id) = claimed else { return Ok(false) };
    let puts = files
        .into_iter()
        .map(async |(size, file)| bucket.put(&public_key(id, size), file.content_type, file.bytes).await);
    try_join_all(puts).await?;
    let published = State::Published { width, height };
    let ended = table.update_album(subject, |album| album.end(id, &etag, published.clone())).await?;
    match ended {
        Claimed::Published => table.refresh_rows(product).await?,
        // Another run has claimed it for other bytes, and will write them.
        Claimed::Busy | Claimed::Now => return Ok(false),
        Claimed::Over => {
            bucket.delete(public_keys(id)).await?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Names the bytes of all renditions.
fn etag(files: &[(Rendition, File)]) -> String {
    let mut hash = Sha256::new();
    for (_, file) in files {
        hash.update(&file.bytes);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let first = hash.first_chunk().copied().unwrap_or_default();
    format!("{DRAWN}{:032x}", u128::from_be_bytes(first))
}

/// Whether an album is empty, or holds a drawn picture that a run has left unfinished.
fn takes_picture(album: &Album, now: Timestamp) -> bool {
    !album.is_closed && album.kept(now).all(|(_, image)| is_unfinished(image))
}

fn is_unfinished(image: &Image) -> bool {
    let State::Pending { claim: Some(claim) } = &image.state else { return false };
    claim.etag.starts_with(DRAWN)
}

/// Claims the unfinished picture, or else a new one. None if the album takes none, or while another run has
/// claimed it for other bytes.
fn claim(album: &mut Album, new_id: ImageId, etag: &str, now: Timestamp) -> Option<ImageId> {
    if !takes_picture(album, now) {
        return None;
    }
    let unfinished = album.kept(now).map(|(id, _)| id).next();
    let id = unfinished.unwrap_or(new_id);
    album.offer(id, now).ok()?;
    (album.claim(id, etag, now) == Claimed::Now).then_some(id)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use domain::ids::Id as _;
    use lambda::{Config, Connect as _};
    use testkit::{Aws, Fault};

    use super::*;

    struct Shop {
        aws: Aws,
        table: Table,
        bucket: Bucket,
    }

    impl Shop {
        async fn new() -> Self {
            let aws = Aws::default();
            let table = aws.create_table_from_template(Path::new("../../template.yaml"), "Table");
            aws.create_bucket("Images", None);
            let variable = |name: &str| name.starts_with("AWS_").then(|| "test".to_owned());
            let config = Config::new(variable, aws.clock().clock(), aws.client_for("shop"));
            let config = config.with("TABLE_NAME", table).with("AWS_ENDPOINT_URL", "");
            let config = config.with("IMAGES_BUCKET", "Images");
            let (table, bucket) = <(Table, Bucket)>::connect(&config).await.unwrap();
            Self { aws, table, bucket }
        }

        async fn publish(&self) -> Result<bool, Error> {
            publish(&self.table, &self.bucket, product(), dot).await
        }

        async fn album(&self) -> Album {
            self.table.album(subject()).await.unwrap()
        }

        /// Checks that the album shows one picture, and that the bucket holds its objects and no others.
        async fn has_one_picture(&self) {
            let album = self.album().await;
            let cover = album.cover().unwrap();
            assert!(album.images.len() == 1 && album.shows(cover), "{album:?}");
            let mut keys: Vec<_> = public_keys(cover).collect();
            keys.sort();
            assert_eq!(self.aws.objects("Images").into_keys().collect::<Vec<_>>(), keys);
        }
    }

    fn product() -> ProductId {
        ProductId::from_bits(7)
    }

    fn subject() -> Subject {
        Subject::Product(product())
    }

    /// A small picture.
    fn dot() -> Option<Picture> {
        picture::renditions(image::DynamicImage::new_rgb8(8, 8)).ok()
    }

    #[tokio::test]
    async fn a_picture_is_published_once() {
        let shop = Shop::new().await;
        assert!(shop.publish().await.unwrap());
        shop.has_one_picture().await;
        shop.aws.clear_calls();
        assert!(!shop.publish().await.unwrap());
        assert!(shop.aws.calls().iter().all(|call| !call.info.writes()), "the second run writes");
        let objects = shop.aws.objects("Images");
        assert!(objects.values().all(|object| object.content_type == "image/jpeg"), "{objects:?}");
    }

    #[tokio::test]
    async fn the_next_run_finishes_what_a_broken_one_has_begun() {
        for number in 1.. {
            let shop = Shop::new().await;
            shop.aws.fault_nth(number, Fault::Refuse(400, "AccessDenied"));
            let broken = shop.publish().await.is_err();
            shop.aws.no_faults();
            shop.publish().await.unwrap();
            shop.has_one_picture().await;
            if !broken {
                return;
            }
        }
    }

    #[tokio::test]
    async fn two_runs_at_once_publish_one_picture() {
        for seed in 0..20 {
            let shop = Shop::new().await;
            shop.aws.interleave_by(seed);
            let (one, other) = tokio::join!(shop.publish(), shop.publish());
            assert!(one.unwrap() | other.unwrap(), "seed {seed}");
            shop.has_one_picture().await;
        }
    }

    #[tokio::test]
    async fn an_album_with_an_image_of_its_seller_stays_as_it_is() {
        let shop = Shop::new().await;
        let (theirs, now) = (ImageId::from_bits(1), shop.table.now());
        shop.table.update_album(subject(), |album| album.offer(theirs, now)).await.unwrap().unwrap();
        for etag in [None, Some("0cc175b9c0f1b6a831c399e269772661")] {
            if let Some(etag) = etag {
                shop.table.update_album(subject(), |album| album.claim(theirs, etag, now)).await.unwrap();
            }
            let before = shop.album().await;
            assert!(!shop.publish().await.unwrap());
            assert_eq!((shop.album().await, shop.aws.objects("Images").len()), (before, 0));
        }
    }

    #[tokio::test]
    async fn a_product_that_is_deleted_meanwhile_keeps_no_objects() {
        let shop = Shop::new().await;
        shop.table.update_album(subject(), Album::close).await.unwrap();
        assert!(!shop.publish().await.unwrap());
        assert!(shop.aws.objects("Images").is_empty());
    }
}
