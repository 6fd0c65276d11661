//! Check an upload and publish its picture.   S3 → uploads → publish-image

use domain::catalogue::image::{
    Claimed, Flaw, State, Subject, incoming_key, public_key, public_keys, read_incoming_key,
};
use domain::ids::ImageId;
use domain::messages::Uploaded;
use domain::quantity::UploadSize;
use futures_util::future::try_join_all;
use lambda::{Retry, Worker};
use picture::{Picture, render};
use providers::Bucket;
use providers::bucket::Object;
use table::Table;

/// Memory and timeout: a picture of 40 million pixels takes up to 414 MB and 1.7 s of a whole CPU; a JPEG of
/// 95 scans takes 4.7 s, an animated WebP 6.2 s.
pub const TRIGGER: Worker = Worker::new().batch(1).memory(1769).timeout(30);

pub fn main() {
    lambda::run(TRIGGER, publish_image);
}

/// S3 reports each upload at least once, and several uploads under one key in any order. The first worker
/// claims the image for the bytes that it was told of; others wait until that is over. Then the album says
/// whether the picture is published, and objects that are not needed are deleted. An image that is published,
/// failed or removed never becomes pending again.
pub async fn publish_image((table, bucket): &(Table, Bucket), message: Uploaded) -> Result<(), Retry> {
    for object in message.objects {
        let Some((subject, id)) = read_incoming_key(object.key()) else { continue };
        let claimed =
            table.update_album(subject, |album| album.claim(id, object.etag(), table.now())).await?;
        let ended = match claimed {
            Claimed::Now => publish(table, bucket, (subject, id), object.etag()).await?,
            settled => settled,
        };
        match ended {
            Claimed::Now | Claimed::Busy => return Err(Retry::Busy),
            Claimed::Published => {}
            Claimed::Over => bucket.delete(public_keys(id)).await?,
        }
        bucket.delete([incoming_key(subject, id)]).await?;
    }
    Ok(())
}

/// Writes the public objects, and then records the image as published. The album decides: an image that was
/// deleted meanwhile is not published.
async fn publish(
    table: &Table,
    bucket: &Bucket,
    (subject, id): (Subject, ImageId),
    etag: &str,
) -> Result<Claimed, Retry> {
    let found = bucket.get(&incoming_key(subject, id), etag, UploadSize::MOST.into()).await?;
    let picture = match &found {
        Object::Bytes(bytes) => render(bytes),
        Object::TooLarge => Err(Flaw::TooManyBytes),
        // Another worker has just ended the image, or a newer upload has replaced the bytes; S3 reports that
        // one, too.
        Object::Gone => return Err(Retry::Busy),
    };
    let end = match picture {
        Ok(Picture { width, height, files }) => {
            let puts = files.into_iter().map(async |(size, file)| {
                bucket.put(&public_key(id, size), file.content_type, file.bytes).await
            });
            try_join_all(puts).await?;
            State::Published { width, height }
        }
        Err(reason) => State::Failed { reason },
    };
    Ok(table.update_album(subject, |album| album.end(id, etag, end.clone())).await?)
}
